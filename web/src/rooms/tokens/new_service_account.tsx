import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { idempotencyKey } from "../../api/client";
import { asProblem } from "../../api/problem";
import type { ServiceAccount } from "../../api/types";
import { Button } from "../../ui/button";
import { Choice } from "../../ui/choice";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { Failure } from "../../ui/layout";
import styles from "../keys/keys.module.css";
import { ScopeChoice } from "../keys/scope_choice";
import { makeSecret, makeServiceAccount } from "./queries";

export interface Made {
  account: ServiceAccount;
  secret: string | undefined;
}

const roles = [
  ["member", "Member"],
  ["admin", "Administrator"],
] as const satisfies readonly (readonly [string, string])[];

export function NewServiceAccount({ org, isOpen, onMade, onClose }: { org: string; isOpen: boolean; onMade: (made: Made) => void; onClose: () => void }) {
  return (
    <Dialog title="New service account" isOpen={isOpen} onClose={onClose}>
      {isOpen && <Content org={org} onMade={onMade} onClose={onClose} />}
    </Dialog>
  );
}

function Content({ org, onMade, onClose }: { org: string; onMade: (made: Made) => void; onClose: () => void }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>([]);
  const [role, setRole] = useState<ServiceAccount["org_role"]>("member");
  // Kept while no answer came: the repeat makes no second account. Other words are another intent.
  const [key, setKey] = useState(idempotencyKey);
  const renew = () => setKey(idempotencyKey());
  const make = useMutation({
    mutationFn: async (): Promise<Made> => {
      const account = await makeServiceAccount(org, name.trim(), scopes, role, key);
      return { account, secret: (await makeSecret(org, account.id)).secret };
    },
    onSuccess: onMade,
  });
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
      <Field label="Name" name="name" help="What it is for." autoComplete="off" value={name} onChange={(text) => (setName(text), renew())} isRequired autoFocus />
      <ScopeChoice isPerson={false} value={scopes} onChange={(next) => (setScopes(next), renew())} />
      <Choice label="Role in the organization" value={role} options={roles} onChange={(next) => (setRole(next), renew())} />
      {problem && <Failure what="No account was made, or it has no secret yet." problem={problem} />}
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="primary" type="submit" isDisabled={scopes.length === 0} busy={make.isPending}>
          Make the account
        </Button>
      </DialogActions>
    </Form>
  );
}
