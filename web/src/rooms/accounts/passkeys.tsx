import { useMutation } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Form } from "react-aria-components";
import { asProblem } from "../../api/problem";
import type { Passkey } from "../../api/types";
import { Button } from "../../ui/button";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { Failure } from "../../ui/layout";
import { Time } from "../../ui/time";
import { toast } from "../../ui/toasts";
import { canUsePasskeys } from "../sessions/passkey";
import { deviceOf } from "./device";
import { addPasskey, refreshFactors, removePasskey, renamePasskey } from "./factor_queries";
import type { Proven } from "./proof";
import styles from "./accounts.module.css";

export function Passkeys({ passkeys, proven }: { passkeys: Passkey[]; proven: Proven }) {
  return passkeys.map((passkey) => (
    <li key={passkey.id} className={styles.session} data-testid="passkey">
      <div className={styles.sessionText}>
        <div className={styles.device}>{passkey.name}</div>
        <div className={styles.seen}>
          passkey, made <Time at={passkey.created_at} />
          {passkey.last_used_at && (
            <>
              {" "}
              · last used <Time at={passkey.last_used_at} />
            </>
          )}
        </div>
      </div>
      <Rename passkey={passkey} />
      <Remove passkey={passkey} proven={proven} />
    </li>
  ));
}

/** It signs in without a password too, and is a second factor after one. */
export function AddPasskey({ proven, onAdded }: { proven: Proven; onAdded: (codes: string[]) => void }) {
  const [asked, setAsked] = useState(false);
  const add = (name: string) => proven(() => addPasskey(name));
  const usual = typeof navigator === "undefined" ? "" : deviceOf(navigator.userAgent);
  return (
    <>
      <Button
        kind="primary"
        icon={<KeyRound aria-hidden="true" />}
        onPress={() => setAsked(true)}
        why={canUsePasskeys() ? undefined : "This browser has no passkeys at this address: it takes https or localhost, and a name in place of numbers."}
      >
        Add a passkey
      </Button>
      <NameDialog
        title="Add a passkey"
        isOpen={asked}
        onClose={() => setAsked(false)}
        name={usual}
        verb="Go on"
        failure="No passkey was added."
        work={add}
        onDone={(codes) => {
          toast("The passkey was added.");
          onAdded(codes);
        }}
      >
        <p>Your device asks for your finger, your face or its PIN. From then on it signs you in, with the password or without.</p>
      </NameDialog>
    </>
  );
}

function Rename({ passkey }: { passkey: Passkey }) {
  const [asked, setAsked] = useState(false);
  return (
    <>
      <Button kind="quiet" onPress={() => setAsked(true)} aria-label={`Rename ${passkey.name}`}>
        Rename
      </Button>
      <NameDialog
        title="Rename the passkey"
        isOpen={asked}
        onClose={() => setAsked(false)}
        name={passkey.name}
        verb="Rename"
        failure="The name is as it was."
        work={(name) => renamePasskey(passkey.id, name)}
        onDone={() => void refreshFactors()}
      />
    </>
  );
}

interface NameDialogProps<T> {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  name: string;
  verb: string;
  failure: string;
  work: (name: string) => Promise<T>;
  onDone: (result: T) => void;
  children?: ReactNode;
}

function NameDialog<T>({ title, isOpen, onClose, name: first, verb, failure, work, onDone, children }: NameDialogProps<T>) {
  const [name, setName] = useState(first);
  const attempt = useMutation({
    mutationFn: () => work(name.trim()),
    onSuccess: (result) => {
      onClose();
      onDone(result);
    },
  });
  const problem = attempt.error ? asProblem(attempt.error) : null;
  return (
    <Dialog
      title={title}
      isOpen={isOpen}
      onClose={() => {
        attempt.reset();
        setName(first);
        onClose();
      }}
    >
      {children}
      <Form
        validationErrors={problem?.fieldErrors}
        onSubmit={(event) => {
          event.preventDefault();
          attempt.mutate();
        }}
      >
        <Field label="Name" name="name" value={name} onChange={setName} maxLength={60} isRequired autoFocus />
        {problem && !problem.fields.some((field) => field.pointer === "/name") && <Failure what={failure} problem={problem} />}
        <DialogActions>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" busy={attempt.isPending}>
            {verb}
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}

function Remove({ passkey, proven }: { passkey: Passkey; proven: Proven }) {
  const [asked, setAsked] = useState(false);
  const remove = useMutation({
    mutationFn: () => proven(() => removePasskey(passkey.id)),
    onSuccess: async () => {
      setAsked(false);
      toast(`The passkey ${passkey.name} was removed.`);
      await refreshFactors();
    },
  });
  return (
    <>
      <Button kind="risk" onPress={() => setAsked(true)} aria-label={`Remove ${passkey.name}`}>
        Remove
      </Button>
      <Dialog title={`Remove ${passkey.name}?`} isOpen={asked} onClose={() => setAsked(false)} alert>
        <p>It signs nobody in any more. If it is your only second factor, your recovery codes end with it. Your device keeps its half until you delete it there.</p>
        {remove.error && <Failure what="It is still there." problem={asProblem(remove.error)} />}
        <DialogActions>
          <Button onPress={() => setAsked(false)}>Keep it</Button>
          <Button kind="danger" onPress={() => remove.mutate()} busy={remove.isPending}>
            Remove
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}
