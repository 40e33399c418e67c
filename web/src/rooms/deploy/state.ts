// Deployments in words. Pure: the pages only draw what stands here.

import type { Deployment, DeploymentCheck, DeploymentDetail, DeploymentRecord, DeploymentSample, DeploymentStep } from "../../api/types";
import { duration, list, milliseconds, percent, plural, shortClock, shortOf, withShort, words } from "../../ui/format";
import type { Tone } from "../../ui/mark";
import type { GuideKey } from "./guide";

type State = Deployment["state"];

/** As a shell takes it; nothing for no reason. */
export function quotedReason(reason: string): string {
  const said = reason.trim();
  return said ? ` --reason '${said.replaceAll("'", "'\\''")}'` : "";
}

export function isRunning(deployment: Deployment): boolean {
  return deployment.ended_at === null;
}

/** One that waits has changed no node yet, and one that is only watched changes none any more. */
export function changesNodes(deployment: Deployment): boolean {
  return isRunning(deployment) && deployment.state !== "queued" && deployment.state !== "succeeded";
}

export const state_words: Record<State, { tone: Tone; word: string }> = {
  queued: { tone: "idle", word: "queued" },
  checking: { tone: "active", word: "checking" },
  building: { tone: "active", word: "building" },
  scanning: { tone: "active", word: "scanning" },
  migrating: { tone: "active", word: "migrating" },
  canary: { tone: "active", word: "canary" },
  rolling: { tone: "active", word: "rolling out" },
  smoking: { tone: "active", word: "smoke" },
  succeeded: { tone: "active", word: "watched" },
  good: { tone: "ok", word: "known good" },
  rolling_back: { tone: "warn", word: "rolling back" },
  rolled_back: { tone: "warn", word: "rolled back" },
  rollback_failed: { tone: "crit", word: "rollback failed" },
  refused: { tone: "idle", word: "refused" },
  superseded: { tone: "idle", word: "superseded" },
  cancelled: { tone: "idle", word: "cancelled" },
};

/** A rollback that came to its end did what it should. */
export function stateOf(deployment: Deployment): { tone: Tone; word: string } {
  if (deployment.kind === "rollback" && deployment.state === "rolled_back") return { tone: "ok", word: "done" };
  if (deployment.wish === "hold" && deployment.state === "canary") return { tone: "warn", word: "held" };
  return state_words[deployment.state];
}

/** Which states a view of the history asks for. */
export const views = {
  running: { name: "Running", states: ["queued", "checking", "building", "scanning", "migrating", "canary", "rolling", "smoking", "succeeded", "rolling_back"] },
  good: { name: "Known good", states: ["good"] },
  back: { name: "Rolled back", states: ["rolled_back", "rollback_failed"] },
  stopped: { name: "Ended early", states: ["refused", "superseded", "cancelled"] },
} as const satisfies Record<string, { name: string; states: readonly State[] }>;

export type View = keyof typeof views;

export function viewOf(state: unknown): View | undefined {
  return typeof state === "string" && Object.hasOwn(views, state) ? (state as View) : undefined;
}

// The canary

/** A check that uses more of its limit than this is close to it. */
export const close_share = 0.8;

export function lastSample(detail: DeploymentDetail): DeploymentSample | undefined {
  return detail.samples.at(-1);
}

/** The step that runs, or ran last, of a kind. */
export function stepOf(detail: DeploymentDetail, kind: DeploymentStep["kind"]): DeploymentStep | undefined {
  return detail.steps.findLast((step) => step.kind === kind);
}

export function isHeld(detail: Deployment): boolean {
  return detail.state === "canary" && detail.wish === "hold";
}

/** Of the canary's window, by the server's clock; undefined before it began. Stands still while it is held. */
export function remainingOf(detail: DeploymentDetail, now: number): number | undefined {
  if (detail.state !== "canary") return undefined;
  const sample = samplesOfCanary(detail).at(-1);
  if (sample?.remaining_ms === undefined) return undefined;
  return Math.max(0, sample.remaining_ms - Math.max(0, now - Date.parse(sample.at)));
}

/** Those of the canary's window, the oldest first: later ones are of batches and of the watch. */
export function samplesOfCanary(detail: DeploymentDetail): DeploymentSample[] {
  const judging = stepOf(detail, "judge");
  if (!judging) return [];
  const from = Date.parse(judging.begun_at);
  const to = judging.ended_at === null ? Number.POSITIVE_INFINITY : Date.parse(judging.ended_at) + 1_000;
  return detail.samples.filter((sample) => Date.parse(sample.at) >= from && Date.parse(sample.at) <= to);
}

/** Those of a sample that would not let the canary pass if its window ended now. */
export function failing(sample: DeploymentSample): DeploymentCheck[] {
  return (sample.checks ?? []).filter((check) => check.verdict === "fail");
}

export type MarkKind = "passed" | "close" | "over" | "failed" | "unsure" | "missing" | "running" | "ahead";

export interface Mark {
  kind: MarkKind;
  at: number;
}

export const mark_ms = 10_000;

const worst: readonly MarkKind[] = ["passed", "unsure", "close", "over", "failed"];

/** What would stop it at once. */
function nowOf(sample: DeploymentSample): DeploymentCheck | undefined {
  return sample.now ?? sample.checks?.[0];
}

function kindOf(sample: DeploymentSample): MarkKind {
  const now = nowOf(sample);
  if (now?.verdict === "fail") return "failed";
  if (failing(sample).length > 0) return "over";
  if (now === undefined || now.verdict === "inconclusive") return "unsure";
  const used = Math.max(0, ...(sample.checks ?? []).filter((check) => check.verdict === "pass").map((check) => check.share_of_limit));
  return used >= close_share ? "close" : "passed";
}

/** The window in marks of ten seconds, each the worse of its evaluations. A canary that is held has more. */
export function marksOf(detail: DeploymentDetail, now: number): Mark[] {
  const judging = stepOf(detail, "judge");
  const begun = judging ? Date.parse(judging.begun_at) : undefined;
  const planned = Math.max(1, Math.round(detail.canary_window_ms / mark_ms));
  if (begun === undefined) return Array.from({ length: planned }, () => ({ kind: "ahead" as const, at: 0 }));
  const isOver = judging?.ended_at != null;
  const until = isOver ? Date.parse(judging.ended_at ?? "") : now;
  const places = Math.max(planned, Math.ceil((until - begun) / mark_ms));
  const marks: Mark[] = Array.from({ length: places }, (_, index) => ({ kind: "ahead", at: begun + index * mark_ms }));
  const samples = samplesOfCanary(detail);
  for (const sample of samples) {
    const mark = marks[Math.floor((Date.parse(sample.at) - begun) / mark_ms)];
    const kind = kindOf(sample);
    if (mark && worst.indexOf(kind) > worst.indexOf(mark.kind)) mark.kind = kind;
  }
  for (const mark of marks) {
    const isNow = !isOver && now >= mark.at && now < mark.at + mark_ms;
    if (isNow && mark.kind === "ahead") mark.kind = "running";
    else if (mark.kind === "ahead" && mark.at + mark_ms <= until) mark.kind = "missing";
  }
  return marks;
}

export const mark_words: Record<MarkKind, string> = {
  passed: "passed",
  close: "passed, close to a limit",
  over: "over a limit that counts at the end",
  failed: "failed",
  unsure: "too few requests to judge",
  missing: "without a sample",
  running: "running",
  ahead: "to come",
};

/** "37 of 60 evaluations passed, 2 of them close to a limit". */
export function marksInWords(marks: readonly Mark[]): string {
  const count = (kind: MarkKind) => marks.filter((mark) => mark.kind === kind).length;
  const close = count("close");
  const parts = [`${count("passed") + close} of ${plural(marks.length, "evaluation")} passed`];
  if (close > 0) parts.push(`${close} of them close to a limit`);
  for (const kind of ["over", "failed", "unsure", "missing"] as const) {
    if (count(kind) > 0) parts.push(`${count(kind)} ${mark_words[kind]}`);
  }
  return parts.join(", ");
}

// Checks

interface CheckWords {
  name: string;
  value: (value: number, check: DeploymentCheck) => string;
}

const ratio = (value: number) => words(percent(value));
const seconds = (value: number) => words(milliseconds(value * 1000));

/** Below so many requests CPU is judged by the core and not by the request. */
const cpu_requests_min = 50;

const check_words: Record<string, CheckWords> = {
  error_ratio: { name: "Error rate", value: ratio },
  error_excess: { name: "Errors above baseline", value: ratio },
  answers_4xx: { name: "Answers 4xx", value: ratio },
  p99: { name: "Latency p99", value: seconds },
  cpu: { name: "CPU per request", value: (value, { requests }) => (requests < cpu_requests_min ? `${words(percent(value))} of a core` : seconds(value)) },
  memory: { name: "Memory", value: ratio },
  memory_slope: { name: "Memory growth", value: ratio },
  pool: { name: "Database pool", value: ratio },
  probe: { name: "Prober", value: ratio },
  site: { name: "Error rate of the site", value: ratio },
  restarts: { name: "Restarts", value: (value) => String(value) },
  ready: { name: "Readiness", value: (value) => plural(value, "failure") },
  release: { name: "Release header", value: (value) => String(value) },
  alerts: { name: "Alerts", value: (value) => String(value) },
};

export function checkName(name: string): string {
  return check_words[name]?.name ?? sentence(name.replaceAll("_", " "));
}

export function checkValue(check: DeploymentCheck, value: number | null): string {
  if (value === null) return "–";
  return check_words[check.name]?.value(value, check) ?? String(Math.round(value * 1000) / 1000);
}

export function checkLimit(check: DeploymentCheck): string {
  return check.limit > 0 ? `≤ ${checkValue(check, check.limit)}` : "0";
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** One row a check: the same one may be judged by the minute and by the whole, and then the worse counts. */
export function distinct(checks: readonly DeploymentCheck[]): DeploymentCheck[] {
  const kept = new Map<string, DeploymentCheck>();
  for (const check of checks) if (kept.get(check.name)?.verdict !== "fail") kept.set(check.name, check);
  return [...kept.values()];
}

/** "error_ratio: 5 of 11 failed" as people read it. */
export function outcomeInWords(outcome: string): string {
  return withShort(outcome).replace(/^([a-z_0-9]+): /, (whole, name: string) => (name in check_words ? `${checkName(name)}: ` : whole));
}

// The verdict

export interface Verdict {
  tone: Tone;
  sentence: string;
  evidence: string;
}

/** The page's question answered: is this release good, and what happens next? */
export function verdictOf(detail: DeploymentDetail, now: number): Verdict {
  const name = shortOf(detail.release);
  if (detail.kind === "rollback") return verdictOfRollback(detail, name);
  switch (detail.state) {
    case "queued":
      return { tone: "idle", sentence: `${name} waits to begin.`, evidence: "It begins when the deployment before it has ended. A newer one takes its place." };
    case "checking":
    case "building":
    case "scanning":
      return { tone: "active", sentence: `${name} is being checked.`, evidence: "Nothing has changed in production." };
    case "migrating":
      return { tone: "active", sentence: `The migrations of ${name} run.`, evidence: "They only add, so what runs now is not touched by them." };
    case "canary":
      return verdictOfCanary(detail, now);
    case "rolling":
      return { tone: "active", sentence: `${name} rolls out.`, evidence: runningStep(detail) ?? "The canary has passed." };
    case "smoking":
      return { tone: "active", sentence: `Every node runs ${name}. The smoke suite asks production.`, evidence: runningStep(detail) ?? "" };
    case "succeeded":
      return verdictOfWatch(detail, now, name);
    case "good":
      return { tone: "ok", sentence: `${name} is known good.`, evidence: "It passed its canary, the roll, the smoke suite and the watch. A rollback may return to it." };
    case "rolling_back":
      return { tone: "warn", sentence: `${name} is being taken back.`, evidence: outcomeInWords(detail.outcome) || `Everything returns to ${shortOf(detail.known_good)}.` };
    case "rolled_back":
      return { tone: "warn", sentence: `${name} was rolled back to ${shortOf(detail.known_good)}.`, evidence: outcomeInWords(detail.outcome) };
    case "rollback_failed":
      return { tone: "crit", sentence: `The way back from ${name} failed. A person is needed.`, evidence: outcomeInWords(detail.outcome) };
    case "refused":
      return { tone: "idle", sentence: `${name} was refused. Production was not touched.`, evidence: outcomeInWords(detail.outcome) };
    case "superseded":
      if (detail.steps.length > 0) return { tone: "idle", sentence: `A newer release took over from ${name} before it was known good.`, evidence: outcomeInWords(detail.outcome) };
      return { tone: "idle", sentence: `${name} never began.`, evidence: outcomeInWords(detail.outcome) };
    case "cancelled":
      return { tone: "idle", sentence: `The deployment of ${name} was cancelled.`, evidence: outcomeInWords(detail.outcome) };
  }
}

function verdictOfRollback(detail: DeploymentDetail, name: string): Verdict {
  if (detail.state === "rolled_back") return { tone: "ok", sentence: `Every node runs ${name} again.`, evidence: outcomeInWords(detail.outcome) || took(detail) };
  if (detail.state === "rollback_failed") return { tone: "crit", sentence: `The return to ${name} failed. A person is needed.`, evidence: outcomeInWords(detail.outcome) };
  if (isRunning(detail)) return { tone: "active", sentence: `Everything returns to ${name}.`, evidence: runningStep(detail) ?? "It begins." };
  return { tone: "idle", sentence: `The return to ${name} was ${state_words[detail.state].word}.`, evidence: outcomeInWords(detail.outcome) };
}

function took(detail: Deployment): string {
  return detail.ended_at === null ? "" : `It took ${duration(Date.parse(detail.ended_at) - Date.parse(detail.begun_at))}.`;
}

function runningStep(detail: DeploymentDetail): string | undefined {
  const step = detail.steps.findLast((each) => each.ended_at === null);
  return step && sentence(withShort(step.about));
}

function summaryOf(sample: DeploymentSample): string {
  return `${sentence(sample.summary.replaceAll(" | ", "; "))}.`;
}

function verdictOfCanary(detail: DeploymentDetail, now: number): Verdict {
  const name = shortOf(detail.release);
  const sample = samplesOfCanary(detail).at(-1);
  const remaining = remainingOf(detail, now);
  if (detail.canary_passed) return { tone: "ok", sentence: "The canary has passed. The roll begins.", evidence: sample?.summary ?? "" };
  if (!sample || remaining === undefined) {
    return { tone: "active", sentence: `${name} becomes the canary.`, evidence: runningStep(detail) ?? "One node gets it first, with 5 % of the traffic." };
  }
  const evidence = summaryOf(sample);
  if (isHeld(detail)) {
    const why = detail.wish_reason ? `: ${detail.wish_reason}` : "";
    return { tone: "warn", sentence: "The canary is held. It stays as it is until somebody resumes it.", evidence: `Held${why}. It is still judged. ${evidence}` };
  }
  const look = nowOf(sample);
  if (look?.verdict === "fail") return { tone: "crit", sentence: "The canary fails.", evidence: look.reason };
  if (detail.wish === "promote") return { tone: "active", sentence: "The canary ends early.", evidence: "What was measured until now decides." };
  const over = failing(sample);
  if (over.length > 0) {
    const names = list(over.map((check) => checkName(check.name)));
    return { tone: "warn", sentence: `The canary would not pass now: ${names}. ${left(remaining)}`, evidence: over.map((check) => check.reason).join(" ") };
  }
  if (look === undefined || look.verdict === "inconclusive") {
    return { tone: "active", sentence: `Too few requests to judge the canary yet. ${left(remaining)}`, evidence };
  }
  if (remaining === 0) return { tone: "active", sentence: "The canary's time is up. What was measured decides.", evidence };
  return {
    tone: "active",
    sentence: `Canary is healthy. It promotes itself in ${duration(remaining)}.`,
    evidence: `${name} promotes itself at ${shortClock(now + remaining)} UTC unless you hold it or a check fails. ${evidence}`,
  };
}

function left(remaining: number): string {
  return remaining === 0 ? "Its time is up." : `${duration(remaining)} are left.`;
}

/** Until a release is known good; undefined while it is not watched. */
export function watchEnds(detail: DeploymentDetail): number | undefined {
  const watch = stepOf(detail, "watch");
  const planned = detail.plan?.steps.find((step) => step.kind === "watch");
  if (detail.state !== "succeeded" || !watch || !planned) return undefined;
  return Date.parse(watch.begun_at) + planned.expected_ms;
}

function verdictOfWatch(detail: DeploymentDetail, now: number, name: string): Verdict {
  const ends = watchEnds(detail);
  const sample = lastSample(detail);
  const evidence = sample ? summaryOf(sample) : "Every node is watched; an error rate above 5 % takes it back.";
  if (ends === undefined || ends <= now) return { tone: "active", sentence: `Every node runs ${name}. It is being watched.`, evidence };
  return { tone: "active", sentence: `Every node runs ${name}. It is known good in ${duration(ends - now)}.`, evidence };
}

// Stages

export type StageStatus = "done" | "running" | "held" | "failed" | "ahead" | "skipped";

export interface Stage {
  name: string;
  guide: GuideKey | undefined;
  status: StageStatus;
  /** What is known of it: nodes, counts. */
  facts: string;
  /** When it ran, or how long it may take. */
  time: string;
  /** 0…1 of a stage whose length is known. */
  share: number | undefined;
}

interface StageKind {
  name: string;
  guide: GuideKey | undefined;
  kinds: readonly DeploymentStep["kind"][];
  states: readonly State[];
}

const forward: readonly StageKind[] = [
  { name: "Check", guide: undefined, kinds: [], states: ["queued", "checking", "building", "scanning"] },
  { name: "Migrate", guide: "migrate", kinds: ["migrate"], states: ["migrating"] },
  { name: "Canary", guide: "judge", kinds: ["shed", "canary", "judge"], states: ["canary"] },
  { name: "Roll out", guide: "roll", kinds: ["replace", "watch_batch", "balance"], states: ["rolling"] },
  { name: "Smoke", guide: "smoke", kinds: ["smoke"], states: ["smoking"] },
  { name: "Record", guide: "record", kinds: ["record"], states: [] },
  { name: "Watch", guide: "watch", kinds: ["watch"], states: ["succeeded", "good"] },
];

const back: StageKind = { name: "Roll back", guide: "back", kinds: [], states: ["rolling_back", "rolled_back", "rollback_failed"] };

/** What a release has gone through and what is before it; a stage of its own for the way back. */
export function stagesOf(detail: DeploymentDetail, now: number): Stage[] {
  const goesBack = back.states.includes(detail.state);
  const turn = turnOf(detail);
  const there = detail.steps.slice(0, turn);
  const returning = detail.kind === "rollback" ? detail.steps : detail.steps.slice(turn);
  if (detail.kind === "rollback") return [stage(forward[0] as StageKind, [], detail, now), backStage(detail, returning, now)];
  const stages = forward.map((kind) => stage(kind, there, detail, now));
  return goesBack ? [...stages, backStage(detail, returning, now)] : stages;
}

/** Where the way back begins among the steps: after the one that failed, or that an abort left undone. */
function turnOf(detail: DeploymentDetail): number {
  if (!back.states.includes(detail.state)) return detail.steps.length;
  const failed = detail.steps.findIndex((step) => step.result === "failed");
  return failed < 0 ? detail.steps.length : failed + 1;
}

function stage(kind: StageKind, steps: readonly DeploymentStep[], detail: DeploymentDetail, now: number): Stage {
  const own = steps.filter((step) => kind.kinds.includes(step.kind));
  const status = statusOf(kind, own, detail);
  return { name: kind.name, guide: kind.guide, status, ...wordsOf(kind, own, status, detail, now) };
}

function statusOf(kind: StageKind, own: readonly DeploymentStep[], detail: DeploymentDetail): StageStatus {
  if (own.some((step) => step.result === "failed")) return "failed";
  if (detail.state === "good") return "done";
  if (own.some((step) => step.ended_at === null)) return isHeld(detail) ? "held" : isRunning(detail) ? "running" : "failed";
  const reached = forward.findIndex((each) => each.states.includes(detail.state));
  const here = forward.indexOf(kind);
  if (reached >= 0 && isRunning(detail)) {
    if (here === reached) return "running";
    if (here > reached) return "ahead";
    return kind.kinds.length > 0 && own.length === 0 ? "skipped" : "done";
  }
  if (own.length > 0) return "done";
  // It ended before: what was never begun was not reached.
  return kind.kinds.length === 0 && detail.steps.length > 0 ? "done" : "ahead";
}

function wordsOf(kind: StageKind, own: readonly DeploymentStep[], status: StageStatus, detail: DeploymentDetail, now: number): Pick<Stage, "facts" | "time" | "share"> {
  const first = own[0];
  const last = own.at(-1);
  if (kind.name === "Check") {
    const refused = detail.state === "refused";
    return { facts: refused ? "refused" : "plan and freeze", time: `${shortClock(Date.parse(detail.begun_at))} UTC`, share: undefined };
  }
  const planned = detail.plan?.is_return === false ? detail.plan.steps.filter((step) => (kind.kinds as readonly string[]).includes(step.kind)) : [];
  const facts = factsOf(kind, own, planned, detail);
  if (kind.name === "Canary" && (status === "running" || status === "held")) {
    const remaining = remainingOf(detail, now);
    if (remaining !== undefined) {
      const passed = Math.max(0, detail.canary_window_ms - remaining);
      return { facts, time: `${minutes(passed)} of ${minutes(detail.canary_window_ms)}`, share: Math.min(1, passed / detail.canary_window_ms) };
    }
  }
  if (kind.name === "Watch" && status === "running") {
    const ends = watchEnds(detail);
    const length = planned[0]?.expected_ms;
    if (ends !== undefined && length) return { facts, time: `until ${shortClock(ends)} UTC`, share: Math.min(1, Math.max(0, 1 - (ends - now) / length)) };
  }
  if (first && last?.ended_at) return { facts, time: duration(Date.parse(last.ended_at) - Date.parse(first.begun_at)), share: undefined };
  if (first) return { facts, time: `since ${shortClock(Date.parse(first.begun_at))} UTC`, share: undefined };
  const expected = planned.reduce((sum, step) => sum + step.expected_ms, 0);
  return { facts, time: status === "ahead" && expected > 0 && isRunning(detail) ? `≈ ${duration(expected)}` : "", share: undefined };
}

function factsOf(kind: StageKind, own: readonly DeploymentStep[], planned: readonly { kind: string; nodes: string[] }[], detail: DeploymentDetail): string {
  const nodesOf = (step: DeploymentStep) => step.nodes.split(",").map((node) => node.trim()).filter(Boolean);
  switch (kind.name) {
    case "Canary": {
      const canary = own.find((step) => step.kind === "canary");
      const node = (canary && nodesOf(canary)[0]) ?? planned.find((step) => step.kind === "canary")?.nodes[0] ?? detail.canary;
      const share = samplesOfCanary(detail).at(-1)?.share;
      return [node, share === undefined ? undefined : words(percent(share))].filter(Boolean).join(", ");
    }
    case "Roll out": {
      const replaced = new Set(own.filter((step) => step.kind === "replace" && (step.result === "done" || step.result === "lost")).flatMap(nodesOf)).size;
      const all = new Set([...planned.filter((step) => step.kind === "replace").flatMap((step) => step.nodes), ...own.filter((step) => step.kind === "replace").flatMap(nodesOf)]).size;
      return all === 0 ? "" : own.length === 0 ? plural(all, "node") : `${replaced} of ${plural(all, "node")}`;
    }
    case "Smoke": {
      const evidence = own.find((step) => step.kind === "smoke" && step.ended_at !== null)?.evidence;
      return evidence ? plural(evidence.split("\n").filter(Boolean).length, "check") : "";
    }
    case "Record":
      return "current release";
    case "Watch":
      return "then known good";
    default:
      return "";
  }
}

function backStage(detail: DeploymentDetail, steps: readonly DeploymentStep[], now: number): Stage {
  const to = detail.kind === "rollback" ? detail.release : detail.known_good;
  const first = steps[0];
  const status: StageStatus =
    detail.state === "rolled_back" ? "done" : detail.state === "rollback_failed" ? "failed" : detail.state === "rolling_back" ? "running" : isRunning(detail) ? "ahead" : "skipped";
  // Without steps of its own it was another deployment that went back.
  const from = first && Date.parse(first.begun_at);
  const time = from === undefined ? "" : detail.ended_at ? duration(Date.parse(detail.ended_at) - from) : status === "running" ? duration(Math.max(0, now - from)) : "";
  return { name: back.name, guide: detail.kind === "rollback" ? "manual" : "back", status, facts: `to ${shortOf(to)}`, time, share: undefined };
}

export const stage_words: Record<StageStatus, string> = { done: "done", running: "running", held: "held", failed: "failed", ahead: "to come", skipped: "nothing to do" };

/** "6:14" */
export function minutes(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

// What happens next

export interface Next {
  at: number;
  what: string;
  guide: GuideKey | undefined;
}

const step_guides: Partial<Record<string, GuideKey>> = { migrate: "migrate", canary: "canary", judge: "judge", replace: "drain", smoke: "smoke", record: "record", watch: "watch" };

/** The steps that were not begun, with the times at which they are due if nothing takes longer than usual. */
export function nextOf(detail: DeploymentDetail, now: number): Next[] {
  if (!detail.plan || !isRunning(detail) || isHeld(detail)) return [];
  const begun = begunOf(detail);
  let at = now + leftOfStep(detail, now);
  return detail.plan.steps.slice(begun).map((step) => {
    const due = { at, what: sentence(withShort(step.about)), guide: step_guides[step.kind] };
    at += step.expected_ms;
    return due;
  });
}

/** How many steps of the newest plan were begun: the last ones of all that were. */
function begunOf(detail: DeploymentDetail): number {
  const plan = detail.plan?.steps ?? [];
  const rows = detail.steps;
  for (let taken = Math.min(plan.length, rows.length); taken > 0; taken--) {
    const tail = rows.slice(rows.length - taken);
    if (tail.every((row, index) => row.kind === plan[index]?.kind && row.about === plan[index]?.about)) return taken;
  }
  return 0;
}

function leftOfStep(detail: DeploymentDetail, now: number): number {
  const remaining = remainingOf(detail, now);
  if (remaining !== undefined) return remaining;
  const step = detail.steps.at(-1);
  if (!step || step.ended_at !== null) return 0;
  const planned = detail.plan?.steps[begunOf(detail) - 1];
  return planned ? Math.max(0, Date.parse(step.begun_at) + planned.expected_ms - now) : 0;
}

// What the stream brings

const samples_max = 240;

/** A record of a controller, applied to what is known; undefined when the whole must be asked for again. */
export function withRecord(detail: DeploymentDetail, record: DeploymentRecord): DeploymentDetail | undefined {
  const data = record.data as Record<string, unknown>;
  switch (record.kind) {
    case "sample": {
      if (detail.samples.some((sample) => sample.at === record.at)) return detail;
      const sample = { ...("sample" in data ? (data.sample as object) : data), at: record.at } as DeploymentSample;
      return { ...detail, samples: [...detail.samples, sample].slice(-samples_max) };
    }
    case "step_begun": {
      if (typeof data.number !== "number" || detail.steps.some((step) => step.number === data.number)) return detail;
      const step = { ended_at: null, result: "", evidence: "", ...data, begun_at: record.at } as DeploymentStep;
      return { ...detail, steps: [...detail.steps, step] };
    }
    case "step_ended":
      return {
        ...detail,
        steps: detail.steps.map((step) =>
          step.number === data.number ? { ...step, ended_at: record.at, result: data.result as DeploymentStep["result"], evidence: String(data.evidence ?? "") } : step,
        ),
      };
    case "note":
      return detail;
    default:
      return undefined;
  }
}
