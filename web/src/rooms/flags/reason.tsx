import { useState, type ReactNode } from "react";
import { Form } from "react-aria-components";
import type { Problem } from "../../api/problem";
import { Button } from "../../ui/button";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { CommandLine, Failure } from "../../ui/layout";
import styles from "./flags.module.css";

export interface ReasonProps {
  title: string;
  verb: string;
  isDanger?: boolean;
  isOpen: boolean;
  busy: boolean;
  problem: Problem | null;
  command?: string;
  /** The effect. */
  children: ReactNode;
  onConfirm: (reason: string) => void;
  onClose: () => void;
}

/** Danger of the second level: others see it, so it says why. */
export function ReasonDialog({ title, isOpen, onClose, ...rest }: ReasonProps) {
  return (
    <Dialog title={title} isOpen={isOpen} onClose={onClose} alert sheet>
      {isOpen && <Ask onClose={onClose} {...rest} />}
    </Dialog>
  );
}

function Ask({ verb, isDanger = false, busy, problem, command, children, onConfirm, onClose }: Omit<ReasonProps, "title" | "isOpen">) {
  const [reason, setReason] = useState("");
  return (
    <Form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (reason.trim() && !busy) onConfirm(reason.trim());
      }}
    >
      <div>{children}</div>
      <Field label="Why" help="It is written into the history and the audit." value={reason} onChange={setReason} maxLength={200} isRequired autoFocus autoComplete="off" />
      {command && <CommandLine>{command}</CommandLine>}
      {problem && <Failure what={`${verb} failed.`} problem={problem} />}
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button kind={isDanger ? "danger" : "primary"} type="submit" isDisabled={reason.trim() === ""} busy={busy}>
          {verb}
        </Button>
      </DialogActions>
    </Form>
  );
}
