import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import type { JobBulkResult } from "../../api/types";
import { Answer } from "../../ui/answer";
import { Button } from "../../ui/button";
import { Dialog, DialogActions } from "../../ui/dialog";
import { count, plural } from "../../ui/format";
import { CommandLine, Failure } from "../../ui/layout";
import { Unseen } from "../../ui/mark";
import { toast } from "../../ui/toasts";
import { previewQuery, queuesKey, redrive, type Letters } from "./queries";
import type { Side } from "./state";
import styles from "./queues.module.css";

/** Sends dead jobs back, after it has shown which. */
export function RedriveButton({ letters, label, why, side }: { letters: Letters; label: string; why: string | undefined; side: Side }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button onPress={() => setOpen(true)} {...(why !== undefined && { why })}>
        {label}
        <Unseen>
          {" "}
          of {letters.error_type ?? letters.queue} in {letters.queue}
        </Unseen>
      </Button>
      <Dialog title={`Redrive dead jobs of ${letters.queue}`} isOpen={isOpen} onClose={() => setOpen(false)}>
        {isOpen && <Ask letters={letters} side={side} onClose={() => setOpen(false)} />}
      </Dialog>
    </>
  );
}

function commandOf({ queue, kind, error_type }: Letters, side: Side): string {
  const words = ["acme jobs redrive", queue, kind && `--kind ${kind}`, error_type && `--error-type '${error_type}'`, side === "platform" && "--platform"];
  return words.filter(Boolean).join(" ");
}

function Ask({ letters, side, onClose }: { letters: Letters; side: Side; onClose: () => void }) {
  const preview = useQuery(previewQuery(side, letters));
  const send = useMutation({
    mutationFn: () => redrive(side, letters),
    onSuccess: (changed) => {
      toast(`${plural(changed, "job is", "jobs are")} due again.`);
      onClose();
      return cache.invalidateQueries({ queryKey: queuesKey });
    },
  });
  return (
    <div className={styles.form}>
      <Answer query={preview} failure="What would go back is not known." rows={2} height={40}>
        {(seen) => <Preview seen={seen} />}
      </Answer>
      <CommandLine>{commandOf(letters, side)}</CommandLine>
      {send.error && <Failure what="Not all went back." problem={asProblem(send.error)} />}
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="primary" onPress={() => send.mutate()} busy={send.isPending} isDisabled={!preview.data || preview.data.matched === 0}>
          {preview.data ? `Redrive ${amount(preview.data)}` : "Redrive"}
        </Button>
      </DialogActions>
    </div>
  );
}

const amount = (seen: JobBulkResult) => (seen.has_more ? `more than ${count(seen.matched)}` : count(seen.matched));

function Preview({ seen }: { seen: JobBulkResult }) {
  if (seen.matched === 0) return <p>None of them is dead any more.</p>;
  return (
    <div data-testid="preview">
      <p>
        <strong>{amount(seen)} jobs</strong> become due at once, with as many attempts as new ones and their ids. What they have done before is done again. The way back is to cancel those that wait.
      </p>
      <ul className={styles.examples} aria-label="Some of them">
        {seen.examples.map((id) => (
          <li key={id}>
            <code>{id}</code>
          </li>
        ))}
      </ul>
    </div>
  );
}
