// What is said of queues and jobs: pure.

import type { Job, JobCause, JobState, JobThroughput, Me, Queue } from "../../api/types";
import type { Series } from "../../charts/time_series";
import { count, plural } from "../../ui/format";
import type { Tone } from "../../ui/mark";
import { mayInvite } from "../organizations/rules";

/** Whose jobs a page is about. */
export type Side = "organization" | "platform";

/** What jobs are looked for by: the page's address holds it, so that each look is a link. */
export interface JobFilter {
  queue?: string;
  state?: JobState;
  kind?: string;
  key?: string;
  user?: string;
  error_type?: string;
}

export interface JobSearch extends JobFilter {
  side?: "platform";
}

export const jobStates: readonly JobState[] = ["waiting", "scheduled", "retrying", "parked", "running", "done", "dead", "cancelled", "discarded"];
const textKeys = ["queue", "kind", "key", "user", "error_type"] as const;
const chars_max = 200;

export function sideOf(search: Record<string, unknown>): { side?: "platform" } {
  return search.side === "platform" ? { side: "platform" } : {};
}

export function searchOf(search: Record<string, unknown>): JobSearch {
  const found: JobSearch = sideOf(search);
  for (const key of textKeys) {
    const value = search[key];
    const text = (typeof value === "string" ? value : typeof value === "number" ? String(value) : "").trim();
    if (text !== "" && text.length <= chars_max) found[key] = text;
  }
  const state = jobStates.find((each) => each === search.state);
  if (state) found.state = state;
  return found;
}

export function filterOf({ side: _, ...filter }: JobSearch): JobFilter {
  return filter;
}

export function isFiltered(search: JobSearch): boolean {
  return Object.keys(filterOf(search)).length > 0;
}

/** Why somebody may not act; nothing when they may. */
export function whyNot(me: Me, side: Side): string | undefined {
  if (side === "organization") return mayInvite(me.org.role) ? undefined : "Owners and administrators of the organization act on its jobs.";
  return me.platform_role === "operator" || me.platform_role === "admin" ? undefined : "Operators of the platform act on its jobs.";
}

export function toneOfQueue(queue: Queue): Tone {
  if (queue.paused) return "idle";
  return queue.depth > queue.depth_alert ? "warn" : "ok";
}

export function toneOfJob(state: JobState): Tone {
  if (state === "done") return "ok";
  if (state === "dead" || state === "discarded") return "crit";
  if (state === "retrying") return "warn";
  return state === "running" ? "active" : "idle";
}

/** Counts end at 20,001, which stands for more. */
export function counted(value: number): string {
  return value > 20_000 ? "> 20,000" : count(value);
}

export function sentenceOf(queues: readonly Queue[] | undefined, failed: boolean): string {
  if (!queues) return failed ? "The queues are not known." : "Reading the queues.";
  if (queues.length === 0) return "There is no queue yet.";
  const late = queues.filter((queue) => toneOfQueue(queue) === "warn");
  const paused = queues.filter((queue) => queue.paused !== null);
  const dead = queues.reduce((sum, queue) => sum + queue.dead, 0);
  const first = late.length > 0 ? `${plural(late.length, "queue does", "queues do")} not keep up.` : paused.length > 0 ? `${plural(paused.length, "queue is", "queues are")} paused.` : "Queues keep up.";
  return dead === 0 ? first : `${first} ${dead > 20_000 ? "More than 20,000 jobs" : plural(dead, "job")} will not be retried by themselves.`;
}

export function toneOf(queues: readonly Queue[] | undefined, failed: boolean): Tone {
  if (!queues) return failed ? "crit" : "idle";
  const isLate = queues.some((queue) => toneOfQueue(queue) === "warn");
  return isLate || queues.some((queue) => queue.dead > 0) ? "warn" : "ok";
}

export function sentenceOfJob(job: Job): string {
  const what = `${job.kind} in ${job.queue}`;
  switch (job.state) {
    case "waiting":
      return `${what} is due and waits for a worker.`;
    case "scheduled":
      return `${what} is due later.`;
    case "retrying":
      return `${what} failed and will be tried again.`;
    case "parked":
      return `${what} waits for others of its key.`;
    case "running":
      return job.cancel_asked_at ? `${what} runs, and was asked to end.` : `${what} runs.`;
    case "done":
      return `${what} is done.`;
    case "dead":
      return `${what} is dead: it will not be retried by itself.`;
    case "cancelled":
      return `${what} was cancelled.`;
    case "discarded":
      return `${what} was given up by its worker.`;
  }
}

/** What a cause is called. */
export function nameOfCause(cause: JobCause): string {
  return cause.error_type || "unknown";
}

/** What was done and, dashed, what died; the last minute is under way, and left out. */
export function linesOf({ data }: JobThroughput): Series[] {
  const whole = data.slice(0, -1);
  const points = (value: "done" | "failed") => whole.map((minute) => ({ at: Date.parse(minute.at), value: minute[value] }));
  return [
    { name: "done", kind: "subject", points: points("done") },
    { name: "dead", kind: "baseline", points: points("failed") },
  ];
}

export function lastMinuteOf({ data, minute_max }: JobThroughput): string {
  const last = data.at(-2);
  if (!last) return "";
  const amount = (value: number) => (value > minute_max ? `more than ${count(minute_max)}` : count(value));
  return `${amount(last.done)} done, ${amount(last.failed)} dead in the last minute`;
}
