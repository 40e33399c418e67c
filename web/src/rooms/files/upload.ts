// Uploads as a state machine, and the one request that drives it. XMLHttpRequest, because fetch
// does not say how much of a body has left.

import { idempotencyKey, sessionLost } from "../../api/client";
import { Problem, problemOf } from "../../api/problem";
import type { StoredFile } from "../../api/types";

export const parallel_max = 3;

export type State =
  | { kind: "waiting" }
  | { kind: "sending"; loaded: number; startedAt: number }
  /** All bytes have left; the platform writes and checks them. */
  | { kind: "storing" }
  | { kind: "stored"; file: StoredFile }
  | { kind: "failed"; problem: Problem }
  | { kind: "cancelled" };

export interface Upload {
  id: number;
  name: string;
  size: number;
  /** The same over all tries: a try whose answer was lost is not stored twice. */
  key: string;
  state: State;
}

export type Step =
  | { kind: "added"; uploads: readonly Upload[] }
  | { kind: "began"; id: number; at: number }
  | { kind: "progressed"; id: number; loaded: number }
  | { kind: "stored"; id: number; file: StoredFile }
  | { kind: "failed"; id: number; problem: Problem }
  | { kind: "cancelled"; id: number }
  | { kind: "again"; id: number }
  | { kind: "cleared" };

export function uploads(state: readonly Upload[], step: Step): readonly Upload[] {
  if (step.kind === "added") return [...state, ...step.uploads];
  if (step.kind === "cleared") return state.filter((upload) => isOpen(upload));
  return state.map((upload) => (upload.id === step.id ? { ...upload, state: next(upload, step) } : upload));
}

function next({ state, size }: Upload, step: Exclude<Step, { kind: "added" } | { kind: "cleared" }>): State {
  switch (step.kind) {
    case "began":
      return state.kind === "waiting" ? { kind: "sending", loaded: 0, startedAt: step.at } : state;
    case "progressed":
      if (state.kind !== "sending") return state;
      return step.loaded >= size ? { kind: "storing" } : { ...state, loaded: Math.max(state.loaded, step.loaded) };
    case "stored":
      // Also after a cancel that came too late: what is true is said.
      return { kind: "stored", file: step.file };
    case "failed":
      return isDone(state) ? state : { kind: "failed", problem: step.problem };
    case "cancelled":
      return isDone(state) ? state : { kind: "cancelled" };
    case "again":
      return state.kind === "failed" || state.kind === "cancelled" ? { kind: "waiting" } : state;
  }
}

function isDone(state: State): boolean {
  return state.kind === "stored" || state.kind === "failed" || state.kind === "cancelled";
}

export function isOpen(upload: Upload): boolean {
  return !isDone(upload.state);
}

/** Those whose turn it is. */
export function startable(state: readonly Upload[]): readonly Upload[] {
  const running = state.filter(({ state: { kind } }) => kind === "sending" || kind === "storing").length;
  return state.filter((upload) => upload.state.kind === "waiting").slice(0, Math.max(0, parallel_max - running));
}

let last = 0;

export function newUpload(file: File): Upload {
  return { id: ++last, name: file.name, size: file.size, key: idempotencyKey(), state: { kind: "waiting" } };
}

/** Bytes a second since the start, for the words beside the bar. */
export function speed(state: State, now: number): number | null {
  if (state.kind !== "sending" || now - state.startedAt < 1000) return null;
  return (state.loaded / (now - state.startedAt)) * 1000;
}

/** Sends; the function it gives back stops it. */
export function send(upload: Upload, file: File, tell: (step: Step) => void): () => void {
  const { id } = upload;
  const request = new XMLHttpRequest();
  request.open("POST", `/v1/files?name=${encodeURIComponent(upload.name)}`);
  request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
  request.setRequestHeader("Accept", "application/json, application/problem+json");
  request.setRequestHeader("Idempotency-Key", upload.key);
  request.upload.onprogress = (event) => tell({ kind: "progressed", id, loaded: event.loaded });
  request.onload = () => {
    if (request.status === 200 || request.status === 201) {
      tell({ kind: "stored", id, file: JSON.parse(request.responseText) as StoredFile });
      return;
    }
    if (request.status === 401) sessionLost();
    tell({ kind: "failed", id, problem: problemOf(request.status, request.responseText, (name) => request.getResponseHeader(name)) });
  };
  request.onerror = () => tell({ kind: "failed", id, problem: interrupted() });
  request.onabort = () => tell({ kind: "cancelled", id });
  tell({ kind: "began", id, at: Date.now() });
  request.send(file);
  return () => request.abort();
}

function interrupted(): Problem {
  return new Problem(0, {
    title: "Interrupted",
    detail: "The connection ended before the platform confirmed the file. It may be too large, or a node restarted. Try again: it is stored once at most.",
  });
}
