import type { Deviation, DeploymentCheck, DeploymentDetail, DeploymentSample, DeploymentStep, Drift, Fleet, FleetNode } from "../api/types";

/** Deployments as the API answers them, for tests only. Times count from 14:00 UTC. */
export const at = (seconds: number) => Date.UTC(2026, 10, 23, 14, 0, 0) + seconds * 1000;
export const when = (seconds: number) => new Date(at(seconds)).toISOString();

const old = "7c41e9a0000000000000000000000000000000aa";
export const release = "b2f60d80000000000000000000000000000000bb";

const no = { allowed: false, why: "Not now." };

export function checkOf(name: string, change: Partial<DeploymentCheck> = {}): DeploymentCheck {
  return { name, verdict: "pass", reason: "it holds", canary: 0.001, stable: 0.001, limit: 0.05, share_of_limit: 0.02, requests: 640, ...change };
}

export function sampleOf(seconds: number, change: Partial<DeploymentSample> = {}): DeploymentSample {
  return { at: when(seconds), summary: "gets 5 %: 640 requests, 0.1 % errors", share: 0.05, remaining_ms: (700 - seconds) * 1000, held: false, now: checkOf("error_ratio"), checks: [checkOf("error_ratio")], ...change };
}

export function stepOfKind(number: number, kind: DeploymentStep["kind"], from: number, to: number | null, change: Partial<DeploymentStep> = {}): DeploymentStep {
  return { number, kind, nodes: "app-3", about: `does ${kind}`, undo: "takes it back", begun_at: when(from), ended_at: to === null ? null : when(to), result: to === null ? "" : "done", evidence: "", ...change };
}

export const planned = (["migrate", "canary", "judge", "replace", "watch_batch", "balance", "smoke", "record", "watch"] as const).map((kind) => ({
  kind,
  nodes: kind === "replace" ? ["app-1", "app-2"] : ["app-3"],
  about: `does ${kind}`,
  undo: "",
  time_max_ms: 60_000,
  expected_ms: kind === "judge" ? 600_000 : kind === "watch" ? 900_000 : 10_000,
}));

/** In its canary: the judge has looked for `seconds` of ten minutes that began at 14:01:40. */
export function canaryOf(seconds: number, change: Partial<DeploymentDetail> = {}): DeploymentDetail {
  const samples = Array.from({ length: Math.floor(seconds / 5) + 1 }, (_, index) => sampleOf(100 + index * 5));
  return {
    id: "dpl_1",
    environment: "production",
    kind: "release",
    release,
    from_release: old,
    known_good: old,
    state: "canary",
    actor: "cli",
    reason: "",
    outcome: "",
    canary: "",
    canary_window_ms: 600_000,
    canary_passed: false,
    wish: "",
    wish_by: "",
    wish_reason: "",
    wish_at: null,
    begun_at: when(60),
    succeeded_at: null,
    ended_at: null,
    plan: { release, from: old, is_return: false, expected_ms: 1_600_000, steps: planned },
    steps: [stepOfKind(1, "migrate", 70, 75), stepOfKind(2, "canary", 75, 99), stepOfKind(3, "judge", 100, null)],
    samples,
    can: { hold: { allowed: true, why: "" }, resume: no, promote: { allowed: true, why: "" }, abort: { allowed: true, why: "" }, rollback: { allowed: true, why: "", to: old } },
    ...change,
  };
}

export function fleetNodeOf(name: string, change: Partial<FleetNode> = {}): FleetNode {
  return { name, role: "serve", address: "127.0.0.2", release: old, track: "stable", known_good: old, is_running: true, is_ready: true, takes_traffic: true, weight: 19, is_sticky: false, ...change };
}

export function fleetOf(change: Partial<Fleet> = {}): Fleet {
  return {
    environment: "production",
    as_of: when(0),
    frozen: null,
    nodes: [fleetNodeOf("app-1"), fleetNodeOf("app-2"), fleetNodeOf("app-3"), fleetNodeOf("worker-1", { role: "worker", weight: 1 }), fleetNodeOf("scheduler", { role: "scheduler", weight: 1 })],
    ...change,
  };
}

/** A look in which these had drifted. */
export function driftOf(data: Deviation[], change: Partial<Drift> = {}): Drift {
  return { looked_at: when(0), release: old, note: "", data, ...change };
}

export function deviationOf(where: string, what: Deviation["what"], recorded: string, found: string): Deviation {
  return { where, what, recorded, found, since: when(0) };
}

export const before = old;
