import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import type { Me, Queue } from "../../api/types";
import { Answer } from "../../ui/answer";
import { Button } from "../../ui/button";
import { count, duration, milliseconds, words } from "../../ui/format";
import { Card, CommandLine, Empty, Failure, Verdict } from "../../ui/layout";
import { Badge, Dot, Unseen } from "../../ui/mark";
import { Time } from "../../ui/time";
import { toast } from "../../ui/toasts";
import { useStream } from "../../ui/use_stream";
import { meQuery } from "../sessions/queries";
import { Causes } from "./causes";
import { PauseButton } from "./pause";
import { queuesKey, queuesQuery, resumeQueue, streamOf } from "./queries";
import { counted, sentenceOf, toneOf, toneOfQueue, whyNot, type Side } from "./state";
import { Throughput } from "./throughput";
import { Views } from "./views";
import styles from "./queues.module.css";

/** Do the queues keep up; what failed, and why? */
export function QueuesPage() {
  const { side = "organization" } = useSearch({ from: "/shell/jobs" });
  const { data: signed } = useQuery(meQuery);
  if (!signed) return null;
  return <Queues me={signed.me} side={side} />;
}

function Queues({ me, side }: { me: Me; side: Side }) {
  const query = useQuery(queuesQuery(side));
  const hear = useCallback((told: unknown) => cache.setQueryData(queuesQuery(side).queryKey, (told as { data: Queue[] }).data), [side]);
  const isLost = useStream(streamOf(side, "/jobs/events"), "queues", hear);
  const failed = query.error !== null && !query.data;
  return (
    <div className={styles.page}>
      <Verdict tone={toneOf(query.data, failed)} sentence={sentenceOf(query.data, failed)}>
        {isLost ? "The numbers are those of a moment ago: reconnecting." : "Waiting jobs are those that are due. Times are of the last hour."}
      </Verdict>
      <Views me={me} side={side} at="/jobs" />
      <Throughput side={side} />
      <Card title="Queues" note="warns above 10,000 waiting for 15 min">
        <Answer query={query} failure="The queues did not come." height={54}>
          {(queues) => (queues.length > 0 ? <Table queues={queues} why={whyNot(me, side)} side={side} isLost={isLost} /> : <NoQueue />)}
        </Answer>
      </Card>
      <Causes side={side} why={whyNot(me, side)} />
    </div>
  );
}

function NoQueue() {
  return (
    <Empty title="There is no queue yet.">
      <p>A queue comes to be with its first job: over the API, or at a terminal.</p>
      <CommandLine>{"acme jobs enqueue hello.say --queue greetings"}</CommandLine>
    </Empty>
  );
}

const columns = ["Queue", "Waiting", "Oldest", "Running", "Done a minute", "Waited p50 / p95 / p99", "Ran p50 / p95 / p99", "Dead", ""];

/** The roles are written out: on a phone the rows are grids, and display takes a table its meaning. */
function Table({ queues, why, side, isLost }: { queues: readonly Queue[]; why: string | undefined; side: Side; isLost: boolean }) {
  return (
    <table className={styles.table} role="table" aria-label="Queues" data-lost={isLost || undefined}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((name) => (
            <th key={name} role="columnheader" scope="col">
              {name || <Unseen>Act</Unseen>}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup" data-list="links">
        {queues.map((queue) => (
          <Row key={queue.name} queue={queue} why={why} side={side} />
        ))}
      </tbody>
    </table>
  );
}

const three = ({ p50, p95, p99 }: Queue["wait_ms"]) => (p50 === null ? "–" : [p50, p95, p99].map((each) => words(milliseconds(each))).join(" / "));

function Row({ queue, why, side }: { queue: Queue; why: string | undefined; side: Side }) {
  const search = side === "platform" ? ({ side } as const) : {};
  return (
    <tr role="row" data-testid="queue">
      <td role="cell" className={styles.queue}>
        <span className={styles.named}>
          <Dot tone={toneOfQueue(queue)} />
          <Link to="/jobs/search" search={{ ...search, queue: queue.name }} className={styles.name}>
            {queue.name}
          </Link>
          {queue.paused && <Badge>paused</Badge>}
        </span>
        {queue.paused && (
          <span className={styles.note}>
            <Time at={queue.paused.at} />
            {queue.paused.reason && `: ${queue.paused.reason}`}
          </span>
        )}
        {queue.scheduled > 0 && <span className={styles.note}>{counted(queue.scheduled)} due later</span>}
        {queue.parked > 0 && <span className={styles.note}>{counted(queue.parked)} behind others of their key</span>}
      </td>
      <Cell name="Waiting">
        <span className={styles.figure}>{counted(queue.depth)}</span>
        <Meter depth={queue.depth} limit={queue.depth_alert} />
      </Cell>
      <Cell name="Oldest">{queue.depth > 0 ? duration(queue.oldest_ms) : "–"}</Cell>
      <Cell name="Running">{count(queue.running)}</Cell>
      <Cell name="Done a minute">{count(queue.done_per_minute)}</Cell>
      <Cell name="Waited">{three(queue.wait_ms)}</Cell>
      <Cell name="Ran">{three(queue.run_ms)}</Cell>
      <Cell name="Dead">
        {queue.dead > 0 ? (
          <Link to="/jobs/dead" search={search} className={styles.crit}>
            {counted(queue.dead)}
          </Link>
        ) : (
          "0"
        )}
      </Cell>
      <td role="cell" className={styles.acts}>
        {queue.paused ? <Resume queue={queue} why={why} side={side} /> : <PauseButton queue={queue} why={why} side={side} />}
      </td>
    </tr>
  );
}

function Cell({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <td role="cell" data-name={name}>
      {children}
    </td>
  );
}

/** How much of the number that warns is used; the number stands beside it. */
function Meter({ depth, limit }: { depth: number; limit: number }) {
  return (
    <span className={styles.meter} aria-hidden="true" data-late={depth > limit || undefined}>
      <span style={{ width: `${Math.min(100, (100 * depth) / limit)}%` }} />
    </span>
  );
}

function Resume({ queue, why, side }: { queue: Queue; why: string | undefined; side: Side }) {
  const resume = useMutation({
    mutationFn: () => resumeQueue(side, queue.name),
    onSuccess: () => (toast(`${queue.name} is resumed.`), cache.invalidateQueries({ queryKey: queuesKey })),
  });
  return (
    <>
      <Button onPress={() => resume.mutate()} busy={resume.isPending} {...(why !== undefined && { why })}>
        Resume
        <Unseen> {queue.name}</Unseen>
      </Button>
      {resume.error && <Failure what="It was not resumed." problem={asProblem(resume.error)} />}
    </>
  );
}
