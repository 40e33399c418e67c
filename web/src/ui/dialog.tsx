import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import styles from "./dialog.module.css";

export interface DialogProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  /** False: it can only be answered, not left (a lost session). */
  dismissable?: boolean;
  /** Interrupts: read out at once. */
  alert?: boolean;
  /** On a phone it stands at the lower edge, where the thumb is. */
  sheet?: boolean;
  children: ReactNode;
}

export function Dialog({ title, isOpen, onClose, dismissable = true, alert = false, sheet = false, children }: DialogProps) {
  return (
    <ModalOverlay
      className={styles.overlay}
      data-sheet={sheet || undefined}
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

/** `even`: as wide as each other, for thumbs. */
export function DialogActions({ even = false, children }: { even?: boolean; children: ReactNode }) {
  return (
    <div className={styles.actions} data-even={even || undefined}>
      {children}
    </div>
  );
}
