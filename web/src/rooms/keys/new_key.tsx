import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { asProblem } from "../../api/problem";
import type { ApiKey } from "../../api/types";
import { Button } from "../../ui/button";
import { Choice } from "../../ui/choice";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { Failure } from "../../ui/layout";
import { makeKey } from "./queries";
import { ScopeChoice } from "./scope_choice";
import styles from "./keys.module.css";

const lives = [
  ["7", "a week"],
  ["30", "30 days"],
  ["90", "90 days"],
  ["365", "a year"],
] as const satisfies readonly (readonly [string, string])[];

export function NewKey({ isOpen, onMade, onClose }: { isOpen: boolean; onMade: (key: ApiKey) => void; onClose: () => void }) {
  return (
    <Dialog title="New API key" isOpen={isOpen} onClose={onClose}>
      {isOpen && <Content onMade={onMade} onClose={onClose} />}
    </Dialog>
  );
}

function Content({ onMade, onClose }: { onMade: (key: ApiKey) => void; onClose: () => void }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>([]);
  const [days, setDays] = useState<(typeof lives)[number][0]>("90");
  const make = useMutation({ mutationFn: () => makeKey(name.trim(), scopes, Number(days)), onSuccess: onMade });
  const problem = make.error ? asProblem(make.error) : null;
  return (
    <Form
      className={styles.form}
      validationErrors={problem?.fieldErrors}
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate();
      }}
    >
      <Field label="Name" name="name" help="What it is for." autoComplete="off" value={name} onChange={setName} isRequired autoFocus />
      <ScopeChoice isPerson value={scopes} onChange={setScopes} />
      <Choice label="It ends after" value={days} options={lives} onChange={setDays} />
      {problem && <Failure what="No key was made." problem={problem} />}
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="primary" type="submit" isDisabled={scopes.length === 0} busy={make.isPending}>
          Make the key
        </Button>
      </DialogActions>
    </Form>
  );
}
