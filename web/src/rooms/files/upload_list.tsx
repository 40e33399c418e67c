import { Pause, X } from "lucide-react";
import { FileTrigger, ProgressBar } from "react-aria-components";
import { bytes, duration, plural, words } from "../../ui/format";
import { Button, IconButton } from "../../ui/button";
import { Card } from "../../ui/layout";
import { Dot, type Tone } from "../../ui/mark";
import { useNow } from "../../ui/use_now";
import { addUploads, cancelUpload, clearUploads, pauseUpload, sendAgain } from "./running";
import { isMoving, isOpen, loadedOf, speed, type State, type Upload } from "./upload";
import styles from "./files.module.css";

export function UploadList({ list }: { list: readonly Upload[] }) {
  if (list.length === 0) return null;
  const open = list.filter(isOpen).length;
  const moving = list.filter(isMoving).length;
  return (
    <Card
      title="Uploads"
      note={moving > 0 ? `${plural(moving, "file")} on the way` : open > 0 ? `${plural(open, "file")} not finished` : "all finished"}
      aside={
        open < list.length && (
          <Button kind="quiet" onPress={clearUploads}>
            Clear finished
          </Button>
        )
      }
    >
      <ul>
        {list.map((upload) => (
          <Row key={upload.id} upload={upload} />
        ))}
      </ul>
    </Card>
  );
}

const tones: Record<State["kind"], Tone> = { waiting: "idle", sending: "active", retrying: "warn", paused: "idle", kept: "idle", storing: "active", stored: "ok", failed: "crit", cancelled: "idle" };

function Row({ upload }: { upload: Upload }) {
  const { id, name, state } = upload;
  const now = useNow();
  return (
    <li className={styles.upload} data-testid="upload" data-state={state.kind}>
      <Dot tone={tones[state.kind]} />
      <div className={styles.uploadText}>
        <div className={styles.uploadName}>{name}</div>
        <div className={styles.uploadState} role={state.kind === "failed" ? "alert" : undefined}>
          {sentence(upload, now)}
        </div>
        {isOpen(upload) && state.kind !== "waiting" && <Bar upload={upload} />}
      </div>
      {(state.kind === "sending" || state.kind === "retrying") && (
        <IconButton label={`Pause the upload of ${name}`} onPress={() => pauseUpload(id)}>
          <Pause size={15} aria-hidden="true" />
        </IconButton>
      )}
      {state.kind === "paused" && (
        <Button onPress={() => sendAgain(id)} aria-label={`Resume the upload of ${name}`}>
          Resume
        </Button>
      )}
      {state.kind === "kept" && (
        <FileTrigger onSelect={(files) => files && addUploads([...files])}>
          <Button aria-label={`Choose it again: ${name}`}>Choose it again</Button>
        </FileTrigger>
      )}
      {isOpen(upload) && (
        <IconButton label={`Cancel the upload of ${name}`} onPress={() => cancelUpload(id)}>
          <X size={15} aria-hidden="true" />
        </IconButton>
      )}
      {(state.kind === "failed" || state.kind === "cancelled") && <Button onPress={() => sendAgain(id)}>Send again</Button>}
    </li>
  );
}

function Bar({ upload: { name, size, state } }: { upload: Upload }) {
  const loaded = loadedOf(state, size);
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
    case "retrying":
      return `The connection was lost at ${words(bytes(state.loaded))} of ${words(bytes(size))}. It goes on by itself.`;
    case "paused":
      return `Paused at ${words(bytes(state.loaded))} of ${words(bytes(size))}. What has come is kept for a day.`;
    case "kept":
      return `${words(bytes(state.loaded))} of ${words(bytes(size))} came before. Choose the same file to go on.`;
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
