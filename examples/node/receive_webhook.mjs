// Receives webhooks on $PORT and prints those that the platform has signed (Standard Webhooks).
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const key = Buffer.from(process.env.WEBHOOK_SECRET.replace(/^whsec_/, ""), "base64");
const tolerance_s = 5 * 60;
const body_bytes_max = 1024 * 1024;
const seen = new Map(); // ids, until they are too old anyway

function isSigned(headers, body) {
  const { "webhook-id": id = "", "webhook-timestamp": moment = "", "webhook-signature": signatures = "" } = headers;
  if (!/^\d+$/.test(moment) || Math.abs(Date.now() / 1000 - Number(moment)) > tolerance_s) return false;
  const wanted = createHmac("sha256", key).update(`${id}.${moment}.`).update(body).digest();
  // While one key replaces another there are two signatures.
  const given = signatures.split(" ").filter((each) => each.startsWith("v1,")).map((each) => Buffer.from(each.slice(3), "base64"));
  return given.some((each) => each.length === wanted.length && timingSafeEqual(each, wanted));
}

async function bodyOf(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > body_bytes_max) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

createServer(async (request, response) => {
  const body = await bodyOf(request);
  const isGood = request.method === "POST" && body !== undefined && isSigned(request.headers, body);
  response.writeHead(isGood ? 204 : 400).end();
  if (!isGood) return;
  for (const [id, at] of seen) if (Date.now() - at > 2000 * tolerance_s) seen.delete(id);
  const id = request.headers["webhook-id"];
  if (!seen.has(id)) console.log(body.toString());
  seen.set(id, Date.now());
}).listen(Number(process.env.PORT), "127.0.0.1");
