import { scopesFor } from "./scopes";
import styles from "./keys.module.css";

/** One box for each thing that a program may be allowed. */
export function ScopeChoice({ isPerson, value, onChange }: { isPerson: boolean; value: readonly string[]; onChange: (scopes: string[]) => void }) {
  const toggle = (scope: string, on: boolean) => onChange(on ? [...value, scope] : value.filter((each) => each !== scope));
  return (
    <fieldset className={styles.scopes}>
      <legend>What it may</legend>
      {scopesFor(isPerson).map((scope) => (
        <label key={scope} className={styles.scope}>
          <input type="checkbox" checked={value.includes(scope)} onChange={(event) => toggle(scope, event.target.checked)} />
          {scope}
        </label>
      ))}
    </fieldset>
  );
}
