import type { ReactNode } from "react";
import { Button } from "../../ui/button";
import { Dialog, DialogActions } from "../../ui/dialog";
import { CommandLine } from "../../ui/layout";

/** A secret in the one moment in which it is there. It is left by its button alone. */
export function ShownOnce({ title, what, secret, onClose, children }: { title: string; what: string; secret: string | undefined; onClose: () => void; children?: ReactNode }) {
  return (
    <Dialog title={title} isOpen={secret !== undefined} onClose={onClose} dismissable={false}>
      <p>Keep it in a safe place: it is shown this once, and nobody can read it again.</p>
      <CommandLine what={what}>{secret ?? ""}</CommandLine>
      {children}
      <DialogActions>
        <Button kind="primary" onPress={onClose}>
          I have kept it
        </Button>
      </DialogActions>
    </Dialog>
  );
}
