// Runs the jobs of a queue, one after the other, until SIGTERM or the platform says that it is enough. What has begun is
// ended first, and what has not goes back: nothing is lost.
import os from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { Problem } from "acme-client";
import { acme } from "./account.mjs";

const lease_ms = 15_000;
const queue = process.env.ACME_QUEUE ?? "default";
const waiting = new AbortController();
let lease;
let isStopping = false;

process.on("SIGTERM", () => {
  isStopping = true;
  waiting.abort(); // a job that was on its way goes back with the lease
});

/** Nothing when the lease has ended, and what ran under it runs elsewhere. */
async function onLease(verb, body) {
  if (!lease) return undefined;
  try {
    return (await acme.POST(`/v1/leases/{lease}:${verb}`, { params: { path: { lease } }, ...(body && { body }) })).data;
  } catch (problem) {
    if (!(problem instanceof Problem) || problem.status !== 409) throw problem;
    lease = undefined;
    return undefined;
  }
}

async function fetchJobs() {
  const worker = `${os.hostname()}-${process.pid}`;
  const body = { worker, queues: [queue], max: 1, wait_ms: 20_000, lease_ms, holding: [], ...(lease && { lease }) };
  try {
    return (await acme.POST("/v1/pull", { body, signal: waiting.signal })).data;
  } catch (problem) {
    if (isStopping) return undefined;
    if (problem instanceof Problem && problem.status === 409) lease = undefined;
    else if (!(problem instanceof Problem) || (problem.status > 0 && problem.status < 500)) throw problem;
    await pause(1_000); // a node that drains, or none: another one answers the next call
    return undefined;
  }
}

/** What your program does. Another worker may have begun it before: do it so that twice is as good as once. */
async function work({ kind, payload }, report) {
  if (kind !== "sleep") throw new Error(`nobody here does ${kind}`);
  const steps = payload.steps ?? 1;
  for (let step = 1; step <= steps; step++) {
    await pause((1_000 * (payload.seconds ?? 0)) / steps);
    await report((100 * step) / steps, `step ${step} of ${steps}`);
  }
  return { steps };
}

async function run(job) {
  const named = { id: job.id, attempt: job.attempt };
  console.log("running", job.id, job.kind, "attempt", job.attempt);
  // While a job runs, the lease must not end. A try that fails is followed by others in time.
  const keeper = setInterval(() => void onLease("extend", { lease_ms }).catch(() => {}), lease_ms / 3);
  let result;
  try {
    const output = await work(job, (percent, note) => onLease("ack", { progress: [{ ...named, percent, note }] }));
    result = { done: [{ ...named, output }] };
  } catch (problem) {
    result = { failed: [{ ...named, error_type: problem.name, message: problem.message }] };
  }
  clearInterval(keeper);
  await onLease("ack", { ...result, lease_ms });
  console.log("ended", job.id);
}

while (!isStopping) {
  const answer = await fetchJobs();
  if (!answer) continue;
  lease = answer.lease;
  for (const job of answer.jobs) await run(job);
  isStopping ||= answer.state !== "run";
}
await onLease("close");
console.log("drained");
