// What the nodes report, in words. Pure: the page and the bar only draw what stands here.

import type { Message } from "../../api/live";
import type { Dependency, Node, Nodes } from "../../api/types";
import type { Point } from "../../charts/sparkline";
import type { Tone } from "../../ui/mark";
import { list, percent, plural, rate, words } from "../../ui/format";

/** Where the guide's alerts begin: 5 % of errors, 2 s at p99. */
export const error_ratio_limit = 0.05;
export const p99_ms_limit = 2000;

/** A snapshot is all there is; another message tells of one node, and what it does not name stays. */
export function applyMessage(nodes: Nodes | undefined, { id, verb, patch }: Message): Nodes | undefined {
  if (patch === null || typeof patch !== "object") return nodes;
  if (verb === "snapshot" && "data" in patch) return patch as Nodes;
  if (!nodes) return nodes;
  if (verb === "deleted") return { ...nodes, data: nodes.data.filter((node) => node.id !== id) };
  if (nodes.data.some((node) => node.id === id)) {
    return { ...nodes, data: nodes.data.map((node) => (node.id === id ? { ...node, ...(patch as Partial<Node>) } : node)) };
  }
  return "name" in patch && "role" in patch ? { ...nodes, data: [...nodes.data, patch as Node] } : nodes;
}

export interface Fleet {
  serving: Node[];
  ready: number;
  dead: Node[];
  draining: Node[];
  background: Node[];
  down: Dependency[];
  releases: string[];
}

export function fleetOf(nodes: Nodes): Fleet {
  const serving = nodes.data.filter((node) => node.role === "serve");
  return {
    serving,
    ready: serving.filter((node) => node.state === "ready").length,
    dead: nodes.data.filter((node) => node.state === "dead"),
    draining: nodes.data.filter((node) => node.state === "draining"),
    background: nodes.data.filter((node) => node.role !== "serve"),
    down: nodes.dependencies.filter((dependency) => dependency.state === "down"),
    releases: [...new Set(serving.filter((node) => node.state !== "dead").map((node) => node.release))],
  };
}

export interface Verdict {
  tone: Tone;
  sentence: string;
}

/** The worst thing first; the first that holds is the sentence. */
export function verdictOf(nodes: Nodes): Verdict {
  const { serving, ready, dead, draining, down } = fleetOf(nodes);
  const { error_ratio, p99_ms } = nodes.totals;
  if (ready === 0) return { tone: "crit", sentence: "No application node is ready." };
  if (down.length > 0) return { tone: "crit", sentence: `${list(down.map((each) => each.name))} ${down.length === 1 ? "does" : "do"} not answer.` };
  if (error_ratio !== null && error_ratio > error_ratio_limit) return { tone: "crit", sentence: `${words(percent(error_ratio))} of requests fail.` };
  if (dead.length > 0) return { tone: "warn", sentence: `${list(dead.map((node) => node.name))} ${dead.length === 1 ? "does" : "do"} not answer. ${ready} of ${serving.length} application nodes serve.` };
  if (p99_ms !== null && p99_ms > p99_ms_limit) return { tone: "warn", sentence: "One request in a hundred takes longer than 2 s." };
  if (draining.length > 0) return { tone: "active", sentence: `${list(draining.map((node) => node.name))} ${draining.length === 1 ? "is" : "are"} draining.` };
  if (ready < serving.length) return { tone: "active", sentence: `${ready} of ${serving.length} application nodes are ready.` };
  return { tone: "ok", sentence: `The platform is healthy. All ${plural(ready, "application node")} serve.` };
}

export function evidenceOf(nodes: Nodes): string {
  const { serving, ready, background, releases } = fleetOf(nodes);
  const workers = background.filter((node) => node.role === "worker" && node.state === "ready").length;
  const schedulers = background.filter((node) => node.role === "scheduler" && node.state === "ready").length;
  const up = nodes.dependencies.filter((dependency) => dependency.state === "up").map(({ kind, name }) => (kind === "objects" ? "object storage" : name));
  const parts = [`${ready} of ${serving.length} nodes serve ${words(rate(nodes.totals.requests_per_second)).replace("req/s", "requests per second")}.`];
  parts.push(`${plural(workers, "worker")} and ${plural(schedulers, "scheduler")} run.`);
  if (up.length > 0) parts.push(`${list(up)} ${up.length === 1 ? "answers" : "answer"}.`);
  if (releases.length > 1) parts.push(`${releases.length} releases run side by side.`);
  return parts.join(" ");
}

export const state_words: Record<Node["state"], { tone: Tone; word: string }> = {
  starting: { tone: "active", word: "starting" },
  ready: { tone: "ok", word: "ready" },
  draining: { tone: "active", word: "draining" },
  dead: { tone: "crit", word: "does not answer" },
};

export const role_words: Record<Node["role"], string> = { serve: "application node", worker: "worker", scheduler: "scheduler" };

/** What was received since the page was opened; nothing is made up for the time before. */
export interface Sample {
  at: number;
  totals: Nodes["totals"];
  memory: number | null;
}

const samples_max = 450;
const sample_ms = 2_000;

export function withSample(samples: readonly Sample[], nodes: Nodes): readonly Sample[] {
  const at = Date.parse(nodes.as_of);
  const last = samples.at(-1);
  if (Number.isNaN(at) || (last && at < last.at + sample_ms)) return samples;
  return [...samples, { at, totals: nodes.totals, memory: memoryOf(nodes) }].slice(-samples_max);
}

export function memoryOf(nodes: Nodes): number | null {
  const known = nodes.data.filter((node) => node.state !== "dead").flatMap((node) => (node.memory_bytes === null ? [] : [node.memory_bytes]));
  return known.length === 0 ? null : known.reduce((sum, bytes) => sum + bytes, 0);
}

/** Longer than this without a sample is a gap, and drawn as one. */
const gap_ms = 30_000;

export function pointsOf(samples: readonly Sample[], pick: (sample: Sample) => number | null): Point[] {
  return samples.flatMap((sample, index) => {
    const before = samples[index - 1];
    const point = { at: sample.at, value: pick(sample) };
    return before && sample.at - before.at > gap_ms ? [{ at: before.at, value: null }, point] : [point];
  });
}
