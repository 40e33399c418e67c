import { useMutation, type UseInfiniteQueryResult } from "@tanstack/react-query";
import { useState } from "react";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import type { Me, Member, Role } from "../../api/types";
import { Answer } from "../../ui/answer";
import { Button } from "../../ui/button";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Card, Failure } from "../../ui/layout";
import { Badge } from "../../ui/mark";
import { More } from "../../ui/more";
import { Time } from "../../ui/time";
import { toast } from "../../ui/toasts";
import { changeRole, organizationKey, removeMember } from "./queries";
import { RoleChoice } from "./role_choice";
import { mayChange, nameOf, rolesFor } from "./rules";
import styles from "./organizations.module.css";

type Query = UseInfiniteQueryResult<{ pages: { data: Member[] }[] }>;

export function Members({ me, query }: { me: Me; query: Query }) {
  const members = query.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <Card title="Members">
      <Answer query={query} failure="The members did not come." height={40}>
        {() => (
          <ul data-list="rows">
            {members.map((member) => (
              <Row key={member.id} me={me} member={member} />
            ))}
          </ul>
        )}
      </Answer>
      <More query={query} what="members" />
    </Card>
  );
}

function Row({ me, member }: { me: Me; member: Member }) {
  const org = me.org.id;
  const isSelf = member.id === me.id;
  const options = rolesFor(me.org.role, member.role);
  const change = useMutation({
    mutationFn: (role: Role) => changeRole(org, member.id, role),
    onSuccess: async (_, role) => {
      toast(`${member.name} is ${nameOf(role).toLowerCase()} now.`);
      await cache.invalidateQueries({ queryKey: isSelf ? [] : organizationKey });
    },
  });
  return (
    <li className={styles.row} data-testid="member">
      <div className={styles.text}>
        <div className={styles.name}>
          {member.name} {isSelf && <Badge>you</Badge>} {member.state === "disabled" && <Badge tone="warn">disabled</Badge>}
        </div>
        <div className={styles.note}>
          {member.email} · since <Time at={member.since} />
        </div>
        {change.error && <Failure what="The role is as it was." problem={asProblem(change.error)} />}
      </div>
      {options.length > 0 ? (
        <RoleChoice label={`Role of ${member.name}`} hidden value={member.role} options={options} disabled={change.isPending} onChange={(role) => change.mutate(role)} />
      ) : (
        <span className={styles.role}>{nameOf(member.role)}</span>
      )}
      {(isSelf || mayChange(me.org.role, member.role, "member")) && <Remove me={me} member={member} />}
    </li>
  );
}

function Remove({ me, member }: { me: Me; member: Member }) {
  const [asked, setAsked] = useState(false);
  const isSelf = member.id === me.id;
  const remove = useMutation({
    mutationFn: () => removeMember(me.org.id, member.id),
    onSuccess: async () => {
      setAsked(false);
      if (isSelf) {
        // The session was in it, and is over.
        location.assign("/sign-in");
        return;
      }
      toast(`${member.name} was removed.`);
      await cache.invalidateQueries({ queryKey: organizationKey });
    },
  });
  const verb = isSelf ? "Leave" : "Remove";
  return (
    <>
      <Button kind="risk" onPress={() => setAsked(true)} aria-label={isSelf ? `Leave ${me.org.name}` : `Remove ${member.name}`}>
        {verb}
      </Button>
      <Dialog title={isSelf ? `Leave ${me.org.name}?` : `Remove ${member.name}?`} isOpen={asked} onClose={() => setAsked(false)} alert>
        <p>
          {isSelf
            ? "You are signed out at once, and come back only when somebody invites you. What you stored here stays."
            : "They are signed out of this organization at once, and come back only when somebody invites them. What they stored here stays."}
        </p>
        {remove.error && <Failure what="Nothing was changed." problem={asProblem(remove.error)} />}
        <DialogActions>
          <Button onPress={() => setAsked(false)}>Cancel</Button>
          <Button kind="danger" onPress={() => remove.mutate()} busy={remove.isPending}>
            {verb}
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}
