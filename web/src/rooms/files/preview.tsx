import { useQuery } from "@tanstack/react-query";
import type { StoredFile } from "../../api/types";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Button } from "../../ui/button";
import { bytes, words } from "../../ui/format";
import { contentOf } from "./queries";
import { previewOf, text_bytes_max } from "./state";
import styles from "./files.module.css";

/** `file` is null while it is closed. */
export function PreviewDialog({ file, onClose }: { file: StoredFile | null; onClose: () => void }) {
  return (
    <Dialog title={file?.name ?? ""} isOpen={file !== null} onClose={onClose} sheet>
      {file && (
        <>
          <Preview key={file.id} file={file} />
          <p className={styles.type}>
            {file.content_type}, {words(bytes(file.size))}
          </p>
          <DialogActions>
            <Button onPress={onClose}>Close</Button>
          </DialogActions>
        </>
      )}
    </Dialog>
  );
}

function Preview({ file }: { file: StoredFile }) {
  // An image runs no script, and what says it is text is shown as text.
  if (previewOf(file) === "image") return <img className={styles.preview} src={contentOf(file)} alt={file.name} />;
  return <TextPreview file={file} />;
}

function TextPreview({ file }: { file: StoredFile }) {
  const text = useQuery({
    queryKey: ["preview", file.id],
    queryFn: async ({ signal }) => {
      const answer = await fetch(contentOf(file), { credentials: "same-origin", headers: file.size > text_bytes_max ? { Range: `bytes=0-${text_bytes_max - 1}` } : {}, signal });
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.text();
    },
  });
  if (text.error) return <p>The file did not come.</p>;
  return (
    <pre className={styles.preview} tabIndex={0} aria-busy={text.isPending} aria-label={`Text of ${file.name}`}>
      {text.data}
      {text.data !== undefined && file.size > text_bytes_max && "\n…"}
    </pre>
  );
}
