import { useMutation } from "@tanstack/react-query";
import { Download, Eye, Link, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { cache } from "../../api/cache";
import { useFlag } from "../../api/flags";
import { asProblem } from "../../api/problem";
import type { StoredFile } from "../../api/types";
import { bytes, count, plural, words } from "../../ui/format";
import { Button, IconButton } from "../../ui/button";
import { ConfirmTyped } from "../../ui/confirm";
import { Unseen } from "../../ui/mark";
import { Time } from "../../ui/time";
import { toast } from "../../ui/toast";
import { LinkDialog, RenameDialog } from "./file_dialogs";
import { PreviewDialog } from "./preview";
import { contentOf, deleteFile, filesQuery, type FilesData } from "./queries";
import { previewOf, withoutFile } from "./state";
import type { Rows } from "./use_rows";
import styles from "./files.module.css";

type Act = "preview" | "share" | "rename" | "delete";

interface Chosen {
  act: Act;
  file: StoredFile;
}

/** The roles are written out: on a phone the rows are grids, and display takes a table its meaning. */
export function FileTable({ rows }: { rows: Rows }) {
  const [chosen, choose] = useState<Chosen | null>(null);
  const fileTo = (act: Act) => (chosen?.act === act ? chosen.file : null);
  const close = () => choose(null);
  const hasPreview = useFlag("file-preview");
  return (
    <div
      onPointerEnter={() => rows.hold(true)}
      onPointerLeave={() => rows.hold(false)}
      onFocus={() => rows.hold(true)}
      onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && rows.hold(false)}
    >
      {(rows.waiting > 0 || rows.gone.size > 0) && (
        <div className={styles.fresh}>
          <Button kind="quiet" onPress={rows.show}>
            {rows.waiting > 0 ? `${count(rows.waiting)} new` : `${plural(rows.gone.size, "file")} deleted`}
          </Button>
        </div>
      )}
      <table className={styles.table} role="table" aria-label="Files">
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">
              Name
            </th>
            <th role="columnheader" scope="col" data-number="">
              Size
            </th>
            <th role="columnheader" scope="col">
              Stored
            </th>
            <th role="columnheader" scope="col">
              SHA-256
            </th>
            <th role="columnheader" scope="col">
              <Unseen>Actions</Unseen>
            </th>
          </tr>
        </thead>
        <tbody role="rowgroup" data-list="rows">
          {rows.shown.map((file) => (
            <Row key={file.id} file={file} gone={rows.gone.has(file.id)} hasPreview={hasPreview && previewOf(file) !== undefined} choose={choose} />
          ))}
        </tbody>
      </table>
      <PreviewDialog file={fileTo("preview")} onClose={close} />
      <LinkDialog file={fileTo("share")} onClose={close} />
      <RenameDialog file={fileTo("rename")} onClose={close} />
      <DeleteDialog file={fileTo("delete")} onClose={close} />
    </div>
  );
}

function Row({ file, gone, hasPreview, choose }: { file: StoredFile; gone: boolean; hasPreview: boolean; choose: (chosen: Chosen) => void }) {
  return (
    <tr role="row" data-gone={gone || undefined} data-testid="file">
      <td role="cell" className={styles.name}>
        <span>{file.name}</span>
        <span className={styles.type}>{gone ? "deleted by someone else" : file.content_type}</span>
      </td>
      <td role="cell" data-number="" className={styles.size}>
        {words(bytes(file.size))}
      </td>
      <td role="cell" className={styles.stored}>
        <Time at={file.created_at} />
      </td>
      <td role="cell" className={styles.sum}>
        <code title={file.sha256}>{file.sha256.slice(0, 12)}</code>
      </td>
      <td role="cell" className={styles.acts}>
        {!gone && (
          <>
            {hasPreview && (
              <IconButton label={`Preview ${file.name}`} onPress={() => choose({ act: "preview", file })}>
                <Eye size={15} aria-hidden="true" />
              </IconButton>
            )}
            <a href={contentOf(file)} download={file.name} className={styles.download} aria-label={`Download ${file.name}`} title="Download">
              <Download size={15} aria-hidden="true" />
            </a>
            <IconButton label={`Share ${file.name}`} onPress={() => choose({ act: "share", file })}>
              <Link size={15} aria-hidden="true" />
            </IconButton>
            <IconButton label={`Rename ${file.name}`} onPress={() => choose({ act: "rename", file })}>
              <Pencil size={15} aria-hidden="true" />
            </IconButton>
            <IconButton label={`Delete ${file.name}`} onPress={() => choose({ act: "delete", file })}>
              <Trash2 size={15} aria-hidden="true" />
            </IconButton>
          </>
        )}
      </td>
    </tr>
  );
}

function DeleteDialog({ file, onClose }: { file: StoredFile | null; onClose: () => void }) {
  const remove = useMutation({
    mutationFn: (doomed: StoredFile) => deleteFile(doomed.id),
    onSuccess: (_, doomed) => {
      cache.setQueryData(filesQuery.queryKey, (data: FilesData | undefined) => withoutFile(data, doomed.id));
      toast(`${doomed.name} was deleted.`);
      onClose();
    },
  });
  const close = () => {
    remove.reset();
    onClose();
  };
  return (
    <ConfirmTyped
      title={file ? `Delete ${file.name}?` : ""}
      verb="Delete"
      name={file?.name ?? ""}
      effect={
        file && (
          <>{words(bytes(file.size))} are removed at once for everyone in your organization. There is no way back.</>
        )
      }
      command={file ? `curl -b acme.cookies -X DELETE ${location.origin}/v1/files/${file.id}` : undefined}
      isOpen={file !== null}
      busy={remove.isPending}
      problem={remove.error ? asProblem(remove.error) : null}
      onConfirm={() => file && remove.mutate(file)}
      onClose={close}
    />
  );
}
