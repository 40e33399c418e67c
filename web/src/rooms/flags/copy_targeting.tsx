import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { asProblem } from "../../api/problem";
import { Button } from "../../ui/button";
import { Choice } from "../../ui/choice";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { Failure, Skeleton } from "../../ui/layout";
import { toast } from "../../ui/toasts";
import { meQuery } from "../sessions/queries";
import { copiedOf, differencesOf, draftOf } from "./draft";
import { Differences } from "./differences";
import { saveTargeting, settled, targetingQuery, type Versioned } from "./queries";
import { whyNotChange } from "./rights";
import type { Environment, Targeting } from "./types";
import styles from "./flags.module.css";

export interface CopyProps {
  flag: { key: string; name: string };
  from: Environment;
  environments: readonly Environment[];
  onClose: () => void;
}

/** The rules of one environment in another one; first what that changes there. */
export function CopyDialog({ flag, from, environments, onClose }: CopyProps) {
  const others = environments.filter((each) => each.key !== from.key);
  const [chosen, choose] = useState(others[0]?.key ?? "");
  const to = others.find((each) => each.key === chosen);
  const here = useQuery(targetingQuery(flag.key, from.key));
  const there = useQuery(targetingQuery(flag.key, chosen));
  const error = here.error ?? there.error;
  return (
    <Dialog title={`Copy the targeting of ${flag.name}`} isOpen onClose={onClose}>
      <div className={styles.form}>
        <Choice label={`From ${from.name.toLowerCase()} to`} value={chosen} options={others.map((each) => [each.key, each.name])} onChange={choose} />
        {error && <Failure what="The targeting did not come." problem={asProblem(error)} retry={() => void settled()} />}
        {!error && (!here.data || !there.data || !to) && <Skeleton height={80} />}
        {here.data && there.data && to && <Copying key={chosen} flag={flag} from={here.data.value} to={to} there={there.data} onClose={onClose} />}
      </div>
    </Dialog>
  );
}

interface CopyingProps {
  flag: { key: string };
  from: Targeting;
  to: Environment;
  there: Versioned<Targeting>;
  onClose: () => void;
}

function Copying({ flag, from, to, there, onClose }: CopyingProps) {
  const { data: signed } = useQuery(meQuery);
  const [reason, setReason] = useState("");
  const [seen, setSeen] = useState(there.etag);
  const before = draftOf(there.value);
  const draft = copiedOf(draftOf(from), before);
  const differences = differencesOf(before, draft);
  const where = to.name.toLowerCase();
  const copy = useMutation({
    mutationFn: () => saveTargeting(flag.key, to.key, draft, reason.trim(), there.etag),
    onSuccess: () => (toast(`Copied. ${flag.key} is so in ${where} within a second.`), onClose(), settled()),
    // What somebody else saved meanwhile is in the list then.
    onError: (error) => asProblem(error).status === 412 && settled(),
  });
  const problem = copy.error && asProblem(copy.error).status !== 412 ? asProblem(copy.error) : null;
  const isNewer = seen !== there.etag;
  const why =
    (signed && whyNotChange(signed.me, to.protected)) ??
    (differences.length === 0 ? `It is the same in ${where}.` : undefined) ??
    (to.protected && reason.trim() === "" ? `${to.name} is protected: say why.` : undefined);
  const press = () => {
    setSeen(there.etag);
    copy.mutate();
  };
  return (
    <Form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (why === undefined && !copy.isPending) press();
      }}
    >
      {differences.length === 0 ? <p>Nothing changes: it is the same in {where}.</p> : <p>This changes in {where}. Whether it is on there stays as it is: {before.enabled ? "on" : "off"}.</p>}
      <Differences differences={differences} />
      {to.protected && <Field label="Why" help="It is written into the history and the audit." value={reason} onChange={setReason} maxLength={200} isRequired autoComplete="off" />}
      {isNewer && <p role="alert">Somebody saved version {there.value.version} in {where} meanwhile. Nothing was copied: look at what changes once more.</p>}
      {problem && <Failure what="Nothing was copied." problem={problem} />}
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="primary" type="submit" busy={copy.isPending} {...(why !== undefined && { why })}>
          Copy to {where}
        </Button>
      </DialogActions>
    </Form>
  );
}
