import { Trash2, X } from "lucide-react";
import { useId, useState, type KeyboardEvent, type ReactNode } from "react";
import { IconButton } from "../../ui/button";
import { numberOf, weightIn } from "./words";
import styles from "./editor.module.css";

/** A sentence that can be deleted: however long it is, its bin stays at the end of its first line. */
export function Deletable({ label, isDisabled = false, onDelete, children }: { label: string; isDisabled?: boolean; onDelete: () => void; children: ReactNode }) {
  return (
    <div className={styles.deletable}>
      <div className={styles.clause}>{children}</div>
      <IconButton label={label} isDisabled={isDisabled} onPress={onDelete}>
        <Trash2 size={14} aria-hidden="true" />
      </IconButton>
    </div>
  );
}

/** A word of a sentence that can be another one. The browser's own list. */
export function Pick<T extends string>({ label, value, options, onChange }: { label: string; value: T; options: readonly (readonly [T, string])[]; onChange: (value: T) => void }) {
  return (
    <select className={styles.pick} aria-label={label} value={value} onChange={(event) => onChange(event.target.value as T)}>
      {options.map(([each, name]) => (
        <option key={each} value={each}>
          {name}
        </option>
      ))}
    </select>
  );
}

export function TextBox({ label, value, placeholder, suggestions, onChange }: { label: string; value: string; placeholder?: string; suggestions?: readonly string[] | undefined; onChange: (value: string) => void }) {
  const id = useId();
  return (
    <>
      <input className={styles.text} aria-label={label} value={value} placeholder={placeholder} maxLength={1000} autoComplete="off" spellCheck={false} onChange={(event) => onChange(event.target.value)} {...(suggestions && { list: id })} />
      {suggestions && <Suggestions id={id} values={suggestions} />}
    </>
  );
}

function Suggestions({ id, values }: { id: string; values: readonly string[] }) {
  return (
    <datalist id={id}>
      {values.map((value) => (
        <option key={value} value={value} />
      ))}
    </datalist>
  );
}

/** Several texts: Enter or a comma adds, so does leaving; what is pasted is split; Backspace in the empty box takes the last one. */
export function Tags({ label, values, suggestions, onChange }: { label: string; values: readonly string[]; suggestions?: readonly string[] | undefined; onChange: (values: string[]) => void }) {
  const [typed, setTyped] = useState("");
  const id = useId();
  const add = (text: string) => {
    const more = text.split(/[\s,;]+/).filter((each) => each !== "");
    setTyped("");
    if (more.length > 0) onChange([...new Set([...values, ...more])]);
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "Enter" || event.key === ",") {
      event.preventDefault();
      add(typed);
    }
    if (event.key === "Backspace" && typed === "" && values.length > 0) onChange(values.slice(0, -1));
  };
  return (
    <span className={styles.tags}>
      {values.map((value) => (
        <span key={value} className={styles.tag}>
          <code>{value}</code>
          <button type="button" aria-label={`Delete ${value} of ${label}`} onClick={() => onChange(values.filter((each) => each !== value))}>
            <X size={12} aria-hidden="true" />
          </button>
        </span>
      ))}
      <input
        className={styles.tagInput}
        aria-label={label}
        value={typed}
        placeholder={values.length === 0 ? "type, Enter adds" : ""}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={press}
        onBlur={() => add(typed)}
        onPaste={(event) => {
          const text = event.clipboardData.getData("text");
          if (!/[\s,;]/.test(text.trim())) return;
          event.preventDefault();
          add(typed + text);
        }}
        {...(suggestions && { list: id })}
      />
      {suggestions && <Suggestions id={id} values={suggestions.filter((each) => !values.includes(each))} />}
    </span>
  );
}

/** In steps of 0.001 %. What is no percentage is told and not taken. */
export function PercentField({ label, weight, onChange }: { label: string; weight: number; onChange: (weight: number) => void }) {
  const [typed, setTyped] = useState<string>();
  const isWrong = typed !== undefined && weightIn(typed) === undefined;
  return (
    <span className={styles.percent}>
      <input
        aria-label={`${label}, in %`}
        inputMode="decimal"
        value={typed ?? numberOf(weight)}
        aria-invalid={isWrong || undefined}
        maxLength={8}
        autoComplete="off"
        onChange={(event) => {
          setTyped(event.target.value);
          const next = weightIn(event.target.value);
          if (next !== undefined) onChange(next);
        }}
        onBlur={() => setTyped(undefined)}
      />
      <span aria-hidden="true">%</span>
      {isWrong && (
        <span className={styles.wrong} role="alert">
          0 to 100, at most three digits behind the point
        </span>
      )}
    </span>
  );
}
