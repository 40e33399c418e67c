import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { Form } from "react-aria-components";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import type { NewSchedule } from "../../api/types";
import { Button } from "../../ui/button";
import { Choice } from "../../ui/choice";
import { Field } from "../../ui/field";
import { Card, Failure } from "../../ui/layout";
import { browserZone } from "../../ui/preferences";
import { toast } from "../../ui/toasts";
import { Moments } from "./moments";
import { makeSchedule, previewQuery, schedulesKey } from "./queries";
import { instantOf, nextHour, payloadIn } from "./state";
import styles from "./schedules.module.css";

type Way = "cron" | "rrule";
type Dst = NonNullable<NewSchedule["dst"]>;
type Overlap = NonNullable<NewSchedule["overlap"]>;
type Catchup = NonNullable<NewSchedule["catchup"]>;

const ways: readonly (readonly [Way, string])[] = [
  ["cron", "a cron expression"],
  ["rrule", "a rule of a calendar, RFC 5545"],
];
const dsts: readonly (readonly [Dst, string])[] = [
  ["vixie", "once: after a gap, the first of two"],
  ["skip", "not in a gap, both of two"],
  ["shift", "later by the gap, the first of two"],
  ["both", "after a gap, both of two"],
];
const overlaps: readonly (readonly [Overlap, string])[] = [
  ["skip", "leave the next one out"],
  ["queue_one", "let one wait"],
  ["queue_all", "let all wait"],
  ["cancel_running", "cancel it"],
  ["allow", "run both"],
];
const catchups: readonly (readonly [Catchup, string])[] = [
  ["last", "run the last one"],
  ["all", "run all of an hour"],
  ["none", "run none"],
];

const typing_ms = 300;

/** What was typed, when nothing more was typed for a moment. */
function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), typing_ms);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

export function NewScheduleCard() {
  const [name, setName] = useState("");
  const [way, setWay] = useState<Way>("cron");
  const [cron, setCron] = useState("");
  const [rrule, setRrule] = useState("");
  const [starts, setStarts] = useState(() => nextHour(Date.now()));
  const [zone, setZone] = useState(browserZone);
  const [dst, setDst] = useState<Dst>("vixie");
  const [kind, setKind] = useState("");
  const [queue, setQueue] = useState("default");
  const [payload, setPayload] = useState("");
  const [overlap, setOverlap] = useState<Overlap>("skip");
  const [catchup, setCatchup] = useState<Catchup>("last");
  const navigate = useNavigate();
  const times = way === "cron" ? { cron: cron.trim() } : { rrule: rrule.trim(), starts_at: instantOf(starts) };
  const make = useMutation({
    mutationFn: () => makeSchedule(name.trim(), { ...times, zone: zone.trim(), dst, kind: kind.trim(), queue: queue.trim(), payload: payloadIn(payload).payload ?? {}, overlap, catchup }),
    onSuccess: async (made) => {
      toast("The schedule was made.");
      await cache.invalidateQueries({ queryKey: schedulesKey });
      await navigate({ to: "/schedules/$name", params: { name: made.name }, search: {} });
    },
  });
  const problem = make.error ? asProblem(make.error) : null;
  const errors = { ...problem?.fieldErrors, ...(payload && payloadIn(payload).problem ? { payload: payloadIn(payload).problem } : {}) };
  const change = () => make.reset();
  return (
    <Card title="New schedule">
      <Form
        className={styles.form}
        validationErrors={errors as Record<string, string>}
        onSubmit={(event) => {
          event.preventDefault();
          if (!payloadIn(payload).problem) make.mutate();
        }}
      >
        <Field label="Name" name="name" autoComplete="off" mono value={name} onChange={(text) => (setName(text), change())} isRequired maxLength={63} help="Lower-case letters, digits, _, . and -" />
        <Choice label="Said by" value={way} options={ways} onChange={(to) => (setWay(to), change())} />
        {way === "cron" ? (
          <Field label="When" name="cron" autoComplete="off" mono value={cron} onChange={(text) => (setCron(text), change())} isRequired maxLength={256} help="minute hour day month weekday: 0 3 * * Tue#1 is the first Tuesday at three. Or @daily, or @every 90s." />
        ) : (
          <>
            <Field label="Rule" name="rrule" autoComplete="off" mono value={rrule} onChange={(text) => (setRrule(text), change())} isRequired maxLength={256} help="FREQ=MONTHLY;BYDAY=1TU is the first Tuesday, at the time at which it begins. DAILY to YEARLY." />
            <Field label="Begins, UTC" name="starts_at" type="datetime-local" value={starts} onChange={(text) => (setStarts(text), change())} isRequired />
          </>
        )}
        <Field label="Time zone" name="zone" autoComplete="off" mono value={zone} onChange={(text) => (setZone(text), change())} isRequired maxLength={64} />
        <Preview times={times} zone={zone.trim()} dst={dst} />
        <Choice label="When clocks are changed" value={dst} options={dsts} onChange={setDst} />
        <Field label="Kind of job" name="kind" autoComplete="off" mono value={kind} onChange={(text) => (setKind(text), change())} isRequired maxLength={100} help="Such as report.make" />
        <Field label="Queue" name="queue" autoComplete="off" mono value={queue} onChange={(text) => (setQueue(text), change())} isRequired maxLength={63} />
        <Field label="Payload" name="payload" autoComplete="off" mono value={payload} onChange={(text) => (setPayload(text), change())} help="A JSON object, or nothing." />
        <Choice label="When the last one still runs" value={overlap} options={overlaps} onChange={setOverlap} />
        <Choice label="Of those that were missed" value={catchup} options={catchups} onChange={setCatchup} />
        {problem?.status === 428 && <p role="alert">There is a schedule of this name.</p>}
        {problem && problem.status !== 428 && problem.fields.length === 0 && <Failure what="The schedule was not made." problem={problem} />}
        <div className={styles.buttons}>
          <Button kind="primary" type="submit" busy={make.isPending}>
            Make schedule
          </Button>
        </div>
      </Form>
    </Card>
  );
}

/** The next runs of what is typed, or what is wrong with it and where. */
function Preview(typed: { times: Pick<NewSchedule, "cron" | "rrule" | "starts_at">; zone: string; dst: Dst }) {
  const times = JSON.parse(useSettled(JSON.stringify(typed.times))) as typeof typed.times;
  const zone = useSettled(typed.zone);
  const { data, error } = useQuery(previewQuery({ ...times, ...(zone ? { zone } : {}), dst: typed.dst, count: 10 }));
  if (!times.cron && !times.rrule) return null;
  const problem = error ? asProblem(error) : null;
  return (
    <div className={styles.preview} role="status" aria-label="Preview">
      {problem && problem.fields.length > 0 && (
        <ul className={styles.problems}>
          {problem.fields.map((field) => (
            <li key={`${field.pointer} ${field.detail}`}>
              <code>{field.pointer.slice(1)}</code> {field.detail}
            </li>
          ))}
        </ul>
      )}
      {problem && problem.fields.length === 0 && <Failure what="The preview did not come." problem={problem} />}
      {data && !problem && <Moments zone={data.zone} runs={data.runs} />}
    </div>
  );
}
