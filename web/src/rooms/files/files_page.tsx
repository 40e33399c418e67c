import { useInfiniteQuery } from "@tanstack/react-query";
import { useRouteContext } from "@tanstack/react-router";
import { useEffect, useSyncExternalStore } from "react";
import { Upload as UploadIcon } from "lucide-react";
import { DropZone, FileTrigger, type DropItem } from "react-aria-components";
import { plural } from "../../ui/format";
import { Button } from "../../ui/button";
import { Answer } from "../../ui/answer";
import { Card, CommandLine, Empty, Verdict } from "../../ui/layout";
import { More } from "../../ui/more";
import { FileTable } from "./file_table";
import { filesQuery } from "./queries";
import { UploadList } from "./upload_list";
import { useRows } from "./use_rows";
import { addUploads, ownUploads, shownUploads, watchUploads } from "./running";
import { UsageBar } from "./usage_bar";
import styles from "./files.module.css";

async function filesOf(items: readonly DropItem[]): Promise<File[]> {
  // A folder has no bytes of its own; the files in it are not walked.
  return Promise.all(items.filter((item) => item.kind === "file").map((item) => item.getFile()));
}

export function FilesPage() {
  const { me } = useRouteContext({ from: "/shell" });
  useEffect(() => ownUploads(`${me.id}.${me.org.id}`), [me.id, me.org.id]);
  return (
    <DropZone
      className={styles.drop}
      data-testid="drop"
      aria-label="Files dropped or pasted here are uploaded"
      onDrop={(event) => {
        void filesOf(event.items).then(addUploads);
      }}
    >
      {({ isDropTarget }) => (
        <div className={styles.page} data-drop={isDropTarget || undefined}>
          <Content />
          {isDropTarget && <div className={styles.dropWords}>Drop to upload</div>}
        </div>
      )}
    </DropZone>
  );
}

function Content() {
  const uploads = useSyncExternalStore(watchUploads, shownUploads);
  const query = useInfiniteQuery(filesQuery);
  const rows = useRows(query.data);
  const { me } = useRouteContext({ from: "/shell" });
  const choose = (
    <FileTrigger allowsMultiple onSelect={(list) => list && addUploads([...list])}>
      <Button kind="primary" icon={<UploadIcon aria-hidden="true" />}>
        Upload
      </Button>
    </FileTrigger>
  );
  const hasFailed = query.error !== null;
  return (
    <>
      <Verdict tone={hasFailed && !query.data ? "crit" : "ok"} sentence={sentenceOf(rows.shown.length, query.hasNextPage, query.data !== undefined, hasFailed)} actions={choose}>
        {query.data && "Press Upload, or drop files anywhere on this page. Each is stored whole or not at all, and its SHA-256 is kept."}
      </Verdict>
      <UploadList list={uploads} />
      <UsageBar org={me.org.id} />
      <Card label="Files">
        <Answer query={query} failure="The list did not come." height={24}>
          {() => (rows.shown.length > 0 || rows.waiting > 0 ? <FileTable rows={rows} /> : <FirstFile email={me.email} />)}
        </Answer>
        <More query={query} what="files" />
      </Card>
    </>
  );
}

function sentenceOf(shown: number, more: boolean, known: boolean, failed: boolean): string {
  if (!known) return failed ? "The files are not known." : "Reading the list of files.";
  if (shown === 0) return "No file is stored yet.";
  return more ? `The newest ${plural(shown, "file")}.` : `${plural(shown, "file")} ${shown === 1 ? "is" : "are"} stored.`;
}

function FirstFile({ email }: { email: string }) {
  const here = location.origin;
  return (
    <Empty title="Files of your organization will be listed here.">
      <p>Drop one on this page, press Upload, or send it from a shell:</p>
      <CommandLine>
        {`curl -c acme.cookies -H 'Content-Type: application/json' \\
  -d '{"email":"${email}","password":"…"}' ${here}/v1/auth/login
curl -b acme.cookies -H 'Content-Type: application/pdf' \\
  --data-binary @report.pdf '${here}/v1/files?name=report.pdf'`}
      </CommandLine>
    </Empty>
  );
}
