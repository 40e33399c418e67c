// Uploads as a state machine. Pure: tus.ts moves the bytes.

import { idempotencyKey } from "../../api/client";
import type { Problem } from "../../api/problem";
import type { StoredFile } from "../../api/types";

export const parallel_max = 3;

export type State =
  | { kind: "waiting" }
  /** `from` were there already when this try began. */
  | { kind: "sending"; loaded: number; from: number; startedAt: number }
  /** The connection was lost; it goes on by itself. */
  | { kind: "retrying"; loaded: number }
  | { kind: "paused"; loaded: number }
  /** All bytes have left; the platform writes and checks them. */
  | { kind: "storing" }
  /** Begun before this page was opened: its file has to be chosen again. */
  | { kind: "kept"; loaded: number }
  | { kind: "stored"; file: StoredFile }
  | { kind: "failed"; problem: Problem }
  | { kind: "cancelled" };

export interface Upload {
  id: number;
  name: string;
  size: number;
  /** When the file was last changed, by which it is known again. */
  modified: number;
  /** The same over all tries: one that was begun, and whose answer was lost, is not begun twice. */
  key: string;
  /** Where the platform keeps what has come of it; null before it was begun. */
  address: string | null;
  state: State;
}

export type Step =
  | { kind: "added"; uploads: readonly Upload[] }
  | { kind: "began"; id: number; at: number; from: number; address: string }
  | { kind: "progressed"; id: number; loaded: number }
  | { kind: "lost"; id: number }
  | { kind: "paused"; id: number }
  | { kind: "stored"; id: number; file: StoredFile }
  | { kind: "failed"; id: number; problem: Problem }
  | { kind: "cancelled"; id: number }
  | { kind: "again"; id: number }
  | { kind: "cleared" };

export function uploads(state: readonly Upload[], step: Step): readonly Upload[] {
  if (step.kind === "added") return [...state, ...step.uploads];
  if (step.kind === "cleared") return state.filter((upload) => isOpen(upload));
  return state.map((upload) => (upload.id === step.id ? next(upload, step) : upload));
}

function next(upload: Upload, step: Exclude<Step, { kind: "added" } | { kind: "cleared" }>): Upload {
  if (step.kind === "began") {
    const begun = { ...upload, address: step.address };
    const { kind } = upload.state;
    if (kind !== "waiting" && kind !== "retrying") return begun;
    return { ...begun, state: { kind: "sending", loaded: step.from, from: step.from, startedAt: step.at } };
  }
  // What failed begins anew: the platform may have forgotten what had come of it.
  if (step.kind === "again" && (upload.state.kind === "failed" || upload.state.kind === "cancelled")) return { ...upload, key: idempotencyKey(), address: null, state: { kind: "waiting" } };
  return { ...upload, state: stateAfter(upload, step) };
}

function stateAfter({ state, size }: Upload, step: Exclude<Step, { kind: "added" } | { kind: "cleared" } | { kind: "began" }>): State {
  switch (step.kind) {
    case "progressed":
      if (state.kind !== "sending") return state;
      return step.loaded >= size ? { kind: "storing" } : { ...state, loaded: Math.max(state.loaded, step.loaded) };
    case "lost":
      return state.kind === "sending" || state.kind === "storing" ? { kind: "retrying", loaded: loadedOf(state, size) } : state;
    case "paused":
      return isDone(state) || state.kind === "kept" ? state : { kind: "paused", loaded: loadedOf(state, size) };
    case "stored":
      // Also after a cancel that came too late: what is true is said.
      return { kind: "stored", file: step.file };
    case "failed":
      return isDone(state) ? state : { kind: "failed", problem: step.problem };
    case "cancelled":
      return isDone(state) ? state : { kind: "cancelled" };
    case "again":
      return state.kind === "paused" || state.kind === "kept" ? { kind: "waiting" } : state;
  }
}

export function loadedOf(state: State, size: number): number {
  if (state.kind === "storing" || state.kind === "stored") return size;
  return "loaded" in state ? state.loaded : 0;
}

function isDone(state: State): boolean {
  return state.kind === "stored" || state.kind === "failed" || state.kind === "cancelled";
}

export function isOpen(upload: Upload): boolean {
  return !isDone(upload.state);
}

/** Whether bytes are on their way, or soon will be: leaving the page now stops them. */
export function isMoving({ state: { kind } }: Upload): boolean {
  return kind === "waiting" || kind === "sending" || kind === "retrying" || kind === "storing";
}

/** Those whose turn it is. */
export function startable(state: readonly Upload[]): readonly Upload[] {
  const running = state.filter((upload) => isMoving(upload) && upload.state.kind !== "waiting").length;
  return state.filter((upload) => upload.state.kind === "waiting").slice(0, Math.max(0, parallel_max - running));
}

let last = 0;

export function newUpload(file: File): Upload {
  return { id: ++last, name: file.name, size: file.size, modified: file.lastModified, key: idempotencyKey(), address: null, state: { kind: "waiting" } };
}

export interface Kept {
  name: string;
  size: number;
  modified: number;
  address: string;
}

export function keptUpload(kept: Kept, loaded: number): Upload {
  return { ...kept, id: ++last, key: "", state: { kind: "kept", loaded } };
}

/** Whether a file that was chosen is the one of which a part has come already. */
export function isSame(upload: Pick<Upload, "name" | "size" | "modified">, file: File): boolean {
  return upload.name === file.name && upload.size === file.size && upload.modified === file.lastModified;
}

/** Bytes a second since the start, for the words beside the bar. */
export function speed(state: State, now: number): number | null {
  if (state.kind !== "sending" || now - state.startedAt < 1000) return null;
  return ((state.loaded - state.from) / (now - state.startedAt)) * 1000;
}
