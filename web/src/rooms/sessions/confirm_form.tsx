import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Form } from "react-aria-components";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Failure } from "../../ui/layout";
import { verifyEmail } from "./queries";
import styles from "./sessions.module.css";

/** What proves an address: the token of a link, or the code for whoever reads mail on another device. Asks for what it is not given. */
export function ConfirmForm({ token, email, password }: { token?: string; email?: string; password?: string }) {
  const navigate = useNavigate();
  const [address, setAddress] = useState(email ?? "");
  const [code, setCode] = useState("");
  const [chosen, setChosen] = useState(password ?? "");
  const confirm = useMutation({
    mutationFn: () => verifyEmail(token === undefined ? { email: address.trim(), code } : { token }, chosen),
    onSuccess: () => {
      cache.clear();
      void navigate({ to: "/", replace: true });
    },
  });
  const problem = confirm.error ? asProblem(confirm.error) : null;
  const hasToken = token !== undefined;
  return (
    <Form
      className={styles.form}
      validationErrors={problem?.fieldErrors}
      onSubmit={(event) => {
        event.preventDefault();
        confirm.mutate();
      }}
    >
      {!hasToken && email === undefined && <Field label="Email" name="email" type="email" autoComplete="username" value={address} onChange={setAddress} isRequired />}
      {!hasToken && <Field label="Code" name="code" inputMode="numeric" autoComplete="one-time-code" value={code} onChange={setCode} isRequired mono />}
      {password === undefined && <Field label="Password" name="password" type="password" autoComplete="current-password" value={chosen} onChange={setChosen} isRequired help="The one you chose when you signed up." />}
      {problem && problem.fields.length === 0 && <Failure what="The address is not confirmed." problem={problem} />}
      <Button kind="primary" type="submit" busy={confirm.isPending} wide>
        Confirm and sign in
      </Button>
    </Form>
  );
}
