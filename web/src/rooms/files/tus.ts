// The bytes of one upload on their way, by tus 1.0: begun once, and gone on with where it ended.
// XMLHttpRequest for the bytes, because fetch does not say how much of a body has left.

import { sessionLost } from "../../api/client";
import { Problem, problemOf } from "../../api/problem";
import type { StoredFile } from "../../api/types";
import type { Step, Upload } from "./upload";

const version = { "Tus-Resumable": "1.0.0" };
const tries_max = 8;
const pause_ms = 1000;
const pause_max_ms = 30_000;

interface Place {
  offset: number;
  /** The id of the file, when all of it is stored. */
  file: string | null;
}

/** Upload-Metadata: standard base64 of UTF-8. */
export function metadataOf(name: string, type: string): string {
  const encode = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  return `filename ${encode(name)}${type ? `,filetype ${encode(type)}` : ""}`;
}

async function ask(path: string, options: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, { ...options, credentials: "same-origin" });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw Problem.unreachable();
  }
  if (answer.ok) return answer;
  if (answer.status === 401) sessionLost();
  throw problemOf(answer.status, await answer.text(), (name) => answer.headers.get(name));
}

async function begin(upload: Upload, file: File, signal: AbortSignal): Promise<string> {
  const headers = { ...version, "Idempotency-Key": upload.key, "Upload-Length": String(upload.size), "Upload-Metadata": metadataOf(upload.name, file.type) };
  const answer = await ask("/v1/uploads", { method: "POST", headers, signal });
  return new URL(answer.headers.get("Location") ?? "", location.origin).pathname;
}

const placeOf = (header: (name: string) => string | null): Place => ({ offset: Number(header("Upload-Offset") ?? 0), file: header("Upload-File") });

/** Also ends a request of before that the platform still believes to be under way. */
async function placeAt(address: string, signal: AbortSignal): Promise<Place> {
  const answer = await ask(address, { method: "HEAD", headers: version, signal });
  return placeOf((name) => answer.headers.get(name));
}

/** What has come of an upload of before, without disturbing it; null when it is over. */
export async function loadedAt(address: string): Promise<number | null> {
  const answer = await ask(address, { headers: { Accept: "application/json" } });
  const { state, offset } = (await answer.json()) as { state: string; offset: number };
  return state === "open" ? offset : null;
}

function append(address: string, file: File, offset: number, signal: AbortSignal, progress: (loaded: number) => void): Promise<Place> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PATCH", address);
    request.setRequestHeader("Tus-Resumable", "1.0.0");
    request.setRequestHeader("Upload-Offset", String(offset));
    request.setRequestHeader("Content-Type", "application/offset+octet-stream");
    request.setRequestHeader("Accept", "application/json, application/problem+json");
    request.upload.onprogress = (event) => progress(offset + event.loaded);
    request.onload = () => {
      const header = (name: string) => request.getResponseHeader(name);
      if (request.status === 204) return resolve(placeOf(header));
      if (request.status === 401) sessionLost();
      reject(problemOf(request.status, request.responseText, header));
    };
    request.onerror = () => reject(Problem.unreachable());
    request.onabort = () => reject(new DOMException("stopped", "AbortError"));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file.slice(offset));
  });
}

/** Whether asking where it ended and going on from there can help. */
export function canGoOn(error: unknown): boolean {
  return error instanceof Problem && (error.status === 0 || error.code === "uploads.offset" || error.status === 429 || error.status >= 500);
}

const wait = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("stopped", "AbortError"));
    });
  });

async function toTheEnd(upload: Upload, file: File, signal: AbortSignal, tell: (step: Step) => void): Promise<string> {
  const { id } = upload;
  let address = upload.address;
  let furthest = -1;
  for (let tries = 0; ; tries += 1) {
    try {
      const place: Place = address === null ? { offset: 0, file: null } : await placeAt(address, signal);
      address ??= await begin(upload, file, signal);
      if (place.file) return place.file;
      if (place.offset > furthest) tries = 0;
      furthest = Math.max(furthest, place.offset);
      tell({ kind: "began", id, at: Date.now(), from: place.offset, address });
      const end = await append(address, file, place.offset, signal, (loaded) => tell({ kind: "progressed", id, loaded }));
      if (end.file) return end.file;
    } catch (error) {
      if (!canGoOn(error) || tries >= tries_max) throw error;
      tell({ kind: "lost", id });
      await wait(Math.min(pause_ms * 2 ** tries, pause_max_ms), signal);
    }
  }
}

/** Sends, and tells each step; the function it gives back stops it where it is. */
export function send(upload: Upload, file: File, tell: (step: Step) => void): () => void {
  const stop = new AbortController();
  const { id } = upload;
  toTheEnd(upload, file, stop.signal, tell)
    .then(async (stored) => (await (await ask(`/v1/files/${encodeURIComponent(stored)}`, { signal: stop.signal })).json()) as StoredFile)
    .then((stored) => tell({ kind: "stored", id, file: stored }))
    .catch((error: unknown) => {
      if (!stop.signal.aborted) tell({ kind: "failed", id, problem: error instanceof Problem ? error : Problem.unreachable() });
    });
  return () => stop.abort();
}

/** What had come of it is removed. That it does not work is no news: it ends by itself in a day. */
export function giveUp(address: string): void {
  void fetch(address, { method: "DELETE", headers: version, credentials: "same-origin" }).catch(() => undefined);
}
