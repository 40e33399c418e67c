import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { cache } from "../../api/cache";
import { idempotencyKey } from "../../api/client";
import { asProblem } from "../../api/problem";
import type { Invitation, Me, Role } from "../../api/types";
import { Answer } from "../../ui/answer";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Card, Empty, Failure } from "../../ui/layout";
import { Badge } from "../../ui/mark";
import { More } from "../../ui/more";
import { Time } from "../../ui/time";
import { toast } from "../../ui/toasts";
import { MailHint } from "../sessions/mail_hint";
import { optionsQuery } from "../sessions/queries";
import { invitationsQuery, invite, organizationKey, resend, withdraw } from "./queries";
import { RoleChoice } from "./role_choice";
import { nameOf, rolesFor } from "./rules";
import styles from "./organizations.module.css";

export function Invitations({ me }: { me: Me }) {
  const query = useInfiniteQuery(invitationsQuery(me.org.id));
  const invitations = query.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <Card title="Invitations">
      <InviteForm me={me} />
      <Answer query={query} failure="The invitations did not come." rows={2} height={40}>
        {() =>
          invitations.length > 0 ? (
            <ul className={styles.list}>
              {invitations.map((invitation) => (
                <Row key={invitation.id} org={me.org.id} invitation={invitation} />
              ))}
            </ul>
          ) : (
            <Empty title="Nobody is invited who has not come.">
              <p>Whoever is invited gets a mail with a link that is good for a week.</p>
            </Empty>
          )
        }
      </Answer>
      <More query={query} what="invitations" />
    </Card>
  );
}

function InviteForm({ me }: { me: Me }) {
  const { data: options } = useQuery(optionsQuery);
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("member");
  // Kept while no answer came: the repeat has no second effect. Other words are another intent.
  const [key, setKey] = useState(idempotencyKey);
  const renew = () => setKey(idempotencyKey());
  const send = useMutation({
    mutationFn: () => invite(me.org.id, email.trim(), role, key),
    onSuccess: async () => {
      toast(`${email.trim()} was invited.`);
      setEmail("");
      await cache.invalidateQueries({ queryKey: organizationKey });
    },
    onSettled: (_, error) => {
      if (!error || asProblem(error).status !== 0) renew();
    },
  });
  const problem = send.error ? asProblem(send.error) : null;
  return (
    <Form
      className={styles.form}
      validationErrors={problem?.fieldErrors}
      onSubmit={(event) => {
        event.preventDefault();
        send.mutate();
      }}
    >
      <Field label="Email" name="email" type="email" autoComplete="off" value={email} onChange={(text) => (setEmail(text), renew())} isRequired />
      <RoleChoice label="Role" value={role} options={rolesFor(me.org.role, "member")} onChange={(other) => (setRole(other), renew())} />
      {problem && problem.fields.length === 0 && <Failure what="Nobody was invited." problem={problem} />}
      <div className={styles.buttons}>
        <Button kind="primary" type="submit" busy={send.isPending} {...(options?.mail === "none" ? { why: "There is no mail server: SMTP_URL names one." } : {})}>
          Invite
        </Button>
      </div>
      {send.isSuccess && options && <MailHint mail={options.mail} />}
    </Form>
  );
}

function Row({ org, invitation }: { org: string; invitation: Invitation }) {
  const settled = () => cache.invalidateQueries({ queryKey: organizationKey });
  const again = useMutation({
    mutationFn: () => resend(org, invitation.id, idempotencyKey()),
    onSuccess: () => {
      toast(`Another mail goes to ${invitation.email}.`);
      return settled();
    },
  });
  const revoke = useMutation({
    mutationFn: () => withdraw(org, invitation.id),
    onSuccess: () => {
      toast(`The invitation of ${invitation.email} was withdrawn.`);
      return settled();
    },
  });
  const error = again.error ?? revoke.error;
  return (
    <li className={styles.row} data-testid="invitation">
      <div className={styles.text}>
        <div className={styles.name}>
          {invitation.email} {invitation.state === "expired" && <Badge tone="warn">expired</Badge>}
        </div>
        <div className={styles.note}>
          {nameOf(invitation.role)}, invited by {invitation.inviter} <Time at={invitation.created_at} />
        </div>
        {error && <Failure what="The invitation is as it was." problem={asProblem(error)} />}
      </div>
      <Button onPress={() => again.mutate()} busy={again.isPending} aria-label={`Send again to ${invitation.email}`}>
        Send again
      </Button>
      <Button onPress={() => revoke.mutate()} busy={revoke.isPending} aria-label={`Withdraw the invitation of ${invitation.email}`}>
        Withdraw
      </Button>
    </li>
  );
}
