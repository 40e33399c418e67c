import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { asProblem } from "../../api/problem";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Failure } from "../../ui/layout";
import { PasskeyButton } from "./passkey_button";
import { passSecond, signIn } from "./queries";
import { SecondStep } from "./second_step";
import styles from "./sessions.module.css";

/** Used by the page and by the dialog that opens when a session ends under an open page. */
export function SignInForm({ email = "", onSignedIn }: { email?: string; onSignedIn: () => void }) {
  const [address, setAddress] = useState(email);
  const [password, setPassword] = useState("");
  const attempt = useMutation({ mutationFn: () => signIn(address.trim(), password), onSuccess: onSignedIn });
  const problem = attempt.error ? asProblem(attempt.error) : null;
  const second = problem?.second;
  if (second) {
    const back = () => {
      setPassword("");
      attempt.reset();
    };
    return <SecondStep second={second} verb="Sign in" submit={(presented) => passSecond(second.token, presented)} onDone={onSignedIn} onBack={back} />;
  }
  return (
    <>
      <Form
        className={styles.form}
        validationErrors={problem?.fieldErrors}
        onSubmit={(event) => {
          event.preventDefault();
          attempt.mutate();
        }}
      >
        <Field label="Email" name="email" type="email" autoComplete="username" value={address} onChange={setAddress} isRequired autoFocus={email === ""} />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
          isRequired
          autoFocus={email !== ""}
        />
        {problem && problem.fields.length === 0 && <Failure what="You are not signed in." problem={problem} />}
        <Button kind="primary" type="submit" busy={attempt.isPending} wide>
          Sign in
        </Button>
      </Form>
      <PasskeyButton onSignedIn={onSignedIn} />
    </>
  );
}
