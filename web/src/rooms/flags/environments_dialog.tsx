import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { asProblem } from "../../api/problem";
import { Button } from "../../ui/button";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { CommandLine, Failure } from "../../ui/layout";
import { toast } from "../../ui/toasts";
import { meQuery } from "../sessions/queries";
import { Switch } from "./parts";
import { editEnvironment, makeEnvironment, settled } from "./queries";
import { whyNotAdminister } from "./rights";
import { keyOf } from "./state";
import type { Environment } from "./types";
import styles from "./flags.module.css";

/** Where flags are answered: which are protected, and one more. */
export function EnvironmentsDialog({ environments, onClose }: { environments: readonly Environment[]; onClose: () => void }) {
  const { data: signed } = useQuery(meQuery);
  const why = signed && whyNotAdminister(signed.me);
  return (
    <Dialog title="Environments" isOpen onClose={onClose}>
      <div className={styles.form}>
        <p>Each has its own targeting of every flag. Only administrators publish to a protected one, and say why; operators can still switch a flag off there.</p>
        <ul className={styles.environments} aria-label="Environments">
          {environments.map((each) => (
            <Line key={each.key} environment={each} why={why} />
          ))}
        </ul>
        {why === undefined ? <Add onClose={onClose} /> : <p className={styles.note}>{why}</p>}
      </div>
    </Dialog>
  );
}

function Line({ environment, why }: { environment: Environment; why: string | undefined }) {
  const [typed, setTyped] = useState<string>();
  const change = useMutation({
    mutationFn: (wanted: { name?: string; protected?: boolean }) => editEnvironment(environment.key, wanted),
    onSuccess: (saved) => {
      toast(`${saved.name} is saved: it is ${saved.protected ? "protected" : "not protected"}.`);
      setTyped(undefined);
      return settled();
    },
  });
  const name = typed?.trim();
  return (
    <li data-testid="environment">
      <Form
        onSubmit={(event) => {
          event.preventDefault();
          if (name && !change.isPending) change.mutate({ name });
        }}
      >
        <Field label={`Name of ${environment.key}`} value={typed ?? environment.name} onChange={(text) => setTyped(text === environment.name ? undefined : text)} maxLength={100} isRequired autoComplete="off" isDisabled={why !== undefined} />
        {typed !== undefined && (
          <Button type="submit" busy={change.isPending}>
            Rename
          </Button>
        )}
      </Form>
      <div className={styles.protect}>
        <Switch label={`Protect ${environment.name}`} on={environment.protected} why={why ?? (change.isPending ? "It is being saved." : undefined)} onChange={(on) => change.mutate({ protected: on })} />
        <span aria-hidden="true">Protected</span>
      </div>
      {change.error && <Failure what="It was not saved." problem={asProblem(change.error)} />}
    </li>
  );
}

function Add({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [typedKey, setKey] = useState<string>();
  const [isProtected, protect] = useState(false);
  const key = typedKey ?? keyOf(name);
  const add = useMutation({
    mutationFn: () => makeEnvironment({ key, name: name.trim(), protected: isProtected }),
    onSuccess: (made) => {
      toast(`${made.name} was made. Every flag is off there.`);
      setName("");
      setKey(undefined);
      protect(false);
      return settled();
    },
  });
  const problem = add.error ? asProblem(add.error) : null;
  return (
    <Form
      className={styles.form}
      validationErrors={problem?.fieldErrors ?? {}}
      onSubmit={(event) => {
        event.preventDefault();
        if (!add.isPending) add.mutate();
      }}
    >
      <h3>One more</h3>
      <div className={styles.pair}>
        <Field label="Name" name="name" value={name} onChange={(text) => (setName(text), add.reset())} maxLength={100} isRequired autoComplete="off" />
        <Field label="Key" name="key" value={key} onChange={(text) => (setKey(text), add.reset())} maxLength={63} isRequired mono autoComplete="off" help="What programs name. It stays." />
      </div>
      <label className={styles.check}>
        <input type="checkbox" checked={isProtected} onChange={(event) => protect(event.target.checked)} />
        It is protected.
      </label>
      <CommandLine>{`acme flags environments --add ${key || "…"} --name "${name || "…"}"${isProtected ? " --protected" : ""}`}</CommandLine>
      {problem && problem.fields.length === 0 && <Failure what="It was not made." problem={problem} />}
      <DialogActions>
        <Button onPress={onClose}>Close</Button>
        <Button kind="primary" type="submit" busy={add.isPending}>
          Make environment
        </Button>
      </DialogActions>
    </Form>
  );
}
