import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { asProblem } from "../../api/problem";
import { toast } from "../../ui/toasts";
import { archiveFlag, restoreFlag, settled } from "./queries";
import { ReasonDialog } from "./reason";

export interface ArchiveProps {
  flag: { key: string; name: string };
  isOpen: boolean;
  onClose: () => void;
  /** What speaks against it. */
  children?: ReactNode;
}

/** Out of every environment, with a reason. It can be brought back, switched off. */
export function ArchiveDialog({ flag, isOpen, onClose, children }: ArchiveProps) {
  const archive = useMutation({
    mutationFn: (reason: string) => archiveFlag(flag.key, reason),
    onSuccess: () => {
      onClose();
      toast(`${flag.key} is archived.`, "ok", { label: "Restore", run: () => void restoreFlag(flag.key).then(settled) });
      return settled();
    },
  });
  const close = () => (archive.reset(), onClose());
  return (
    <ReasonDialog title={`Archive ${flag.name}`} verb="Archive" isDanger isOpen={isOpen} busy={archive.isPending} problem={archive.error ? asProblem(archive.error) : null} onConfirm={(reason) => archive.mutate(reason)} onClose={close}>
      It is switched off and leaves every environment at once. Programs that still ask for it get their own default. {children}
    </ReasonDialog>
  );
}
