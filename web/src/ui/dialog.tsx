import { useState, type ReactNode } from "react";
import { Dialog as AriaDialog, Form, Heading, Modal, ModalOverlay } from "react-aria-components";
import type { Problem } from "../api/problem";
import { Button } from "./button";
import { Field } from "./field";
import { CommandLine, Failure } from "./layout";
import styles from "./dialog.module.css";

export interface DialogProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  /** False: it can only be answered, not left (a lost session). */
  dismissable?: boolean;
  /** Interrupts: read out at once. */
  alert?: boolean;
  children: ReactNode;
}

export function Dialog({ title, isOpen, onClose, dismissable = true, alert = false, children }: DialogProps) {
  return (
    <ModalOverlay
      className={styles.overlay}
      isOpen={isOpen}
      onOpenChange={(open) => !open && onClose()}
      isDismissable={dismissable}
      isKeyboardDismissDisabled={!dismissable}
    >
      <Modal className={styles.modal}>
        <AriaDialog className={styles.dialog} role={alert ? "alertdialog" : "dialog"}>
          <Heading slot="title" className={styles.title}>
            {title}
          </Heading>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={styles.actions}>{children}</div>;
}

export interface ConfirmTypedProps {
  /** A verb and its object; the button repeats the verb. */
  title: string;
  verb: string;
  /** Typed by the person, to the letter. */
  name: string;
  effect: ReactNode;
  command?: string;
  isOpen: boolean;
  busy: boolean;
  problem: Problem | null;
  onConfirm: () => void;
  onClose: () => void;
}

/** Danger of the third level: hard to undo, so the target's name is typed. Never held, on no screen. */
export function ConfirmTyped({ isOpen, onClose, title, ...rest }: ConfirmTypedProps) {
  return (
    <Dialog title={title} isOpen={isOpen} onClose={onClose} alert>
      {isOpen && <ConfirmForm key={rest.name} {...rest} onClose={onClose} />}
    </Dialog>
  );
}

function ConfirmForm({ verb, name, effect, command, busy, problem, onConfirm, onClose }: Omit<ConfirmTypedProps, "isOpen" | "title">) {
  const [typed, setTyped] = useState("");
  const matches = typed === name;
  return (
    <Form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (matches && !busy) onConfirm();
      }}
    >
      <div className={styles.effect}>{effect}</div>
      {command && <CommandLine>{command}</CommandLine>}
      <Field
        label={
          <>
            Type <code>{name}</code> to confirm
          </>
        }
        value={typed}
        onChange={setTyped}
        autoFocus
        autoComplete="off"
        spellCheck="false"
        mono
      />
      {problem && <Failure what={`${verb} failed.`} problem={problem} />}
      <DialogActions>
        <Button onPress={onClose}>Keep</Button>
        <Button kind="danger" type="submit" isDisabled={!matches} busy={busy}>
          {verb}
        </Button>
      </DialogActions>
    </Form>
  );
}
