import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { asProblem } from "../../api/problem";
import type { DeviceLogin } from "../../api/types";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Card, Failure, Verdict } from "../../ui/layout";
import { Time } from "../../ui/time";
import styles from "../keys/keys.module.css";
import { decideDevice, showDevice } from "./device_queries";
import page from "./device.module.css";

/** Does a program that shows a code get a key in one's name? */
export function DevicePage() {
  const [code, setCode] = useState(() => new URLSearchParams(location.hash.slice(1)).get("code") ?? "");
  const [decided, setDecided] = useState<boolean>();
  const look = useMutation({ mutationFn: () => showDevice(code.trim()) });
  const login = look.data;
  const sentence = decided === undefined ? (login ? `${login.name} wants a key in your name.` : "Let a program in that shows a code.") : decided ? "The program has its key." : "The program was turned away.";
  return (
    <div className={page.page}>
      <Verdict tone={decided === undefined ? "idle" : "ok"} sentence={sentence}>
        {decided === undefined ? "Go on only if you have started it yourself, a moment ago: whoever sends you a code wants to act in your name." : "You can close this page. Its key is listed under Account, where you revoke it."}
      </Verdict>
      {decided === undefined && !login && (
        <Card title="The program">
          <Form
            className={page.form}
            onSubmit={(event) => {
              event.preventDefault();
              look.mutate();
            }}
          >
            <Field label="Code" name="code" help="As the program shows it: eight letters." autoComplete="off" spellCheck="false" value={code} onChange={setCode} isRequired autoFocus mono />
            {look.error && <Failure what="Nobody was let in." problem={asProblem(look.error)} />}
            <div className={styles.buttons}>
              <Button kind="primary" type="submit" busy={look.isPending}>
                Go on
              </Button>
            </div>
          </Form>
        </Card>
      )}
      {decided === undefined && login && <Decision code={code.trim()} login={login} onDecided={setDecided} />}
    </div>
  );
}

function Decision({ code, login, onDecided }: { code: string; login: DeviceLogin; onDecided: (isYes: boolean) => void }) {
  const decide = useMutation({
    mutationFn: (isYes: boolean) => decideDevice(code, isYes),
    onSuccess: (_, isYes) => onDecided(isYes),
  });
  return (
    <Card title={login.name}>
      <div className={page.form}>
        <dl className={page.facts}>
          <dt>From</dt>
          <dd>{login.ip}</dd>
          <dt>Asked</dt>
          <dd>
            <Time at={login.created_at} />
          </dd>
          <dt>It may</dt>
          <dd>{login.scopes.join(", ")}</dd>
          <dt>For</dt>
          <dd>90 days, in this organization, and no more than your role allows</dd>
        </dl>
        {decide.error && <Failure what="Nothing was decided." problem={asProblem(decide.error)} />}
        <div className={styles.buttons}>
          <Button kind="primary" onPress={() => decide.mutate(true)} busy={decide.isPending && decide.variables}>
            Let it in
          </Button>
          <Button onPress={() => decide.mutate(false)} busy={decide.isPending && !decide.variables}>
            Turn it away
          </Button>
        </div>
      </div>
    </Card>
  );
}
