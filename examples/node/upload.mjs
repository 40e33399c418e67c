// Uploads a file by tus 1.0, and goes on where it was cut off: node upload.mjs FILE
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { TokenSource } from "acme-client";
import { proof, url } from "./account.mjs";

const piece_bytes = 8 * 1024 * 1024;
const tries_max = 10;
const tokens = new TokenSource(url, proof);

async function call(method, address, headers = {}, body) {
  const signed = { Authorization: `Bearer ${await tokens.token()}`, "Tus-Resumable": "1.0.0", ...headers };
  return fetch(new URL(address, url), { method, headers: signed, body });
}

async function expect(answer, status) {
  if (answer.status !== status) throw new Error(`${answer.status}: ${await answer.text()}`);
  return answer;
}

/** How many bytes the platform has for certain; undefined while it does not answer. */
async function offsetOf(address) {
  try {
    const answer = await call("HEAD", address);
    return answer.ok ? Number(answer.headers.get("upload-offset")) : undefined;
  } catch {
    return undefined;
  }
}

const path = process.argv[2];
const file = await open(path);
const { size } = await file.stat();
const name = Buffer.from(basename(path)).toString("base64");
const made = await expect(await call("POST", "/v1/uploads", { "Upload-Length": String(size), "Upload-Metadata": `filename ${name}` }), 201);
const address = made.headers.get("location");

let offset = 0;
let tries = 0;
while (offset !== size) {
  if (offset !== undefined) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(piece_bytes, size - offset)), 0, undefined, offset);
    const headers = { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
    // Cut off: the platform knows how far it came.
    const answer = await call("PATCH", address, headers, buffer.subarray(0, bytesRead)).catch(() => undefined);
    if (answer?.status === 204) {
      offset = Number(answer.headers.get("upload-offset"));
      tries = 0;
      continue;
    }
    if (answer && answer.status < 500 && ![409, 423, 429].includes(answer.status)) await expect(answer, 204);
  }
  if (++tries > tries_max) throw new Error("the platform does not answer");
  await pause(Math.min(200 * 2 ** tries, 10_000));
  offset = await offsetOf(address);
}
await file.close();
console.log(new URL(address, url).href);
