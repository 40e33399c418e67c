import { useMutation, useQuery } from "@tanstack/react-query";
import { Snowflake } from "lucide-react";
import { useState } from "react";
import { Form } from "react-aria-components";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import type { Freeze, Me } from "../../api/types";
import { Button } from "../../ui/button";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { duration, fullTime } from "../../ui/format";
import { Answer } from "../../ui/answer";
import { Card, CommandLine, Empty, Failure } from "../../ui/layout";
import { Badge, Dot } from "../../ui/mark";
import { useZone } from "../../ui/preferences";
import { Time } from "../../ui/time";
import { toast } from "../../ui/toast";
import { useNow } from "../../ui/use_now";
import { Actor } from "./parts";
import { freeze, freezesQuery, intent, lift } from "./queries";
import { quotedReason } from "./state";
import styles from "./deploy.module.css";

function changed(): void {
  void cache.invalidateQueries({ queryKey: freezesQuery.queryKey });
  void cache.invalidateQueries({ queryKey: ["fleet"] });
}

/** Times in which nothing new is deployed; a rollback is never frozen. */
export function FreezeCard({ role, me }: { role: string | undefined; me: Me }) {
  const query = useQuery({ ...freezesQuery, refetchInterval: 30_000 });
  const { data } = query;
  const active = data?.data.filter((each) => each.is_active) ?? [];
  const past = data?.data.filter((each) => !each.is_active).slice(0, 3) ?? [];
  return (
    <Card title="Freeze" note={data && (active.length === 0 ? "releases may be deployed" : "nothing new is deployed")}>
      <Answer query={query} failure="The freezes did not come." rows={1} height={60}>
        {() =>
          active.length === 0 && past.length === 0 ? (
            <Empty title="Nothing is frozen.">
              <p>A freeze refuses new releases until its end, with the reason you give. Rollbacks pass.</p>
            </Empty>
          ) : (
            <ul className={styles.freezes}>
              {[...active, ...past].map((each) => (
                <Row key={each.id} freeze={each} me={me} role={role} />
              ))}
            </ul>
          )
        }
      </Answer>
    </Card>
  );
}

function Row({ freeze: each, me, role }: { freeze: Freeze; me: Me; role: string | undefined }) {
  const now = useNow();
  const zone = useZone();
  const ends = each.until === null ? undefined : Date.parse(each.until);
  return (
    <li data-testid="freeze" data-active={each.is_active || undefined}>
      <div className={styles.releaseHead}>
        {each.is_active ? (
          <strong className={styles.frozen}>
            <Dot tone="warn" /> frozen
          </strong>
        ) : (
          <Badge>{each.lifted_at ? "lifted" : "over"}</Badge>
        )}
        <span>{each.reason}</span>
      </div>
      <p className={styles.quiet}>
        by <Actor name={each.actor} me={me} />, <Time at={each.created_at} />
        {each.is_active && (ends === undefined ? " · until it is lifted" : ` · ends in ${duration(ends - now)}, ${fullTime(ends, zone)}`)}
        {each.lifted_at && each.lift_reason && ` · lifted: ${each.lift_reason}`}
      </p>
      {each.is_active && <LiftButton freeze={each} why={role} />}
    </li>
  );
}

function LiftButton({ freeze: each, why }: { freeze: Freeze; why: string | undefined }) {
  const [isOpen, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const request = useMutation({
    mutationFn: () => lift(each.id, reason.trim()),
    onSuccess: () => {
      changed();
      toast("The freeze was lifted.");
      setOpen(false);
    },
  });
  return (
    <div className={styles.releaseActs}>
      <Button {...(why === undefined ? {} : { why })} onPress={() => setOpen(true)}>
        Lift
      </Button>
      <Dialog title="Lift the freeze?" isOpen={isOpen} onClose={() => setOpen(false)} sheet>
        <Form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            if (!request.isPending) request.mutate();
          }}
        >
          <p className={styles.effect}>Releases may be deployed again at once. It was begun because: {each.reason}</p>
          <Field label="Reason" value={reason} onChange={setReason} isRequired maxLength={500} autoFocus autoComplete="off" />
          {request.error && <Failure what="It is still frozen." problem={asProblem(request.error)} />}
          <DialogActions>
            <Button onPress={() => setOpen(false)}>Cancel</Button>
            <Button kind="primary" type="submit" busy={request.isPending}>
              Lift
            </Button>
          </DialogActions>
        </Form>
      </Dialog>
    </div>
  );
}

export function FreezeButton({ why }: { why: string | undefined }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button icon={<Snowflake aria-hidden="true" />} {...(why === undefined ? {} : { why })} onPress={() => setOpen(true)}>
        Freeze…
      </Button>
      <Dialog title="Freeze deployments?" isOpen={isOpen} onClose={() => setOpen(false)} sheet>
        {isOpen && <FreezeForm onClose={() => setOpen(false)} />}
      </Dialog>
    </>
  );
}

const hour_ms = 3_600_000;

/** What a field for a day and a time holds, in UTC: "2026-11-24T18:00". */
export function toField(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16);
}

/** The moment that a field names in UTC; undefined for none. */
export function fromField(value: string): number | undefined {
  const ms = Date.parse(`${value}:00Z`);
  return Number.isNaN(ms) ? undefined : ms;
}

function FreezeForm({ onClose }: { onClose: () => void }) {
  const now = useNow();
  const zone = useZone();
  const [reason, setReason] = useState("");
  const [until, setUntil] = useState(() => toField(Math.ceil((now + 2 * hour_ms) / hour_ms) * hour_ms));
  const ends = fromField(until);
  const request = useMutation({
    mutationFn: () => freeze(intent({ reason: reason.trim(), until: ends === undefined ? until : new Date(ends).toISOString().replace(".000Z", "Z") })),
    onSuccess: () => {
      changed();
      toast("Deployments are frozen.", "warn");
      onClose();
    },
  });
  const problem = request.error ? asProblem(request.error) : undefined;
  const moment = ends === undefined ? "" : new Date(ends).toISOString().replace(".000Z", "Z");
  return (
    <Form
      className={styles.form}
      validationErrors={problem?.fieldErrors ?? {}}
      onSubmit={(event) => {
        event.preventDefault();
        if (!request.isPending) request.mutate();
      }}
    >
      <p className={styles.effect}>Until then every deployment is refused with your name and your reason. What runs goes on, and rollbacks pass. It can be lifted at any time.</p>
      <Field label="Reason" name="reason" value={reason} onChange={setReason} isRequired maxLength={500} autoFocus autoComplete="off" />
      <Field
        label="Until, in UTC"
        name="until"
        type="datetime-local"
        value={until}
        onChange={setUntil}
        isRequired
        help={ends === undefined ? "A day and a time." : ends <= now ? "This moment has passed." : `${fullTime(ends, zone)}, in ${duration(ends - now)}`}
      />
      <CommandLine>{`acme freeze --until ${moment || "…"}${quotedReason(reason)}`}</CommandLine>
      {problem && <Failure what="Nothing is frozen." problem={problem} />}
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="primary" type="submit" busy={request.isPending}>
          Freeze
        </Button>
      </DialogActions>
    </Form>
  );
}
