import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import { Button } from "../../ui/button";
import { Choice } from "../../ui/choice";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { count } from "../../ui/format";
import { CommandLine, Failure } from "../../ui/layout";
import { toast } from "../../ui/toasts";
import { ToldDifferences } from "./differences";
import { flagsKey, importFlags } from "./queries";
import type { Environment, Imported } from "./types";
import styles from "./flags.module.css";

const formats = [
  ["acme", "an export of this platform"],
  ["unleash", "an export of Unleash"],
] as const;
type Format = (typeof formats)[number][0];

/** First what it would change, then the change. */
export function ImportDialog({ environment, onClose }: { environment: Environment; onClose: () => void }) {
  return (
    <Dialog title={`Import into ${environment.name.toLowerCase()}`} isOpen onClose={onClose}>
      <Content environment={environment} onClose={onClose} />
    </Dialog>
  );
}

function Content({ environment, onClose }: { environment: Environment; onClose: () => void }) {
  const [format, setFormat] = useState<Format>("acme");
  const [reason, setReason] = useState("");
  const [file, setFile] = useState<{ name: string; document?: unknown; problem?: string }>();
  const look = useMutation({ mutationFn: (document: unknown) => importFlags(environment.key, format, document, undefined) });
  const bring = useMutation({
    mutationFn: () => importFlags(environment.key, format, file?.document, reason.trim()),
    onSuccess: async (done) => {
      toast(`${count(done.created.length)} made, ${count(done.changed.length)} changed.`);
      onClose();
      await cache.invalidateQueries({ queryKey: flagsKey });
    },
  });
  const read = async (chosen: File | undefined) => {
    look.reset();
    bring.reset();
    if (!chosen) return setFile(undefined);
    try {
      const document: unknown = JSON.parse(await chosen.text());
      setFile({ name: chosen.name, document });
      look.mutate(document);
    } catch {
      setFile({ name: chosen.name, problem: "It is no JSON." });
    }
  };
  const error = bring.error ?? look.error;
  const plan = look.data;
  return (
    <Form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (plan && !bring.isPending) bring.mutate();
      }}
    >
      <Choice
        label="What"
        value={format}
        options={formats}
        onChange={(next) => {
          setFormat(next);
          look.reset();
          setFile(undefined);
        }}
      />
      <label className={styles.file}>
        <span>File</span>
        <input key={format} type="file" accept=".json,application/json" onChange={(event) => void read(event.target.files?.[0])} />
      </label>
      {environment.protected && <Field label="Why" help="It is written into the history and the audit." value={reason} onChange={setReason} maxLength={200} autoComplete="off" />}
      {file?.problem && <p role="alert">{file.problem}</p>}
      {error && <Failure what={look.error ? "It cannot be imported." : "Nothing was imported."} problem={asProblem(error)} />}
      {plan && <Plan plan={plan} />}
      <CommandLine>{`acme flags import --environment ${environment.key}${format === "unleash" ? " --from unleash" : ""} --dry-run ${file?.name ?? "flags.json"}`}</CommandLine>
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="primary" type="submit" busy={bring.isPending || look.isPending} isDisabled={!plan || (environment.protected && reason.trim() === "")}>
          Import
        </Button>
      </DialogActions>
    </Form>
  );
}

const lines_max = 100;

/** What the import would do; nothing of it is done yet. */
function Plan({ plan }: { plan: Imported }) {
  return (
    <div className={styles.plan} role="status" aria-label="What would change">
      <p>
        <strong>
          {count(plan.created.length)} new, {count(plan.changed.length)} changed, {count(plan.unchanged)} as they are.
        </strong>
      </p>
      {plan.created.length > 0 && (
        <p>
          New: <code>{plan.created.slice(0, lines_max).join(", ")}</code>
        </p>
      )}
      {plan.diff.length > 0 && <ToldDifferences label="Changes" differences={plan.diff} />}
      {plan.warnings.length > 0 && (
        <ul className={styles.warnings} aria-label="Warnings">
          {plan.warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
