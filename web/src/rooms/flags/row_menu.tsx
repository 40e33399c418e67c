import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Suspense, lazy, useState } from "react";
import { asProblem } from "../../api/problem";
import { MoreMenu, type Item } from "../../ui/menu";
import { toast } from "../../ui/toasts";
import { meQuery } from "../sessions/queries";
import { ArchiveDialog } from "./archive";
import { restoreFlag, settled } from "./queries";
import { whyNotChange } from "./rights";
import type { Environment, FlagSummary } from "./types";

const CopyDialog = lazy(async () => ({ default: (await import("./copy_targeting")).CopyDialog }));

export interface RowMenuProps {
  flag: FlagSummary;
  environment: Environment;
  environments: readonly Environment[];
  /** The environment in the address, if it is not the first. */
  search: { environment?: string };
}

export function RowMenu({ flag, environment, environments, search }: RowMenuProps) {
  const { data: signed } = useQuery(meQuery);
  const [open, setOpen] = useState<"copy" | "archive">();
  const navigate = useNavigate();
  const close = () => setOpen(undefined);
  const restore = useMutation({
    mutationFn: () => restoreFlag(flag.key),
    onSuccess: () => (toast(`${flag.key} is back, and off everywhere. Its rules are as they were.`), settled()),
    onError: (error) => toast(`${flag.key} was not restored. ${asProblem(error).message}`, "crit"),
  });
  const why = signed && whyNotChange(signed.me, false);
  // A page that came without TLS has no clipboard.
  const clipboard = typeof navigator === "undefined" ? undefined : navigator.clipboard;
  const items: Item[] = [
    { id: "open", name: "Open", run: () => void navigate({ to: "/settings/flags/$key/{-$tab}", params: { key: flag.key }, search }) },
    ...(clipboard ? [{ id: "key", name: "Copy key", run: () => void clipboard.writeText(flag.key).then(() => toast(`${flag.key} was copied.`)) }] : []),
    ...(flag.archived_at
      ? [{ id: "restore", name: "Restore", why, run: () => restore.mutate() }]
      : [
          { id: "copy", name: "Copy targeting to…", why: why ?? (environments.length < 2 ? "There is no other environment." : undefined), run: () => setOpen("copy") },
          { id: "archive", name: "Archive…", why, run: () => setOpen("archive") },
        ]),
  ];
  return (
    <>
      <MoreMenu label={`More for ${flag.name}`} items={items} />
      {open === "copy" && (
        <Suspense>
          <CopyDialog flag={flag} from={environment} environments={environments} onClose={close} />
        </Suspense>
      )}
      {open === "archive" && <ArchiveDialog flag={flag} isOpen onClose={close} />}
    </>
  );
}
