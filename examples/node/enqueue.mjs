// Adds a job and prints its id: node enqueue.mjs KIND [JSON]. A repeat after a lost answer adds none.
import { idempotencyKey } from "acme-client";
import { acme } from "./account.mjs";

const [kind, payload = "{}"] = process.argv.slice(2);
const { data } = await acme.POST("/v1/jobs", {
  params: { header: { "Idempotency-Key": idempotencyKey() } },
  body: { queue: process.env.ACME_QUEUE ?? "default", kind, payload: JSON.parse(payload) },
});
console.log(data.id);
