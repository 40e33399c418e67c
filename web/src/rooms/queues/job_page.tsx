import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import type { JobAttempt, JobDetails, Me } from "../../api/types";
import { Button } from "../../ui/button";
import { plural } from "../../ui/format";
import { Card, Failure, Skeleton, Verdict } from "../../ui/layout";
import { Dot } from "../../ui/mark";
import { Time } from "../../ui/time";
import { toast } from "../../ui/toasts";
import { useStream } from "../../ui/use_stream";
import { meQuery } from "../sessions/queries";
import { actOnJob, jobQuery, queuesKey, streamOf, type JobVerb } from "./queries";
import { sentenceOfJob, toneOfJob, whyNot, type Side } from "./state";
import styles from "./queues.module.css";

/** What happened to this job? */
export function JobPage() {
  const { id } = useParams({ from: "/shell/jobs/$id" });
  const { side = "organization" } = useSearch({ from: "/shell/jobs/$id" });
  const { data: signed } = useQuery(meQuery);
  if (!signed) return null;
  return <Shown key={id} id={id} side={side} me={signed.me} />;
}

function Shown({ id, side, me }: { id: string; side: Side; me: Me }) {
  const { data, error, refetch } = useQuery(jobQuery(side, id));
  if (data) return <Known job={data} side={side} me={me} />;
  const problem = error ? asProblem(error) : null;
  if (problem?.status === 404) {
    return (
      <Verdict tone="idle" sentence="There is no such job.">
        It may have ended longer ago than its queue keeps jobs. <Link to="/jobs/search">All jobs</Link>
      </Verdict>
    );
  }
  if (problem) {
    return (
      <>
        <Verdict tone="crit" sentence="The job is not known." />
        <Card label="Job">
          <Failure what="It did not come." problem={problem} retry={() => void refetch()} />
        </Card>
      </>
    );
  }
  return (
    <div className={styles.page} aria-busy="true">
      <Verdict tone="idle" sentence="Reading the job." />
      <Skeleton height={240} />
    </div>
  );
}

const ended: readonly string[] = ["done", "dead", "cancelled", "discarded"];

function Known({ job, side, me }: { job: JobDetails; side: Side; me: Me }) {
  const hear = useCallback(
    (told: unknown) => {
      const seen = told as JobDetails;
      // A job whose queue keeps no history is gone when it has ended.
      if ("kind" in seen) cache.setQueryData(jobQuery(side, job.id).queryKey, seen);
      else void cache.invalidateQueries({ queryKey: jobQuery(side, job.id).queryKey });
    },
    [side, job.id],
  );
  const isLost = useStream(ended.includes(job.state) ? undefined : streamOf(side, `/jobs/${job.id}/events`), "job", hear);
  return (
    <div className={styles.page}>
      <Verdict tone={toneOfJob(job.state)} sentence={sentenceOfJob(job)}>
        <Link to="/jobs/search" search={side === "platform" ? { side } : {}}>
          Jobs
        </Link>{" "}
        · <code>{job.id}</code>
        {isLost && " · reconnecting"}
      </Verdict>
      {job.progress && <Progress progress={job.progress} />}
      <Facts job={job} side={side} why={whyNot(me, side)} />
      <Card title="Payload">
        <pre className={styles.body} tabIndex={0} aria-label="Payload as JSON">
          {JSON.stringify(job.payload, null, 2)}
        </pre>
      </Card>
      {job.output != null && (
        <Card title="Output">
          <pre className={styles.body} tabIndex={0} aria-label="Output as JSON">
            {JSON.stringify(job.output, null, 2)}
          </pre>
        </Card>
      )}
      <Attempts job={job} />
    </div>
  );
}

function Progress({ progress }: { progress: NonNullable<JobDetails["progress"]> }) {
  return (
    <Card title="Progress" note={<Time at={progress.at} />}>
      <div className={styles.progress} data-testid="progress">
        {progress.percent !== null && (
          <>
            <progress max={100} value={progress.percent} aria-label="Progress" /> {Math.round(progress.percent)} %
          </>
        )}{" "}
        {progress.note}
      </div>
    </Card>
  );
}

function verbsOf(job: JobDetails): readonly (readonly [JobVerb, string, string])[] {
  switch (job.state) {
    case "dead":
    case "discarded":
      return [["retry", "Retry", "It is due again."]];
    case "scheduled":
    case "retrying":
      return [
        ["promote", "Run at once", "It is due now."],
        ["cancel", "Cancel", "It was cancelled."],
      ];
    case "waiting":
    case "parked":
      return [["cancel", "Cancel", "It was cancelled."]];
    case "running":
      return [["cancel", "Cancel", "It was asked to end."]];
    default:
      return [];
  }
}

function Facts({ job, side, why }: { job: JobDetails; side: Side; why: string | undefined }) {
  const act = useMutation({
    mutationFn: ([verb]: readonly [JobVerb, string]) => actOnJob(side, job.id, verb),
    onSuccess: (_, [, said]) => (toast(said), cache.invalidateQueries({ queryKey: queuesKey })),
  });
  const verbs = verbsOf(job);
  return (
    <Card title="Job">
      <dl className={styles.facts}>
        <Fact name="State">{job.state}</Fact>
        <Fact name="Queue">{job.queue}</Fact>
        <Fact name="Attempt">
          {job.attempt}
          {job.max_attempts !== null && ` of ${job.max_attempts}`}
        </Fact>
        <Fact name="Priority">{job.priority}</Fact>
        {job.key && <Fact name="Key">{job.key}</Fact>}
        {job.user && <Fact name="Added by">{job.user}</Fact>}
        <Fact name="Added">
          <Time at={job.created_at} />
        </Fact>
        {job.run_at && !job.ended_at && (
          <Fact name="Due">
            {new Date(job.run_at).toISOString().slice(0, 19).replace("T", " ")} UTC
          </Fact>
        )}
        {job.started_at && (
          <Fact name="Begun">
            <Time at={job.started_at} />
          </Fact>
        )}
        {job.ended_at && (
          <Fact name="Ended">
            <Time at={job.ended_at} />
          </Fact>
        )}
        {job.worker && <Fact name="Worker">{job.worker}</Fact>}
        {job.error && (
          <Fact name="Last error">
            {job.error.type}: {job.error.message}
          </Fact>
        )}
        {job.trace_id && (
          <Fact name="Trace">
            <code>{job.trace_id}</code>
          </Fact>
        )}
        <Fact name="Request">
          <code>{job.request_id}</code>
        </Fact>
      </dl>
      {act.error && <Failure what="That did not happen." problem={asProblem(act.error)} />}
      {verbs.length > 0 && (
        <div className={styles.foot}>
          {verbs.map(([verb, name, said], index) => (
            <Button key={verb} kind={index === 0 && verb !== "cancel" ? "primary" : "plain"} onPress={() => act.mutate([verb, said])} busy={act.isPending} {...(why !== undefined && { why })}>
              {name}
            </Button>
          ))}
        </div>
      )}
    </Card>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Attempts({ job }: { job: JobDetails }) {
  if (job.attempts.length === 0) return null;
  return (
    <Card title={plural(job.attempts.length, "attempt that did not end well", "attempts that did not end well")}>
      <ol className={styles.attempts}>
        {job.attempts.map((attempt, index) => (
          <Attempt key={index} attempt={attempt} />
        ))}
      </ol>
    </Card>
  );
}

function Attempt({ attempt }: { attempt: JobAttempt }) {
  return (
    <li data-testid="attempt">
      <div>
        <Dot tone={attempt.outcome === "retried" ? "warn" : "crit"} /> Attempt {attempt.number}: {attempt.outcome}
        {attempt.error && `, ${attempt.error.type}: ${attempt.error.message}`}
      </div>
      <div className={styles.note}>
        <Time at={attempt.ended_at} />
        {attempt.worker && ` on ${attempt.worker}`}
        {attempt.trace_id && (
          <>
            , trace <code>{attempt.trace_id}</code>
          </>
        )}
      </div>
    </li>
  );
}
