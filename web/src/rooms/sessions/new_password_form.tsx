import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Form } from "react-aria-components";
import { asProblem } from "../../api/problem";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Failure } from "../../ui/layout";
import { toast } from "../../ui/toasts";
import { resetPassword, type Presented } from "./queries";
import { SecondStep } from "./second_step";
import styles from "./sessions.module.css";

/** By the token of a link, or by the code of the mail that went to `email`. */
export function NewPasswordForm({ token, email }: { token: string } & { email?: never } | { email: string; token?: never }) {
  const navigate = useNavigate();
  const [code, setCode] = useState("");
  const [next, setNext] = useState("");
  const reset = (second?: Presented) => resetPassword(token === undefined ? { email, code } : { token }, next, second);
  const done = () => {
    toast("Your password was changed, and all sessions have ended. Sign in with it.");
    void navigate({ to: "/sign-in", replace: true });
  };
  const change = useMutation({ mutationFn: () => reset(), onSuccess: done });
  const problem = change.error ? asProblem(change.error) : null;
  if (problem?.second) {
    return <SecondStep second={problem.second} verb="Set password" submit={reset} onDone={done} onBack={() => change.reset()} />;
  }
  return (
    <Form
      className={styles.form}
      validationErrors={problem?.fieldErrors}
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate();
      }}
    >
      {token === undefined && <Field label="Code" name="code" inputMode="numeric" autoComplete="one-time-code" value={code} onChange={setCode} isRequired mono />}
      <Field label="New password" name="new" type="password" autoComplete="new-password" value={next} onChange={setNext} isRequired help="10 characters or more; a few words are easier to keep than signs." />
      {problem && problem.fields.length === 0 && <Failure what="The password was not changed." problem={problem} />}
      <Button kind="primary" type="submit" busy={change.isPending} wide>
        Set password
      </Button>
    </Form>
  );
}
