import { expect, test } from "vitest";
import { Problem } from "../../api/problem";
import type { StoredFile } from "../../api/types";
import { isSame, keptUpload, newUpload, parallel_max, speed, startable, uploads, type Step, type Upload } from "./upload";
import { sentence } from "./upload_list";

const stored: StoredFile = { id: "fil_1", name: "a.bin", content_type: "application/octet-stream", size: 100, sha256: "ab".repeat(32), created_at: "2026-11-23T10:00:00.000Z" };
const address = "/v1/uploads/upl_1";

function one(): Upload {
  return newUpload(new File([new Uint8Array(100)], "a.bin"));
}

function after(upload: Upload, ...steps: Step[]): Upload {
  const [result] = steps.reduce(uploads, [upload] as readonly Upload[]);
  if (!result) throw new Error("the upload is gone");
  return result;
}

const begun = (id: number, from = 0): Step => ({ kind: "began", id, at: 0, from, address });

test("an upload is sent, then stored, then confirmed", () => {
  const upload = one();
  const { id } = upload;
  const sending = after(upload, begun(id), { kind: "progressed", id, loaded: 40 });
  expect(sending).toMatchObject({ address, state: { kind: "sending", loaded: 40, startedAt: 0 } });
  const storing = after(sending, { kind: "progressed", id, loaded: 100 });
  expect(storing.state.kind).toBe("storing");
  expect(after(storing, { kind: "stored", id, file: stored }).state).toEqual({ kind: "stored", file: stored });
});

test("progress never runs backwards but with a new try, which says where it goes on", () => {
  const upload = one();
  const { id } = upload;
  const sending = after(upload, begun(id), { kind: "progressed", id, loaded: 40 }, { kind: "progressed", id, loaded: 10 });
  expect(sending.state).toMatchObject({ loaded: 40 });
  const lost = after(sending, { kind: "lost", id });
  expect(lost.state).toEqual({ kind: "retrying", loaded: 40 });
  expect(after(lost, begun(id, 30)).state).toMatchObject({ kind: "sending", loaded: 30, from: 30 });
});

test("a pause keeps the address, and whoever resumes waits for a turn", () => {
  const upload = one();
  const { id } = upload;
  const paused = after(upload, begun(id), { kind: "progressed", id, loaded: 40 }, { kind: "paused", id }, { kind: "progressed", id, loaded: 60 });
  expect(paused).toMatchObject({ address, state: { kind: "paused", loaded: 40 } });
  expect(after(paused, { kind: "again", id })).toMatchObject({ address, state: { kind: "waiting" } });
});

test("what was begun before a reload waits for its file, and knows it again", () => {
  const file = new File(["text"], "b.txt", { lastModified: 7 });
  const kept = keptUpload({ name: "b.txt", size: 4, modified: 7, address }, 2);
  expect(kept.state).toEqual({ kind: "kept", loaded: 2 });
  expect(startable([kept])).toEqual([]);
  expect(isSame(kept, file)).toBe(true);
  expect(isSame(kept, new File(["text"], "b.txt", { lastModified: 8 }))).toBe(false);
  expect(after(kept, { kind: "again", id: kept.id })).toMatchObject({ address, state: { kind: "waiting" } });
});

test("a cancel that comes too late does not hide what was stored", () => {
  const upload = one();
  const { id } = upload;
  expect(after(upload, begun(id), { kind: "cancelled", id }, { kind: "stored", id, file: stored }).state.kind).toBe("stored");
  expect(after(upload, begun(id), { kind: "stored", id, file: stored }, { kind: "cancelled", id }).state.kind).toBe("stored");
});

test("what failed is begun anew, under another key", () => {
  const upload = one();
  const { id } = upload;
  const failed = after(upload, begun(id), { kind: "failed", id, problem: new Problem(422, {}) });
  const again = after(failed, { kind: "again", id });
  expect(again).toMatchObject({ address: null, state: { kind: "waiting" } });
  expect(again.key).not.toBe(upload.key);
});

test(`at most ${parallel_max} are sent at once`, () => {
  const list = Array.from({ length: 5 }, one);
  expect(startable(list)).toHaveLength(parallel_max);
  const [first] = list;
  if (!first) throw new Error("no upload");
  expect(startable(uploads(list, begun(first.id)))).toHaveLength(parallel_max - 1);
});

test("clearing leaves what is still on its way", () => {
  const [a, b] = [one(), one()];
  const list = uploads([a, b], { kind: "cancelled", id: a.id });
  expect(uploads(list, { kind: "cleared" }).map((each) => each.id)).toEqual([b.id]);
});

test("the words say how much of how much, and what is left", () => {
  const mebibyte = 1024 * 1024;
  const upload = { ...one(), size: 4 * mebibyte, state: { kind: "sending", loaded: mebibyte, from: 0, startedAt: 0 } } as Upload;
  expect(speed(upload.state, 500)).toBeNull();
  expect(sentence(upload, 2000)).toBe("1 MiB of 4 MiB, 6 s left");
  expect(sentence({ ...upload, state: { kind: "sending", loaded: 3 * mebibyte, from: 2 * mebibyte, startedAt: 0 } }, 2000)).toBe("3 MiB of 4 MiB, 2 s left");
  expect(sentence({ ...upload, state: { kind: "failed", problem: new Problem(413, { detail: "At most 52,428,800 bytes.", request_id: "req_3" }) } }, 0)).toBe("Not stored. At most 52,428,800 bytes. Request req_3.");
});
