import { afterEach, expect, test, vi } from "vitest";
import { Problem } from "../../api/problem";
import { canGoOn, metadataOf, send } from "./tus";
import { newUpload, type Step } from "./upload";

class Sent {
  static all: Sent[] = [];
  status = 0;
  responseText = "";
  url = "";
  headers: Record<string, string> = {};
  answer: Record<string, string> = {};
  size = 0;
  upload: { onprogress?: (event: { loaded: number }) => void } = {};
  onload = () => undefined as void;
  onerror = () => undefined as void;
  onabort = () => undefined as void;
  constructor() {
    Sent.all.push(this);
  }
  open(_: string, url: string) {
    this.url = url;
  }
  setRequestHeader(name: string, value: string) {
    this.headers[name] = value;
  }
  getResponseHeader(name: string) {
    return this.answer[name] ?? null;
  }
  send(part: Blob) {
    this.size = part.size;
  }
  abort() {
    this.onabort();
  }
  end(status: number, answer: Record<string, string>) {
    this.status = status;
    this.answer = answer;
    this.onload();
  }
}

function stubbed(answers: Record<string, () => Response>): string[] {
  const asked: string[] = [];
  vi.stubGlobal("XMLHttpRequest", Sent);
  vi.stubGlobal("fetch", (path: string, options: RequestInit) => {
    const name = `${options.method ?? "GET"} ${path}`;
    asked.push(name);
    const answer = answers[name];
    return answer ? Promise.resolve(answer()) : Promise.reject(new TypeError("no answer"));
  });
  return asked;
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
  Sent.all = [];
});

const place = "/v1/uploads/upl_1";

test("the name travels as base64 of UTF-8", () => {
  expect(metadataOf("é.pdf", "application/pdf")).toBe("filename w6kucGRm,filetype YXBwbGljYXRpb24vcGRm");
  expect(metadataOf("a", "")).toBe("filename YQ==");
});

test("an upload is begun, sent, and the file read; a lost connection goes on where the platform says", async () => {
  vi.useFakeTimers();
  const asked = stubbed({
    "POST /v1/uploads": () => new Response(null, { status: 201, headers: { Location: place } }),
    [`HEAD ${place}`]: () => new Response(null, { status: 200, headers: { "Upload-Offset": "4" } }),
    "GET /v1/files/fil_1": () => new Response(JSON.stringify({ id: "fil_1" })),
  });
  const steps: Step[] = [];
  const file = new File(["0123456789"], "a.txt", { type: "text/plain" });
  send(newUpload(file), file, (step) => steps.push(step));
  await vi.waitFor(() => expect(Sent.all).toHaveLength(1));
  expect(Sent.all[0]).toMatchObject({ url: place, size: 10, headers: { "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream" } });
  Sent.all[0]?.onerror();
  await vi.waitFor(() => expect(steps.at(-1)?.kind).toBe("lost"));
  await vi.advanceTimersByTimeAsync(2000);
  await vi.waitFor(() => expect(Sent.all).toHaveLength(2));
  expect(Sent.all[1]).toMatchObject({ size: 6, headers: { "Upload-Offset": "4" } });
  Sent.all[1]?.upload.onprogress?.({ loaded: 3 });
  Sent.all[1]?.end(204, { "Upload-Offset": "10", "Upload-File": "fil_1" });
  await vi.waitFor(() => expect(steps.at(-1)?.kind).toBe("stored"));
  expect(steps.map((step) => step.kind)).toEqual(["began", "lost", "began", "progressed", "stored"]);
  expect(steps[3]).toMatchObject({ loaded: 7 });
  expect(asked).toEqual(["POST /v1/uploads", `HEAD ${place}`, "GET /v1/files/fil_1"]);
});

test("what is refused for good is told, what was stopped is not", async () => {
  stubbed({ "POST /v1/uploads": () => new Response('{"detail":"Too large."}', { status: 413 }) });
  const steps: Step[] = [];
  const file = new File(["x"], "a.txt");
  send(newUpload(file), file, (step) => steps.push(step));
  await vi.waitFor(() => expect(steps.map((step) => step.kind)).toEqual(["failed"]));
  send(newUpload(file), file, (step) => steps.push(step))();
  await Promise.resolve();
  expect(steps).toHaveLength(1);
});

test("only what may be better a little later is tried again", () => {
  expect([0, 429, 500, 503].map((status) => canGoOn(new Problem(status, {})))).toEqual([true, true, true, true]);
  expect(canGoOn(new Problem(409, { code: "uploads.offset" }))).toBe(true);
  expect([409, 413, 404].map((status) => canGoOn(new Problem(status, { code: "files.quota_exceeded" })))).toEqual([false, false, false]);
});
