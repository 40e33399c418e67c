import { afterEach, expect, test, vi } from "vitest";
import { Problem } from "../../api/problem";
import type { StoredFile } from "../../api/types";
import { newUpload, parallel_max, send, speed, startable, uploads, type Step, type Upload } from "./upload";
import { sentence } from "./upload_list";

const stored: StoredFile = { id: "fil_1", name: "a.bin", content_type: "application/octet-stream", size: 100, sha256: "ab".repeat(32), created_at: "2026-11-23T10:00:00.000Z" };

function one(): Upload {
  return newUpload(new File([new Uint8Array(100)], "a.bin"));
}

function after(upload: Upload, ...steps: Step[]): Upload {
  const [result] = steps.reduce(uploads, [upload] as readonly Upload[]);
  if (!result) throw new Error("the upload is gone");
  return result;
}

test("an upload is sent, then stored, then confirmed", () => {
  const upload = one();
  const { id } = upload;
  const sending = after(upload, { kind: "began", id, at: 0 }, { kind: "progressed", id, loaded: 40 });
  expect(sending.state).toEqual({ kind: "sending", loaded: 40, startedAt: 0 });
  const storing = after(sending, { kind: "progressed", id, loaded: 100 });
  expect(storing.state.kind).toBe("storing");
  expect(after(storing, { kind: "stored", id, file: stored }).state).toEqual({ kind: "stored", file: stored });
});

test("progress never runs backwards", () => {
  const upload = one();
  const { id } = upload;
  expect(after(upload, { kind: "began", id, at: 0 }, { kind: "progressed", id, loaded: 40 }, { kind: "progressed", id, loaded: 10 }).state).toMatchObject({ loaded: 40 });
});

test("a cancel that comes too late does not hide what was stored", () => {
  const upload = one();
  const { id } = upload;
  expect(after(upload, { kind: "began", id, at: 0 }, { kind: "cancelled", id }, { kind: "stored", id, file: stored }).state.kind).toBe("stored");
  expect(after(upload, { kind: "began", id, at: 0 }, { kind: "stored", id, file: stored }, { kind: "cancelled", id }).state.kind).toBe("stored");
});

test("a try that failed may be sent again, with the same key", () => {
  const upload = one();
  const { id } = upload;
  const failed = after(upload, { kind: "began", id, at: 0 }, { kind: "failed", id, problem: new Problem(503, {}) });
  const again = after(failed, { kind: "again", id });
  expect(again.state.kind).toBe("waiting");
  expect(again.key).toBe(upload.key);
});

test(`at most ${parallel_max} are sent at once`, () => {
  const list = Array.from({ length: 5 }, one);
  expect(startable(list)).toHaveLength(parallel_max);
  const [first] = list;
  if (!first) throw new Error("no upload");
  expect(startable(uploads(list, { kind: "began", id: first.id, at: 0 }))).toHaveLength(parallel_max - 1);
});

test("clearing leaves what is still on its way", () => {
  const [a, b] = [one(), one()];
  const list = uploads([a, b], { kind: "cancelled", id: a.id });
  expect(uploads(list, { kind: "cleared" }).map((each) => each.id)).toEqual([b.id]);
});

test("the words say how much of how much, and what is left", () => {
  const upload = { ...one(), size: 4 * 1024 * 1024, state: { kind: "sending", loaded: 1024 * 1024, startedAt: 0 } } as Upload;
  expect(speed(upload.state, 500)).toBeNull();
  expect(sentence(upload, 2000)).toBe("1 MiB of 4 MiB, 6 s left");
  expect(sentence({ ...upload, state: { kind: "failed", problem: new Problem(413, { detail: "At most 52,428,800 bytes.", request_id: "req_3" }) } }, 0)).toBe("Not stored. At most 52,428,800 bytes. Request req_3.");
});

class Request {
  static last: Request;
  status = 0;
  responseText = "";
  headers: Record<string, string> = {};
  url = "";
  upload: { onprogress?: (event: { loaded: number }) => void } = {};
  onload = () => undefined as void;
  onerror = () => undefined as void;
  onabort = () => undefined as void;
  constructor() {
    Request.last = this;
  }
  open(_: string, url: string) {
    this.url = url;
  }
  setRequestHeader(name: string, value: string) {
    this.headers[name] = value;
  }
  getResponseHeader(): null {
    return null;
  }
  send() {}
  abort() {
    this.onabort();
  }
}

afterEach(() => vi.unstubAllGlobals());

test("the request carries the raw bytes' type, the name and a key; its end becomes a step", () => {
  vi.stubGlobal("XMLHttpRequest", Request);
  const steps: Step[] = [];
  const upload = { ...one(), name: "résumé & co.pdf" };
  const stop = send(upload, new File(["x"], upload.name, { type: "application/pdf" }), (step) => steps.push(step));
  const request = Request.last;
  expect(request.url).toBe("/v1/files?name=r%C3%A9sum%C3%A9%20%26%20co.pdf");
  expect(request.headers).toMatchObject({ "Content-Type": "application/pdf", "Idempotency-Key": upload.key });
  request.upload.onprogress?.({ loaded: 1 });
  request.status = 413;
  request.responseText = '{"detail":"Too large.","code":"http.too_large"}';
  request.onload();
  stop();
  expect(steps.map((step) => step.kind)).toEqual(["began", "progressed", "failed", "cancelled"]);
});
