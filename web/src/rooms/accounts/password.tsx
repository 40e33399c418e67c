import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Card, Failure } from "../../ui/layout";
import { toast } from "../../ui/toast";
import { meQuery } from "../sessions/queries";
import { changePassword } from "./queries";
import styles from "./accounts.module.css";

export function Password({ email }: { email: string }) {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const change = useMutation({
    mutationFn: () => changePassword(current, next),
    onSuccess: () => {
      setCurrent("");
      setNext("");
      toast("Your password was changed. All other sessions have ended.");
      void cache.invalidateQueries({ queryKey: meQuery.queryKey });
    },
  });
  const problem = change.error ? asProblem(change.error) : null;
  return (
    <Card title="Password">
      <Form
        className={styles.form}
        validationErrors={problem?.fieldErrors}
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        {/* Password managers look for the name that the password belongs to. */}
        <input type="email" name="username" autoComplete="username" value={email} readOnly hidden />
        <Field label="Current password" help="Empty if you have none yet." name="current" type="password" autoComplete="current-password" value={current} onChange={setCurrent} />
        <Field label="New password" name="new" type="password" autoComplete="new-password" value={next} onChange={setNext} isRequired help="10 characters or more; a few words are easier to keep than signs. All other sessions end." />
        {problem && problem.fields.length === 0 && <Failure what="The password was not changed." problem={problem} />}
        <div className={styles.choices}>
          <Button kind="primary" type="submit" isDisabled={next === ""} busy={change.isPending}>
            Change password
          </Button>
        </div>
      </Form>
    </Card>
  );
}
