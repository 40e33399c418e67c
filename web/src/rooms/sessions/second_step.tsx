import { useMutation } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { Form } from "react-aria-components";
import { asProblem, type Second } from "../../api/problem";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Failure } from "../../ui/layout";
import { canUsePasskeys } from "./passkey";
import { answerByPasskey, type Presented } from "./queries";
import styles from "./sessions.module.css";

/** After a password, or another first step: what else proves who somebody is. */
export function SecondStep({ second, verb, submit, onDone, onBack }: { second: Second; verb: string; submit: (presented: Presented) => Promise<void>; onDone: () => void; onBack: () => void }) {
  const { token, methods } = second;
  const [way, setWay] = useState<"totp" | "recovery">(methods.includes("totp") ? "totp" : "recovery");
  const [code, setCode] = useState("");
  const attempt = useMutation({ mutationFn: submit, onSuccess: onDone });
  const byPasskey = useMutation({ mutationFn: async () => submit(await answerByPasskey(token)), onSuccess: onDone });
  const error = attempt.error ?? byPasskey.error;
  const problem = error ? asProblem(error) : null;
  const hasPasskey = methods.includes("webauthn");
  const turnTo = (next: "totp" | "recovery") => {
    setWay(next);
    setCode("");
    attempt.reset();
  };
  return (
    <Form
      className={styles.form}
      validationErrors={problem?.fieldErrors}
      onSubmit={(event) => {
        event.preventDefault();
        byPasskey.reset();
        attempt.mutate({ method: way, code: code.trim() });
      }}
    >
      <p className={styles.hint}>{sentenceOf(way, methods)}</p>
      {hasPasskey && canUsePasskeys() && (
        <Button
          icon={<KeyRound aria-hidden="true" />}
          onPress={() => {
            attempt.reset();
            byPasskey.mutate();
          }}
          busy={byPasskey.isPending}
          wide
        >
          Use a passkey
        </Button>
      )}
      {way === "totp" && <Field key="totp" label="Code of your app" name="code" inputMode="numeric" autoComplete="one-time-code" value={code} onChange={setCode} isRequired autoFocus mono />}
      {way === "recovery" && methods.includes("recovery") && <Field key="recovery" label="Recovery code" name="code" autoComplete="off" value={code} onChange={setCode} isRequired autoFocus={!hasPasskey} mono help="Each is good once." />}
      {problem && problem.fields.length === 0 && <Failure what="That did not work." problem={problem} />}
      {methods.some((method) => method !== "webauthn") && (
        <Button kind="primary" type="submit" busy={attempt.isPending} wide>
          {verb}
        </Button>
      )}
      <div className={styles.ways}>
        {way === "totp" && methods.includes("recovery") && (
          <Button kind="quiet" onPress={() => turnTo("recovery")}>
            Use a recovery code
          </Button>
        )}
        {way === "recovery" && methods.includes("totp") && (
          <Button kind="quiet" onPress={() => turnTo("totp")}>
            Use the app
          </Button>
        )}
        <Button kind="quiet" onPress={onBack}>
          Begin again
        </Button>
      </div>
    </Form>
  );
}

function sentenceOf(way: "totp" | "recovery", methods: readonly string[]): string {
  const passkey = methods.includes("webauthn") ? "Use a passkey, or type " : "Type ";
  return `${passkey}${way === "totp" ? "the code that your authenticator app shows." : "one of the recovery codes that you kept."}`;
}
