import type { DeploymentDetail } from "../../api/types";
import { Card } from "../../ui/layout";
import { isHeld, minutes, remainingOf, stepOf, watchEnds } from "./state";
import styles from "./deploy.module.css";

const radius = 54;
const length = 2 * Math.PI * radius;

interface Due {
  left: number;
  of: number;
  what: string;
}

function dueOf(detail: DeploymentDetail, now: number): Due | undefined {
  const remaining = remainingOf(detail, now);
  const judging = stepOf(detail, "judge");
  if (remaining !== undefined && judging?.ended_at === null) return { left: remaining, of: detail.canary_window_ms, what: isHeld(detail) ? "held" : "to promote" };
  const ends = watchEnds(detail);
  const watch = stepOf(detail, "watch");
  if (ends !== undefined && watch) return { left: Math.max(0, ends - now), of: ends - Date.parse(watch.begun_at), what: "to known good" };
  return undefined;
}

/** What is due is a countdown. */
export function Ring({ detail, now }: { detail: DeploymentDetail; now: number }) {
  const due = dueOf(detail, now);
  if (!due) return null;
  const done = due.of > 0 ? 1 - due.left / due.of : 1;
  return (
    <Card label="Countdown">
      <div className={styles.ring} role="timer" aria-label={`${minutes(due.left)} ${due.what}`}>
        <svg viewBox="0 0 124 124" aria-hidden="true">
          <circle className={styles.ringGround} cx="62" cy="62" r={radius} />
          <circle className={styles.ringDone} cx="62" cy="62" r={radius} strokeDasharray={`${Math.max(0.001, done) * length} ${length}`} data-held={due.what === "held" || undefined} />
        </svg>
        <div className={styles.ringText}>
          <strong>{minutes(due.left)}</strong>
          <span>{due.what}</span>
        </div>
      </div>
    </Card>
  );
}
