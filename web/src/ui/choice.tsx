import { useId } from "react";
import { Unseen } from "./mark";
import styles from "./choice.module.css";

export interface ChoiceProps<T extends string> {
  label: string;
  /** For screen readers only: what stands around it says the same. */
  hidden?: boolean;
  value: T;
  /** Each with what it is called on the page. */
  options: readonly (readonly [T, string])[];
  disabled?: boolean;
  onChange: (value: T) => void;
}

/** The browser's own list: on a phone it is the one that thumbs know. */
export function Choice<T extends string>({ label, hidden = false, value, options, disabled = false, onChange }: ChoiceProps<T>) {
  const id = useId();
  return (
    <div className={styles.choice}>
      <label htmlFor={id} className={styles.label}>
        {hidden ? <Unseen>{label}</Unseen> : label}
      </label>
      <select id={id} className={styles.select} value={value} disabled={disabled} onChange={(event) => onChange(event.target.value as T)}>
        {options.map(([each, name]) => (
          <option key={each} value={each}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
