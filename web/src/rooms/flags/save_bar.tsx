import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import { Button } from "../../ui/button";
import { Dialog, DialogActions } from "../../ui/dialog";
import { plural } from "../../ui/format";
import { Failure } from "../../ui/layout";
import { Dot } from "../../ui/mark";
import { toast } from "../../ui/toasts";
import { differencesOf } from "./draft";
import { Differences } from "./differences";
import { MergeDialog } from "./merge";
import { flagsKey, saveTargeting, targetingQuery, type Versioned } from "./queries";
import { ReasonDialog } from "./reason";
import type { Environment, Flag, Targeting } from "./types";
import type { Drafting } from "./use_draft";
import { problemsOf } from "./words";
import styles from "./editor.module.css";

export interface SaveProps {
  flag: Flag;
  environment: Environment;
  targeting: Versioned<Targeting>;
  drafting: Drafting;
  why: string | undefined;
}

/** One bar for the whole draft, there while it differs from what is live. */
export function SaveBar({ flag, environment, targeting, drafting, why }: SaveProps) {
  const [open, setOpen] = useState<"diff" | "reason" | "merge">();
  const { draft, base, isDirty, isBehind } = drafting;
  const problems = problemsOf(draft, flag.variants);
  const query = targetingQuery(flag.key, environment.key);
  const save = useMutation({
    mutationFn: (reason: string) => saveTargeting(flag.key, environment.key, draft, reason, targeting.etag),
    onSuccess: (saved) => {
      drafting.rebase(saved, saved);
      setOpen(undefined);
      toast(`Saved. ${flag.key} is so on every node within a second.`);
      return cache.invalidateQueries({ queryKey: flagsKey });
    },
    onError: async (error) => {
      if (asProblem(error).status !== 412) return;
      // Somebody was faster: what they saved is asked for, and both are shown.
      await cache.invalidateQueries({ queryKey: query.queryKey });
      setOpen("merge");
    },
  });
  useEffect(() => {
    if (!isBehind && open === "merge") setOpen(undefined);
  }, [isBehind, open]);
  if (!isDirty) return null;
  const problem = save.error && asProblem(save.error).status !== 412 ? asProblem(save.error) : null;
  const changes = plural(differencesOf(base, draft).length, "change");
  const [first] = problems;
  const barred = why ?? first;
  const press = () => {
    save.reset();
    if (isBehind) setOpen("merge");
    else if (environment.protected) setOpen("reason");
    else save.mutate("");
  };
  return (
    <div className={styles.bar} role="region" aria-label="Draft">
      {problem && open !== "reason" && <Refused problem={problem} />}
      <div className={styles.barRow}>
        <div className={styles.barWords} role="status">
          <strong>
            {changes} in {environment.name.toLowerCase()}
          </strong>
          {isBehind ? (
            <span>
              <Dot tone="warn" /> {targeting.value.updated_by_name ?? "Somebody"} saved version {targeting.value.version} meanwhile.
            </span>
          ) : (
            first && (
              <span>
                <Dot tone="warn" /> {first}
                {problems.length > 1 && ` And ${problems.length - 1} more.`}
              </span>
            )
          )}
        </div>
        <Button kind="quiet" onPress={() => (save.reset(), drafting.discard())}>
          Discard
        </Button>
        <Button onPress={() => setOpen("diff")}>Review diff</Button>
        <Button kind="primary" busy={save.isPending} onPress={press} {...(barred !== undefined && !isBehind && { why: barred })}>
          {isBehind ? "Compare" : "Save"}
        </Button>
      </div>
      <Dialog title={`${changes} in ${environment.name.toLowerCase()}`} isOpen={open === "diff"} onClose={() => setOpen(undefined)}>
        <Differences differences={differencesOf(base, draft)} />
        <DialogActions>
          <Button onPress={() => setOpen(undefined)}>Close</Button>
        </DialogActions>
      </Dialog>
      <ReasonDialog title={`Save ${flag.key}`} verb="Save" isOpen={open === "reason"} busy={save.isPending} problem={problem} onConfirm={(reason) => save.mutate(reason)} onClose={() => setOpen(undefined)}>
        <Differences differences={differencesOf(base, draft)} />
      </ReasonDialog>
      {open === "merge" && isBehind && <MergeDialog targeting={targeting.value} drafting={drafting} onClose={() => setOpen(undefined)} />}
    </div>
  );
}

/** All that is wrong, each with where. */
function Refused({ problem }: { problem: ReturnType<typeof asProblem> }) {
  if (problem.fields.length === 0) return <Failure what="Nothing was saved." problem={problem} />;
  return (
    <ul className={styles.problems} role="alert" aria-label="Nothing was saved">
      {problem.fields.map((field) => (
        <li key={`${field.pointer} ${field.detail}`}>
          <code>{field.pointer}</code> {field.detail}
        </li>
      ))}
    </ul>
  );
}
