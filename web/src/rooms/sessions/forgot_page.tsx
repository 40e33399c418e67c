import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { Form } from "react-aria-components";
import { asProblem } from "../../api/problem";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Failure } from "../../ui/layout";
import { Entrance } from "./entrance";
import { MailHint } from "./mail_hint";
import { NewPasswordForm } from "./new_password_form";
import { forgotPassword } from "./queries";
import styles from "./sessions.module.css";

export function ForgotPage() {
  const [email, setEmail] = useState("");
  const ask = useMutation({ mutationFn: () => forgotPassword(email.trim()) });
  const problem = ask.error ? asProblem(ask.error) : null;
  if (ask.data) {
    return (
      <Entrance title="Look into your mail">
        <p className={styles.hint}>If {email.trim()} has an account, a mail is on its way. Open its link, or type its code here.</p>
        <NewPasswordForm email={email.trim()} />
        <MailHint mail={ask.data} />
      </Entrance>
    );
  }
  return (
    <Entrance title="Forgot your password?">
      <Form
        className={styles.form}
        validationErrors={problem?.fieldErrors}
        onSubmit={(event) => {
          event.preventDefault();
          ask.mutate();
        }}
      >
        <Field label="Email" name="email" type="email" autoComplete="username" value={email} onChange={setEmail} isRequired autoFocus />
        {problem && problem.fields.length === 0 && <Failure what="No mail was sent." problem={problem} />}
        <Button kind="primary" type="submit" busy={ask.isPending} wide>
          Send a mail
        </Button>
      </Form>
      <p className={styles.hint}>
        <Link to="/sign-in" className={styles.link}>
          Sign in
        </Link>
      </p>
    </Entrance>
  );
}
