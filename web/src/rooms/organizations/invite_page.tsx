import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { Form } from "react-aria-components";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import type { InvitationOffer } from "../../api/types";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Failure, Skeleton } from "../../ui/layout";
import { Entrance } from "../sessions/entrance";
import { meQuery, optionsQuery, type Proof } from "../sessions/queries";
import { SignInForm } from "../sessions/sign_in_form";
import { useToken } from "../sessions/token";
import { acceptInvitation, showInvitation } from "./queries";
import { nameOf } from "./rules";
import styles from "../sessions/sessions.module.css";

/** Opening the address shows what the invitation is and uses nothing up; a button does. */
export function InvitePage() {
  const token = useToken();
  const [typed, setTyped] = useState<{ email: string; code: string }>();
  const look = useMutation({ mutationFn: showInvitation });
  const { mutate } = look;
  useEffect(() => {
    document.title = "Invitation · Acme";
    if (token) mutate({ token });
  }, [token, mutate]);
  if (look.data) return <Offer offer={look.data} proof={typed ?? { token }} />;
  if (token) {
    return (
      <Entrance title="Your invitation">
        {look.error ? <Failure what="It cannot be accepted." problem={asProblem(look.error)} /> : <Skeleton height={96} />}
        <p className={styles.hint}>
          Accepted before?{" "}
          <Link to="/sign-in" className={styles.link}>
            Sign in
          </Link>
        </p>
      </Entrance>
    );
  }
  return (
    <Entrance title="Your invitation">
      <p className={styles.hint}>Type the address that was invited and the code that the mail said.</p>
      <CodeForm
        busy={look.isPending}
        error={look.error}
        onTyped={(proof) => {
          setTyped(proof);
          mutate(proof);
        }}
      />
    </Entrance>
  );
}

function CodeForm({ busy, error, onTyped }: { busy: boolean; error: Error | null; onTyped: (proof: { email: string; code: string }) => void }) {
  const [email, setEmail] = useState("");
  const [code, setCode] = useState("");
  const problem = error ? asProblem(error) : null;
  return (
    <Form
      className={styles.form}
      validationErrors={problem?.fieldErrors}
      onSubmit={(event) => {
        event.preventDefault();
        onTyped({ email: email.trim(), code });
      }}
    >
      <Field label="Email" name="email" type="email" autoComplete="username" value={email} onChange={setEmail} isRequired autoFocus />
      <Field label="Code" name="code" inputMode="numeric" autoComplete="one-time-code" value={code} onChange={setCode} isRequired mono />
      {problem && problem.fields.length === 0 && <Failure what="There is no such invitation." problem={problem} />}
      <Button kind="primary" type="submit" busy={busy} wide>
        Show it
      </Button>
    </Form>
  );
}

function Offer({ offer, proof }: { offer: InvitationOffer; proof: Proof }) {
  return (
    <Entrance title={`Join ${offer.organization}`}>
      <p className={styles.hint}>
        {offer.inviter} invites {offer.email} to the organization {offer.organization}, with the role {nameOf(offer.role).toLowerCase()}.
      </p>
      {offer.has_account ? <JoinAs email={offer.email} proof={proof} /> : <JoinNewly email={offer.email} proof={proof} />}
    </Entrance>
  );
}

function useAccept(proof: Proof) {
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (newcomer: { name: string; password: string } | undefined) => acceptInvitation(proof, newcomer),
    onSuccess: () => {
      cache.clear();
      void navigate({ to: "/organization", replace: true });
    },
  });
}

/** Whose address it is has an account, and signs in before joining; in this browser somebody else may be. */
function JoinAs({ email, proof }: { email: string; proof: Proof }) {
  const me = useQuery({ ...meQuery, retry: false });
  const accept = useAccept(proof);
  if (me.isPending) return <Skeleton height={34} />;
  if (me.data?.me.email.toLowerCase() !== email.toLowerCase()) {
    return (
      <>
        <p className={styles.hint}>{me.data ? `You are signed in as ${me.data.me.email}. The invitation is for ${email}: sign in as that.` : "This address has an account. Sign in to join."}</p>
        <SignInForm
          email={email}
          onSignedIn={() => void cache.resetQueries({ queryKey: meQuery.queryKey })}
        />
      </>
    );
  }
  return (
    <>
      {accept.error && <Failure what="You did not join." problem={asProblem(accept.error)} />}
      <Button kind="primary" onPress={() => accept.mutate(undefined)} busy={accept.isPending} wide>
        Join
      </Button>
    </>
  );
}

function JoinNewly({ email, proof }: { email: string; proof: Proof }) {
  const { data: options } = useQuery(optionsQuery);
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const accept = useAccept(proof);
  const problem = accept.error ? asProblem(accept.error) : null;
  if (options?.sign_up === "closed") return <p className={styles.hint}>Accounts are made by an administrator here. Ask one of them for one with the address {email}, then open the link again.</p>;
  return (
    <Form
      className={styles.form}
      validationErrors={problem?.fieldErrors}
      onSubmit={(event) => {
        event.preventDefault();
        accept.mutate({ name: name.trim(), password });
      }}
    >
      <Field label="Name" name="name" autoComplete="name" value={name} onChange={setName} isRequired help="As others see it." autoFocus />
      <Field label="Password" name="password" type="password" autoComplete="new-password" value={password} onChange={setPassword} isRequired help="10 characters or more; a few words are easier to keep than signs." />
      {problem && problem.fields.length === 0 && <Failure what="You did not join." problem={problem} />}
      <Button kind="primary" type="submit" busy={accept.isPending} wide>
        Make an account and join
      </Button>
    </Form>
  );
}
