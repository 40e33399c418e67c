import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { Form } from "react-aria-components";
import { asProblem } from "../../api/problem";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Failure } from "../../ui/layout";
import { Providers } from "../identities/providers";
import { ConfirmForm } from "./confirm_form";
import { Entrance } from "./entrance";
import { MailHint } from "./mail_hint";
import { optionsQuery, signUp } from "./queries";
import styles from "./sessions.module.css";

export function SignUpPage() {
  const { data: options } = useQuery(optionsQuery);
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const ask = useMutation({ mutationFn: () => signUp(email.trim(), name.trim(), password) });
  const problem = ask.error ? asProblem(ask.error) : null;
  const back = (
    <p className={styles.hint}>
      Have an account?{" "}
      <Link to="/sign-in" className={styles.link}>
        Sign in
      </Link>
    </p>
  );
  if (options && options.sign_up !== "open") {
    return (
      <Entrance title="Accounts are made by an administrator">
        <p className={styles.hint}>Ask one of them for an account here.</p>
        {back}
      </Entrance>
    );
  }
  if (ask.data) {
    return (
      <Entrance title="Look into your mail">
        <p className={styles.hint}>A mail is on its way to {email.trim()}. Open its link, or type its code here.</p>
        <ConfirmForm email={email.trim()} password={password} />
        <MailHint mail={ask.data} />
      </Entrance>
    );
  }
  return (
    <Entrance title="Make an account">
      <Form
        className={styles.form}
        validationErrors={problem?.fieldErrors}
        onSubmit={(event) => {
          event.preventDefault();
          ask.mutate();
        }}
      >
        <Field label="Email" name="email" type="email" autoComplete="username" value={email} onChange={setEmail} isRequired autoFocus />
        <Field label="Name" name="name" autoComplete="name" value={name} onChange={setName} isRequired help="As others see it." />
        <Field label="Password" name="password" type="password" autoComplete="new-password" value={password} onChange={setPassword} isRequired help="10 characters or more; a few words are easier to keep than signs." />
        {problem && problem.fields.length === 0 && <Failure what="Nothing was made." problem={problem} />}
        <Button kind="primary" type="submit" busy={ask.isPending} wide>
          Sign up
        </Button>
      </Form>
      <Providers />
      {back}
    </Entrance>
  );
}
