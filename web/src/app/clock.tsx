import { clock, shortClock, zoneName } from "../ui/format";
import { useNow } from "../ui/use_now";
import { useZone } from "../ui/preferences";
import styles from "./shell.module.css";

/** UTC first, local beside it, both labelled. Server time. */
export function Clock() {
  const now = useNow();
  const zone = useZone();
  const local = shortClock(now, zone);
  return (
    <div className={styles.clock} role="timer" aria-live="off">
      <span>
        <strong>{clock(now)}</strong> UTC
      </span>
      {local !== shortClock(now) && (
        <span className={styles.local}>
          {local} {zoneName(zone)}
        </span>
      )}
    </div>
  );
}
