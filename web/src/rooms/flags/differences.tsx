import type { Difference } from "./draft";
import styles from "./editor.module.css";

export function Differences({ differences }: { differences: readonly Difference[] }) {
  return (
    <ul className={styles.differences} aria-label="Changes">
      {differences.map((each) => (
        <li key={each.key}>
          <strong>{each.name}</strong>
          {each.from !== undefined && <del>{each.from}</del>}
          {each.to !== undefined ? <ins>{each.to}</ins> : <span>deleted</span>}
        </li>
      ))}
    </ul>
  );
}
