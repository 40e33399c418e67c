import { Undo2 } from "lucide-react";
import type { DeploymentDetail } from "../../api/types";
import { shortClock } from "../../ui/format";
import { Card } from "../../ui/layout";
import { Sha, Whole } from "../../ui/mark";
import { Guide } from "./parts";
import { isHeld, isRunning, nextOf } from "./state";
import styles from "./deploy.module.css";

/** What happens next, with the clock, and what happens if it goes wrong. */
export function Next({ detail, now }: { detail: DeploymentDetail; now: number }) {
  if (!isRunning(detail) || (!detail.plan && detail.state !== "queued")) return null;
  const next = nextOf(detail, now);
  const goesBack = detail.kind === "rollback" || detail.state === "rolling_back";
  return (
    <Card title="What happens next">
      {isHeld(detail) ? (
        <p className={styles.cardNote}>Nothing, until somebody resumes it, promotes it or takes it back. The judge goes on looking.</p>
      ) : next.length === 0 ? (
        <p className={styles.cardNote}>{detail.state === "queued" ? "It waits for its turn." : "The step that runs is the last one."}</p>
      ) : (
        <ol className={styles.next}>
          {next.map((each, index) => (
            <li key={index}>
              <time dateTime={new Date(each.at).toISOString()}>{shortClock(each.at)}</time>
              <span>
                <Whole>{each.what}</Whole> {each.guide && <Guide at={each.guide} />}
              </span>
            </li>
          ))}
        </ol>
      )}
      {!goesBack && detail.known_good && detail.known_good !== detail.release && (
        <p className={styles.ifFails}>
          <Undo2 size={14} aria-hidden="true" />
          <span>
            If a step fails: back to <Sha value={detail.known_good} />, with nobody needed. <Guide at="back" />
          </span>
        </p>
      )}
    </Card>
  );
}
