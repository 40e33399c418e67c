import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import type { ScheduleBackfilled } from "../../api/types";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { plural } from "../../ui/format";
import { Card, Failure } from "../../ui/layout";
import { Time } from "../../ui/time";
import { toast } from "../../ui/toasts";
import { mayInvite } from "../organizations/rules";
import { meQuery } from "../sessions/queries";
import { backfill, schedulesKey } from "./queries";
import { instantOf } from "./state";
import styles from "./schedules.module.css";

/** What was due while there was nobody, or before there was this schedule: run now, after a look at what that is. */
export function BackfillCard({ name }: { name: string }) {
  const { data: signed } = useQuery(meQuery);
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const look = useMutation({ mutationFn: (dry_run: boolean) => backfill(name, { from: instantOf(from), to: instantOf(to), dry_run }) });
  const run = useMutation({
    mutationFn: () => backfill(name, { from: instantOf(from), to: instantOf(to) }),
    onSuccess: (done) => {
      toast(`${plural(done.fired, "run was", "runs were")} begun${done.waiting > 0 ? `, ${plural(done.waiting, "waits", "wait")}` : ""}.`);
      look.reset();
      return cache.invalidateQueries({ queryKey: schedulesKey });
    },
  });
  if (!signed || !mayInvite(signed.me.org.role)) return null;
  const change = () => (look.reset(), run.reset());
  const error = run.error ?? look.error;
  const problem = error ? asProblem(error) : null;
  return (
    <Card title="Backfill" note="runs what was due in a time that is past">
      <Form
        className={styles.form}
        validationErrors={problem?.fieldErrors as Record<string, string>}
        onSubmit={(event) => {
          event.preventDefault();
          look.mutate(true);
        }}
      >
        <Field label="From, UTC" name="from" type="datetime-local" value={from} onChange={(text) => (setFrom(text), change())} isRequired />
        <Field label="To, UTC" name="to" type="datetime-local" value={to} onChange={(text) => (setTo(text), change())} isRequired />
        {problem && problem.fields.length === 0 && <Failure what="That did not happen." problem={problem} />}
        {look.data && <Seen seen={look.data} />}
        <div className={styles.buttons}>
          <Button type="submit" busy={look.isPending}>
            Show what would run
          </Button>
          {look.data && look.data.moments.length > 0 && (
            <Button kind="primary" onPress={() => run.mutate()} busy={run.isPending}>
              Run {plural(look.data.moments.length, "moment")}
            </Button>
          )}
        </div>
      </Form>
    </Card>
  );
}

function Seen({ seen }: { seen: ScheduleBackfilled }) {
  const first = seen.moments[0];
  const last = seen.moments.at(-1);
  if (!first || !last) return <p role="status">Nothing was due then that has not run.</p>;
  return (
    <p role="status" data-testid="backfill">
      <strong>{plural(seen.moments.length, "moment")}</strong>, the first <Time at={first} />, the last <Time at={last} />. {plural(seen.fired, "job begins", "jobs begin")} at once, {plural(seen.waiting, "waits", "wait")} for another, as the
      schedule says of overlap.
    </p>
  );
}
