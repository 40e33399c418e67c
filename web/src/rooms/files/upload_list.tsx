import { X } from "lucide-react";
import { ProgressBar } from "react-aria-components";
import { bytes, duration, plural, words } from "../../ui/format";
import { Button, IconButton } from "../../ui/button";
import { Card } from "../../ui/layout";
import { Dot, type Tone } from "../../ui/mark";
import { useNow } from "../../ui/use_now";
import { isOpen, speed, type State, type Upload } from "./upload";
import type { Uploads } from "./use_uploads";
import styles from "./files.module.css";

export function UploadList({ uploads }: { uploads: Uploads }) {
  const { list } = uploads;
  if (list.length === 0) return null;
  const open = list.filter(isOpen).length;
  return (
    <Card
      title="Uploads"
      note={open > 0 ? `${plural(open, "file")} on the way` : "all finished"}
      aside={
        open < list.length && (
          <Button kind="quiet" onPress={uploads.clear}>
            Clear finished
          </Button>
        )
      }
    >
      <ul>
        {list.map((upload) => (
          <Row key={upload.id} upload={upload} uploads={uploads} />
        ))}
      </ul>
    </Card>
  );
}

const tones: Record<State["kind"], Tone> = { waiting: "idle", sending: "active", storing: "active", stored: "ok", failed: "crit", cancelled: "idle" };

function Row({ upload, uploads }: { upload: Upload; uploads: Uploads }) {
  const { state } = upload;
  const now = useNow();
  return (
    <li className={styles.upload} data-testid="upload" data-state={state.kind}>
      <Dot tone={tones[state.kind]} />
      <div className={styles.uploadText}>
        <div className={styles.uploadName}>{upload.name}</div>
        <div className={styles.uploadState} role={state.kind === "failed" ? "alert" : undefined}>
          {sentence(upload, now)}
        </div>
        {(state.kind === "sending" || state.kind === "storing") && <Bar upload={upload} />}
      </div>
      {isOpen(upload) && (
        <IconButton label={`Cancel the upload of ${upload.name}`} onPress={() => uploads.cancel(upload.id)}>
          <X size={15} aria-hidden="true" />
        </IconButton>
      )}
      {(state.kind === "failed" || state.kind === "cancelled") && <Button onPress={() => uploads.again(upload.id)}>Send again</Button>}
    </li>
  );
}

function Bar({ upload: { name, size, state } }: { upload: Upload }) {
  const loaded = state.kind === "sending" ? state.loaded : size;
  return (
    <ProgressBar aria-label={`Upload of ${name}`} value={loaded} maxValue={Math.max(1, size)} isIndeterminate={state.kind === "storing"} className={styles.progress}>
      {({ percentage }) => <div className={styles.progressDone} style={{ width: `${percentage ?? 100}%` }} />}
    </ProgressBar>
  );
}

export function sentence({ size, state }: Upload, now: number): string {
  switch (state.kind) {
    case "waiting":
      return `${words(bytes(size))}, waits for its turn`;
    case "sending": {
      const each = speed(state, now);
      const left = each === null || each === 0 ? "" : `, ${duration(((size - state.loaded) / each) * 1000)} left`;
      return `${words(bytes(state.loaded))} of ${words(bytes(size))}${left}`;
    }
    case "storing":
      return `All ${words(bytes(size))} sent, being stored`;
    case "stored":
      return `${words(bytes(state.file.size))} stored, SHA-256 ${state.file.sha256.slice(0, 12)}…`;
    case "failed": {
      const { problem } = state;
      return `Not stored. ${problem.message}${problem.requestId ? ` Request ${problem.requestId}.` : ""}`;
    }
    case "cancelled":
      return "Cancelled. Nothing was stored.";
  }
}
