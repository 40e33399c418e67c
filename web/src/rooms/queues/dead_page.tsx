import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import type { Me, Queue } from "../../api/types";
import { Answer } from "../../ui/answer";
import { plural } from "../../ui/format";
import { Card, Empty, Verdict } from "../../ui/layout";
import { Dot } from "../../ui/mark";
import { meQuery } from "../sessions/queries";
import { Causes } from "./causes";
import { queuesQuery } from "./queries";
import { RedriveButton } from "./redrive";
import { counted, whyNot, type Side } from "./state";
import { Views } from "./views";
import styles from "./queues.module.css";

/** What was given up, why, and can it go back? */
export function DeadPage() {
  const { side = "organization" } = useSearch({ from: "/shell/jobs/dead" });
  const { data: signed } = useQuery(meQuery);
  if (!signed) return null;
  return <Dead me={signed.me} side={side} />;
}

function sentenceOf(queues: readonly Queue[] | undefined, failed: boolean): string {
  if (!queues) return failed ? "The dead jobs are not known." : "Reading the dead jobs.";
  const dead = queues.reduce((sum, queue) => sum + queue.dead, 0);
  if (dead === 0) return "No job is dead.";
  return dead > 20_000 ? "More than 20,000 jobs are dead." : `${plural(dead, "job is", "jobs are")} dead.`;
}

function Dead({ me, side }: { me: Me; side: Side }) {
  const query = useQuery({ ...queuesQuery(side), refetchInterval: 5_000 });
  const why = whyNot(me, side);
  const failed = query.error !== null && !query.data;
  const tone = !query.data ? (failed ? "crit" : "idle") : query.data.some((queue) => queue.dead > 0) ? "warn" : "ok";
  return (
    <div className={styles.page}>
      <Verdict tone={tone} sentence={sentenceOf(query.data, failed)}>
        They will not be retried by themselves. Redrive shows first what goes back.
      </Verdict>
      <Views me={me} side={side} at="/jobs/dead" />
      <Causes side={side} why={why} deadOnly />
      <Card title="By queue">
        <Answer query={query} failure="The queues did not come." height={44}>
          {(queues) => {
            const some = queues.filter((queue) => queue.dead > 0);
            return some.length > 0 ? (
              <ul className={styles.list} data-list="rows">
                {some.map((queue) => (
                  <li key={queue.name} className={styles.row} data-testid="dead-queue">
                    <Dot tone="crit" />
                    <div className={styles.text}>
                      <code>{queue.name}</code>
                      <div className={styles.note}>kept for {Math.round(queue.keep_dead_seconds / 86_400)} d</div>
                    </div>
                    <div className={styles.amount}>
                      <span className={styles.crit}>{counted(queue.dead)} dead</span>
                    </div>
                    <RedriveButton letters={{ queue: queue.name }} label="Redrive all" why={why} side={side} />
                  </li>
                ))}
              </ul>
            ) : (
              <Empty title="No queue has dead jobs." />
            );
          }}
        </Answer>
      </Card>
    </div>
  );
}
