import type { ScheduleMoment } from "../../api/types";
import { useZone } from "../../ui/preferences";
import { elsewhere, localOf, otherZone } from "./state";
import styles from "./schedules.module.css";

/** The next runs in two zones: the schedule's, and UTC or, where that is UTC, the one of who looks. */
export function Moments({ zone, runs }: { zone: string; runs: readonly ScheduleMoment[] }) {
  const other = otherZone({ zone }, useZone());
  if (runs.length === 0) return <p className={styles.none}>It does not run again.</p>;
  return (
    <table className={styles.moments} aria-label="Next runs">
      <thead>
        <tr>
          <th scope="col">{zone}</th>
          <th scope="col">{other}</th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <tr key={run.at}>
            <td>{localOf(run)}</td>
            <td>{elsewhere(run, other)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
