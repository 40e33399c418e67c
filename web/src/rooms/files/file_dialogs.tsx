import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import type { StoredFile } from "../../api/types";
import { Button } from "../../ui/button";
import { Choice } from "../../ui/choice";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { day, shortClock } from "../../ui/format";
import { CommandLine, Failure } from "../../ui/layout";
import { toast } from "../../ui/toasts";
import { filesQuery, makeLink, renameFile, type FilesData } from "./queries";
import { withName } from "./state";
import styles from "./files.module.css";

const lives = [
  ["3600", "an hour"],
  ["86400", "a day"],
  ["604800", "a week"],
] as const;

type Life = (typeof lives)[number][0];

/** `file` is null while it is closed. */
export function LinkDialog({ file, onClose }: { file: StoredFile | null; onClose: () => void }) {
  return (
    <Dialog title={file ? `Share ${file.name}` : ""} isOpen={file !== null} onClose={onClose} sheet>
      {file && <LinkForm key={file.id} file={file} onClose={onClose} />}
    </Dialog>
  );
}

function LinkForm({ file, onClose }: { file: StoredFile; onClose: () => void }) {
  const [life, setLife] = useState<Life>("3600");
  const make = useMutation({ mutationFn: () => makeLink(file.id, Number(life)) });
  const link = make.data;
  return (
    <>
      <p>Whoever has the link may download the file, without signing in, until it ends. It ends at once when the file is deleted.</p>
      {link ? (
        <>
          <CommandLine what="link">{link.url}</CommandLine>
          <p className={styles.type}>
            Good until {day(Date.parse(link.expires_at))}, {shortClock(Date.parse(link.expires_at))} UTC.
          </p>
        </>
      ) : (
        <Choice label="It is good for" value={life} options={lives} onChange={setLife} />
      )}
      {make.error && <Failure what="No link was made." problem={asProblem(make.error)} />}
      <DialogActions>
        <Button onPress={onClose}>{link ? "Done" : "Cancel"}</Button>
        {!link && (
          <Button kind="primary" onPress={() => make.mutate()} busy={make.isPending}>
            Make a link
          </Button>
        )}
      </DialogActions>
    </>
  );
}

/** `file` is null while it is closed. */
export function RenameDialog({ file, onClose }: { file: StoredFile | null; onClose: () => void }) {
  return (
    <Dialog title={file ? `Rename ${file.name}` : ""} isOpen={file !== null} onClose={onClose} sheet>
      {file && <RenameForm key={file.id} file={file} onClose={onClose} />}
    </Dialog>
  );
}

function RenameForm({ file, onClose }: { file: StoredFile; onClose: () => void }) {
  const [name, setName] = useState(file.name);
  const rename = useMutation({
    mutationFn: () => renameFile(file, name),
    onSuccess: (renamed) => {
      cache.setQueryData(filesQuery.queryKey, (data: FilesData | undefined) => withName(data, renamed));
      toast(`It is called ${renamed.name} now.`);
      onClose();
    },
  });
  const problem = rename.error ? asProblem(rename.error) : null;
  return (
    <Form
      validationErrors={problem?.fieldErrors}
      onSubmit={(event) => {
        event.preventDefault();
        rename.mutate();
      }}
    >
      <Field label="New name" name="name" autoComplete="off" value={name} onChange={setName} isRequired />
      {problem && problem.fields.length === 0 && <Failure what="Its name is as it was." problem={problem} />}
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="primary" type="submit" busy={rename.isPending}>
          Rename
        </Button>
      </DialogActions>
    </Form>
  );
}
