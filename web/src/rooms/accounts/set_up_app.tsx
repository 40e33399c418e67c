import { useMutation } from "@tanstack/react-query";
import { Smartphone } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Form } from "react-aria-components";
import { asProblem } from "../../api/problem";
import { Button } from "../../ui/button";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { Failure } from "../../ui/layout";
import { toast } from "../../ui/toasts";
import { beginTotp, confirmTotp } from "./factor_queries";
import type { Proven } from "./proof";
import styles from "./factors.module.css";

// What draws it is needed once in the life of an account.
const QrCode = lazy(() => import("./qr_code").then((module) => ({ default: module.QrCode })));

/** The secret comes first, and nothing is asked for before the app has shown a code of it. */
export function SetUpApp({ proven, onSetUp }: { proven: Proven; onSetUp: (codes: string[]) => void }) {
  const [code, setCode] = useState("");
  const begin = useMutation({ mutationFn: () => proven(beginTotp) });
  const close = () => {
    begin.reset();
    confirm.reset();
    setCode("");
  };
  const confirm = useMutation({
    mutationFn: () => proven(() => confirmTotp(code)),
    onSuccess: (codes) => {
      close();
      toast("The authenticator app is set up.");
      onSetUp(codes);
    },
  });
  const problem = confirm.error ? asProblem(confirm.error) : null;
  return (
    <>
      <Button icon={<Smartphone aria-hidden="true" />} onPress={() => begin.mutate()} busy={begin.isPending}>
        Set up an app
      </Button>
      {begin.error && <Failure what="Nothing was set up." problem={asProblem(begin.error)} />}
      <Dialog title="Set up an authenticator app" isOpen={begin.data !== undefined} onClose={close}>
        {begin.data && (
          <Form
            className={styles.setUp}
            validationErrors={problem?.fieldErrors}
            onSubmit={(event) => {
              event.preventDefault();
              confirm.mutate();
            }}
          >
            <p>Scan this with your app.</p>
            <Suspense fallback={<div className={styles.qr} aria-busy="true" />}>
              <QrCode text={begin.data.uri} label="QR code for your authenticator app" />
            </Suspense>
            <p>
              If it cannot scan, <a href={begin.data.uri}>open it on this device</a>, or type this into it:
            </p>
            <code className={styles.secret} data-testid="totp-secret">
              {begin.data.secret.match(/.{1,4}/g)?.join(" ")}
            </code>
            <Field label="Code that it shows" name="code" inputMode="numeric" autoComplete="one-time-code" value={code} onChange={setCode} isRequired autoFocus mono />
            {problem && problem.fields.length === 0 && <Failure what="It is not set up yet." problem={problem} />}
            <DialogActions>
              <Button onPress={close}>Cancel</Button>
              <Button kind="primary" type="submit" busy={confirm.isPending}>
                Turn on
              </Button>
            </DialogActions>
          </Form>
        )}
      </Dialog>
    </>
  );
}
