import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { JobCause } from "../../api/types";
import { Answer } from "../../ui/answer";
import { count, plural } from "../../ui/format";
import { Card, Empty } from "../../ui/layout";
import { Dot } from "../../ui/mark";
import { Time } from "../../ui/time";
import { causesQuery } from "./queries";
import { RedriveButton } from "./redrive";
import { nameOfCause, type Side } from "./state";
import styles from "./queues.module.css";

/** Jobs that failed for the same reason, together. `deadOnly` leaves those out that will be tried again. */
export function Causes({ side, why, deadOnly = false }: { side: Side; why: string | undefined; deadOnly?: boolean }) {
  const query = useQuery(causesQuery(side));
  return (
    <Card title={deadOnly ? "Dead jobs" : "Failures"} note="by cause, of the newest 10,000">
      <Answer query={query} failure="The failures did not come." height={54}>
        {(all) => {
          const causes = deadOnly ? all.filter((cause) => cause.dead > 0) : all;
          return causes.length > 0 ? (
            <ul className={styles.list} data-list="links">
              {causes.map((cause) => (
                <Row key={[cause.queue, cause.kind, cause.error_type, cause.error].join("\n")} cause={cause} side={side} why={why} />
              ))}
            </ul>
          ) : (
            <Empty title={deadOnly ? "No job is dead." : "Nothing fails."}>
              <p>What fails is tried again with growing pauses; after the last attempt it lies here, and can be sent back.</p>
            </Empty>
          );
        }}
      </Answer>
    </Card>
  );
}

function Row({ cause, side, why }: { cause: JobCause; side: Side; why: string | undefined }) {
  const search = { ...(side === "platform" && { side }), queue: cause.queue, kind: cause.kind, ...(cause.error_type && { error_type: cause.error_type }) };
  return (
    <li className={styles.row} data-testid="cause">
      <Dot tone={cause.dead > 0 ? "crit" : "warn"} />
      <div className={styles.text}>
        <Link to="/jobs/search" search={search} className={styles.name}>
          {nameOfCause(cause)}
        </Link>{" "}
        {cause.error}
        <div className={styles.note}>
          <code>{cause.kind}</code> in <code>{cause.queue}</code>, first <Time at={cause.first_at} />, last <Time at={cause.last_at} />
          {cause.release && (
            <>
              , began with <code>{cause.release}</code>
            </>
          )}
        </div>
      </div>
      <div className={styles.amount}>
        {cause.dead > 0 && <span className={styles.crit}>{count(cause.dead)} dead</span>}
        {cause.retrying > 0 && <span>{plural(cause.retrying, "waits", "wait")} for another attempt</span>}
      </div>
      {cause.dead > 0 && (
        <RedriveButton letters={{ queue: cause.queue, kind: cause.kind, ...(cause.error_type && { error_type: cause.error_type }) }} label={`Redrive ${count(cause.dead)}`} why={why} side={side} />
      )}
    </li>
  );
}
