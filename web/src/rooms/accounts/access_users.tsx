import { useMutation, type UseInfiniteQueryResult } from "@tanstack/react-query";
import { useState } from "react";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import type { Me, User } from "../../api/types";
import { Answer } from "../../ui/answer";
import { Button } from "../../ui/button";
import { Choice } from "../../ui/choice";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Card, Failure } from "../../ui/layout";
import { Badge } from "../../ui/mark";
import { More } from "../../ui/more";
import { Time } from "../../ui/time";
import { toast } from "../../ui/toasts";
import styles from "../keys/keys.module.css";
import { administer, endSessions, usersQuery } from "./access_queries";

type Query = UseInfiniteQueryResult<{ pages: { data: User[] }[] }>;
type Role = NonNullable<User["platform_role"]> | "";

const roles = [
  ["", "No role"],
  ["viewer", "Viewer"],
  ["operator", "Operator"],
  ["admin", "Administrator"],
] as const satisfies readonly (readonly [Role, string])[];

const settled = () => cache.invalidateQueries({ queryKey: usersQuery.queryKey });

export function AccessUsers({ me, query, mayChange }: { me: Me; query: Query; mayChange: boolean }) {
  const users = query.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <Card title="People">
      <Answer query={query} failure="The people did not come." height={40}>
        {() => (
          <ul data-list="rows">
            {users.map((user) => (
              <Row key={user.id} user={user} isSelf={user.id === me.id} mayChange={mayChange} />
            ))}
          </ul>
        )}
      </Answer>
      <More query={query} what="people" />
    </Card>
  );
}

function Row({ user, isSelf, mayChange }: { user: User; isSelf: boolean; mayChange: boolean }) {
  const role: Role = user.platform_role ?? "";
  const [asked, setAsked] = useState<"disable" | "sessions">();
  const close = () => setAsked(undefined);
  const grant = useMutation({
    mutationFn: (next: Role) => administer(user.id, { platform_role: next === "" ? null : next }),
    onSuccess: async (_, next) => {
      toast(next === "" ? `${user.name} has no role on the platform.` : `${user.name} has the role ${next}.`);
      await settled();
    },
  });
  const enable = useMutation({ mutationFn: () => administer(user.id, { state: "active" }), onSuccess: settled });
  const error = grant.error ?? enable.error;
  return (
    <li className={styles.row} data-testid="user">
      <div className={styles.text}>
        <div className={styles.name}>
          {user.name} {isSelf && <Badge>you</Badge>} {user.state === "disabled" && <Badge tone="warn">disabled</Badge>}
        </div>
        <div className={styles.note}>
          {user.email} · since <Time at={user.created_at} />
        </div>
        {error && <Failure what="Nothing was changed." problem={asProblem(error)} />}
      </div>
      {mayChange ? (
        <Choice<Role> label={`Role of ${user.name} on the platform`} hidden value={role} options={roles} disabled={grant.isPending || isSelf} onChange={(next) => grant.mutate(next)} />
      ) : (
        <span className={styles.note}>{roles.find(([each]) => each === role)?.[1]}</span>
      )}
      {mayChange && !isSelf && (
        <>
          <Button onPress={() => setAsked("sessions")} aria-label={`Sign out ${user.name} everywhere`}>
            Sign out
          </Button>
          {user.state === "active" ? (
            <Button kind="risk" onPress={() => setAsked("disable")} aria-label={`Disable ${user.name}`}>
              Disable
            </Button>
          ) : (
            <Button onPress={() => enable.mutate()} busy={enable.isPending} aria-label={`Enable ${user.name}`}>
              Enable
            </Button>
          )}
        </>
      )}
      <Ending title={`Sign ${user.name} out everywhere?`} verb="Sign out" said={`All sessions of ${user.name} have ended.`} isOpen={asked === "sessions"} end={() => endSessions(user.id)} onClose={close}>
        Every session on every device ends within a second. They can sign in again; keys of their programs go on.
      </Ending>
      <Ending title={`Disable ${user.name}?`} verb="Disable" said={`${user.name} cannot sign in any more.`} isOpen={asked === "disable"} end={() => administer(user.id, { state: "disabled" })} onClose={close}>
        Their sessions and keys end within a second, and they cannot sign in until somebody enables them.
      </Ending>
    </li>
  );
}

function Ending({ title, verb, said, isOpen, end, onClose, children }: { title: string; verb: string; said: string; isOpen: boolean; end: () => Promise<void>; onClose: () => void; children: string }) {
  const act = useMutation({
    mutationFn: end,
    onSuccess: async () => {
      onClose();
      toast(said);
      await settled();
    },
  });
  return (
    <Dialog title={title} isOpen={isOpen} onClose={onClose} alert>
      <p>{children}</p>
      {act.error && <Failure what="Nothing was changed." problem={asProblem(act.error)} />}
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="danger" onPress={() => act.mutate()} busy={act.isPending}>
          {verb}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
