import { useId } from "react";
import type { Role } from "../../api/types";
import { Unseen } from "../../ui/mark";
import { nameOf } from "./rules";
import styles from "./organizations.module.css";

/** The browser's own list: on a phone it is the one that thumbs know. */
export function RoleChoice({ label, hidden = false, value, options, disabled = false, onChange }: { label: string; hidden?: boolean; value: Role; options: readonly Role[]; disabled?: boolean; onChange: (role: Role) => void }) {
  const id = useId();
  return (
    <div className={styles.choice}>
      <label htmlFor={id} className={styles.label}>
        {hidden ? <Unseen>{label}</Unseen> : label}
      </label>
      <select id={id} className={styles.select} value={value} disabled={disabled} onChange={(event) => onChange(event.target.value as Role)}>
        {options.map((role) => (
          <option key={role} value={role}>
            {nameOf(role)}
          </option>
        ))}
      </select>
    </div>
  );
}
