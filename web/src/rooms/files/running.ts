// The uploads of this tab. They go on while other pages are looked at, and end with the session.

import { cache } from "../../api/cache";
import { forget, keep, readKept } from "./kept";
import { filesQuery, type FilesData } from "./queries";
import { withFile } from "./state";
import { giveUp, loadedAt, send } from "./tus";
import { isMoving, isSame, keptUpload, newUpload, startable, uploads, type Step, type Upload } from "./upload";

let list: readonly Upload[] = [];
let owner = "";
const bodies = new Map<number, File>();
const stops = new Map<number, () => void>();
const watchers = new Set<() => void>();

export function watchUploads(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export const shownUploads = () => list;

const find = (id: number) => list.find((each) => each.id === id);

function ask(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

function take(step: Step): void {
  list = uploads(list, step);
  for (const upload of startable(list)) {
    const file = bodies.get(upload.id);
    if (file && !stops.has(upload.id)) stops.set(upload.id, send(upload, file, tell));
  }
  // Whoever leaves is asked first while bytes are on their way.
  if (list.some(isMoving)) addEventListener("beforeunload", ask);
  else removeEventListener("beforeunload", ask);
  for (const watcher of watchers) watcher();
}

function tell(step: Step): void {
  const upload = "id" in step ? find(step.id) : undefined;
  if (!upload) return take(step);
  if (step.kind === "began" && upload.address !== step.address) keep(owner, { ...upload, address: step.address });
  if (step.kind === "stored" || step.kind === "failed" || step.kind === "cancelled") {
    stops.delete(upload.id);
    if (upload.address) forget(owner, upload.address);
  }
  if (step.kind === "stored") {
    bodies.delete(upload.id);
    cache.setQueryData(filesQuery.queryKey, (data: FilesData | undefined) => withFile(data, step.file));
    void cache.invalidateQueries({ queryKey: ["usage"] });
  }
  take(step);
}

function stop(id: number): void {
  stops.get(id)?.();
  stops.delete(id);
}

/** Of somebody else than before: theirs are stopped, and what this browser has kept of one's own is shown. */
export function ownUploads(now: string): void {
  if (now === owner) return;
  for (const id of [...stops.keys()]) stop(id);
  bodies.clear();
  owner = now;
  list = [];
  for (const kept of readKept(now)) {
    loadedAt(kept.address).then(
      (loaded) => {
        if (loaded === null) forget(now, kept.address);
        else if (owner === now) take({ kind: "added", uploads: [keptUpload(kept, loaded)] });
      },
      (problem: { status?: number }) => problem.status === 404 && forget(now, kept.address),
    );
  }
}

/** A file of which a part has come already goes on where it ended. */
export function addUploads(files: readonly File[]): void {
  const made: Upload[] = [];
  for (const file of files) {
    const known = list.find((each) => each.state.kind === "kept" && isSame(each, file));
    const upload = known ?? newUpload(file);
    bodies.set(upload.id, file);
    if (known) take({ kind: "again", id: known.id });
    else made.push(upload);
  }
  if (made.length > 0) take({ kind: "added", uploads: made });
}

export function pauseUpload(id: number): void {
  stop(id);
  take({ kind: "paused", id });
}

export function cancelUpload(id: number): void {
  stop(id);
  const address = find(id)?.address;
  tell({ kind: "cancelled", id });
  if (address) giveUp(address);
}

export const sendAgain = (id: number) => take({ kind: "again", id });
export const clearUploads = () => take({ kind: "cleared" });
