import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import type { Schedule, ScheduleRun } from "../../api/types";
import { Answer } from "../../ui/answer";
import { Button } from "../../ui/button";
import { ConfirmTyped } from "../../ui/confirm";
import { plural } from "../../ui/format";
import { Card, Empty, Failure, Skeleton, Verdict } from "../../ui/layout";
import { Badge, Dot } from "../../ui/mark";
import { More } from "../../ui/more";
import { Time } from "../../ui/time";
import { toast } from "../../ui/toasts";
import { mayInvite } from "../organizations/rules";
import { meQuery } from "../sessions/queries";
import { BackfillCard } from "./backfill";
import { useLiveSchedules } from "./live";
import { Moments } from "./moments";
import { deleteSchedule, pauseSchedule, resumeSchedule, runNow, runsQuery, scheduleQuery, schedulesKey, type Owner } from "./queries";
import { ruleOf, sentenceOf, toneOf, toneOfRun, wordOfRun } from "./state";
import styles from "./schedules.module.css";

/** When does it run, and did the last runs end well? */
export function SchedulePage() {
  const { name } = useParams({ from: "/shell/schedules/$name" });
  const owner: Owner = useSearch({ from: "/shell/schedules/$name" }).of ?? "organization";
  const { data, error, refetch } = useQuery(scheduleQuery(owner, name));
  useLiveSchedules(owner);
  if (data) return <Known schedule={data} owner={owner} />;
  const problem = error ? asProblem(error) : null;
  if (problem?.status === 404) {
    return (
      <Verdict tone="idle" sentence="There is no such schedule.">
        It may have been deleted. <Link to="/schedules">All schedules</Link>
      </Verdict>
    );
  }
  if (problem) {
    return (
      <>
        <Verdict tone="crit" sentence="The schedule is not known." />
        <Card label="Schedule">
          <Failure what="It did not come." problem={problem} retry={() => void refetch()} />
        </Card>
      </>
    );
  }
  return (
    <div className={styles.page} aria-busy="true">
      <Verdict tone="idle" sentence="Reading the schedule." />
      <Skeleton height={120} />
      <Skeleton height={420} />
    </div>
  );
}

const settled = () => cache.invalidateQueries({ queryKey: schedulesKey });

function Known({ schedule, owner }: { schedule: Schedule; owner: Owner }) {
  return (
    <div className={styles.page}>
      <Verdict tone={toneOf(schedule)} sentence={sentenceOf(schedule)}>
        <Link to="/schedules">Schedules</Link> · <code>{ruleOf(schedule)}</code> · {schedule.zone}
      </Verdict>
      <div className={styles.columns}>
        <Runs schedule={schedule} owner={owner} />
        <div className={styles.page}>
          <Card title="Next runs" note={schedule.paused_at ? "as if it were not paused" : undefined}>
            <Moments zone={schedule.zone} runs={schedule.next_runs} />
          </Card>
          <Setup schedule={schedule} owner={owner} />
          {owner === "organization" && <BackfillCard name={schedule.name} />}
        </div>
      </div>
    </div>
  );
}

function Setup({ schedule, owner }: { schedule: Schedule; owner: Owner }) {
  const { data: signed } = useQuery(meQuery);
  const { name } = schedule;
  const run = useMutation({ mutationFn: () => runNow(owner, name), onSuccess: () => (toast("It runs now."), settled()) });
  const pause = useMutation({
    mutationFn: (on: boolean) => (on ? pauseSchedule(owner, name, "") : resumeSchedule(owner, name)),
    onSuccess: (_, on) => (toast(on ? "The schedule is paused." : "The schedule goes on."), settled()),
  });
  const error = run.error ?? pause.error;
  const role = signed?.me.platform_role;
  const acts = owner === "platform" ? role === "operator" || role === "admin" : signed !== undefined && mayInvite(signed.me.org.role);
  return (
    <Card title="Setup">
      <dl className={styles.facts}>
        <Fact name="Job">
          <code>{schedule.kind}</code> in {schedule.queue}
        </Fact>
        <Fact name="Payload">
          <code className={styles.args}>{JSON.stringify(schedule.payload)}</code>
        </Fact>
        <Fact name="Overlap">{schedule.overlap.replaceAll("_", " ")}</Fact>
        <Fact name="Missed">
          {plural(schedule.missed, "moment")} so far; caught up: {schedule.catchup}
        </Fact>
        {schedule.pause_after_failures !== null && <Fact name="Pauses">after {plural(schedule.pause_after_failures, "failure")} in a row</Fact>}
        {schedule.paused_at && (
          <Fact name="Paused">
            <Time at={schedule.paused_at} /> by {schedule.paused_by}
          </Fact>
        )}
      </dl>
      {error && <Failure what="That did not happen." problem={asProblem(error)} />}
      {acts && (
        <div className={styles.foot}>
          <Button kind="primary" onPress={() => run.mutate()} busy={run.isPending}>
            Run now
          </Button>
          <Button onPress={() => pause.mutate(!schedule.paused_at)} busy={pause.isPending}>
            {schedule.paused_at ? "Resume" : "Pause"}
          </Button>
          {owner === "organization" && <Delete name={name} />}
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

function Delete({ name }: { name: string }) {
  const [isOpen, setOpen] = useState(false);
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () => deleteSchedule(name),
    onSuccess: async () => {
      toast("The schedule was deleted.");
      await navigate({ to: "/schedules" });
      await settled();
    },
  });
  return (
    <>
      <Button kind="risk" onPress={() => setOpen(true)}>
        Delete
      </Button>
      <ConfirmTyped
        title="Delete the schedule"
        verb="Delete"
        name={name}
        effect="It does not run again, and its history is forgotten. Jobs that it has made stay."
        isOpen={isOpen}
        busy={remove.isPending}
        problem={remove.error ? asProblem(remove.error) : null}
        onConfirm={() => remove.mutate()}
        onClose={() => setOpen(false)}
      />
    </>
  );
}

function Runs({ schedule, owner }: { schedule: Schedule; owner: Owner }) {
  const query = useInfiniteQuery(runsQuery(owner, schedule.name));
  const runs = query.data?.pages.flatMap((page) => page.data);
  return (
    <Card title="Runs">
      <Answer query={query} failure="The runs did not come." rows={6} height={44}>
        {() =>
          runs && runs.length > 0 ? (
            <ul className={styles.list}>
              {runs.map((run) => (
                <Run key={`${run.scheduled_at} ${run.state === "missed"}`} run={run} />
              ))}
            </ul>
          ) : (
            <Empty title="It has not run yet." />
          )
        }
      </Answer>
      <More query={query} what="runs" />
    </Card>
  );
}

const causes: Record<ScheduleRun["cause"], string> = { due: "", catchup: "caught up", backfill: "backfill", trigger: "run by hand" };

function Run({ run }: { run: ScheduleRun }) {
  return (
    <li className={styles.row} data-testid="run">
      <Dot tone={toneOfRun(run.state)} />
      <div className={styles.text}>
        <Time at={run.scheduled_at} />
        <div className={styles.note}>
          {run.moments > 1 ? `${plural(run.moments, "moment")} ` : ""}
          {[causes[run.cause], run.job].filter(Boolean).join(" · ")}
        </div>
      </div>
      <Badge tone={toneOfRun(run.state)}>{wordOfRun(run.state)}</Badge>
    </li>
  );
}
