import { expect, test } from "vitest";
import type { Node, Nodes } from "../../api/types";
import { nodeOf, nodesOf } from "../../testing/nodes";
import { applyMessage, evidenceOf, pointsOf, verdictOf, withSample, type Sample } from "./state";

function withNode(name: string, change: Partial<Node>): Nodes {
  const nodes = nodesOf();
  return { ...nodes, data: nodes.data.map((node) => (node.name === name ? { ...node, ...change } : node)) };
}

test("the verdict names the worst thing first", () => {
  expect(verdictOf(nodesOf())).toEqual({ tone: "ok", sentence: "The platform is healthy. All 3 application nodes serve." });
  expect(verdictOf(withNode("app-2", { state: "dead" }))).toEqual({ tone: "warn", sentence: "app-2 does not answer. 2 of 3 application nodes serve." });
  expect(verdictOf(withNode("app-2", { state: "draining" })).sentence).toBe("app-2 is draining.");
  const [pg, ...others] = nodesOf().dependencies;
  if (!pg) throw new Error("no dependency");
  const down: Nodes = { ...withNode("app-2", { state: "dead" }), dependencies: [{ ...pg, state: "down" }, ...others] };
  expect(verdictOf(down)).toEqual({ tone: "crit", sentence: "PostgreSQL does not answer." });
});

test("the limits of the guide are limits: at five percent nothing is said, above it is", () => {
  const totals = nodesOf().totals;
  expect(verdictOf(nodesOf({ totals: { ...totals, error_ratio: 0.05 } })).tone).toBe("ok");
  expect(verdictOf(nodesOf({ totals: { ...totals, error_ratio: 0.053 } }))).toEqual({ tone: "crit", sentence: "5.3 % of requests fail." });
  expect(verdictOf(nodesOf({ totals: { ...totals, p99_ms: 2000 } })).tone).toBe("ok");
  expect(verdictOf(nodesOf({ totals: { ...totals, p99_ms: 2001 } })).tone).toBe("warn");
});

test("no node at all is not health", () => {
  expect(verdictOf(nodesOf({ data: [] }))).toEqual({ tone: "crit", sentence: "No application node is ready." });
});

test("the evidence counts what runs and names what answers", () => {
  expect(evidenceOf(nodesOf())).toBe("3 of 3 nodes serve 30 requests per second. 2 workers and 1 scheduler run. PostgreSQL, Redis and object storage answer.");
  expect(evidenceOf(withNode("app-1", { release: "b2f60d8" }))).toContain("2 releases run side by side.");
});

test("a message changes what it names and nothing else", () => {
  const nodes = nodesOf();
  const told = (id: string, verb: string, patch: unknown) => applyMessage(nodes, { topic: "nodes", id, verb, patch });
  const dead = told("nod_app-2", "changed", { state: "dead" });
  expect(dead?.data.find((node) => node.name === "app-2")).toEqual(nodeOf("app-2", { state: "dead" }));
  expect(dead?.data.find((node) => node.name === "app-1")).toBe(nodes.data[0]);
  expect(told("nod_app-4", "created", nodeOf("app-4"))?.data).toHaveLength(7);
  expect(told("nod_app-1", "deleted", {})?.data).toHaveLength(5);
  expect(told("nod_unknown", "changed", { state: "dead" })).toBe(nodes);
  expect(told("nod_app-1", "changed", null)).toBe(nodes);
  const later = nodesOf({ as_of: "2026-11-23T14:07:25.000Z" });
  expect(applyMessage(undefined, { topic: "nodes", id: "", verb: "snapshot", patch: later })).toEqual(later);
});

test("a line grows by what was received, once per answer, and has an end", () => {
  const at = (second: number) => nodesOf({ as_of: new Date(Date.UTC(2026, 10, 23) + second * 1000).toISOString() });
  let samples: readonly Sample[] = [];
  for (const second of [0, 1, 5, 5, 3, 10]) samples = withSample(samples, at(second));
  expect(samples).toHaveLength(3);
  for (let second = 11; second < 3000; second++) samples = withSample(samples, at(second));
  expect(samples.length).toBe(450);
});

test("a time without samples is a gap in the line", () => {
  const at = (second: number) => nodesOf({ as_of: new Date(Date.UTC(2026, 10, 23) + second * 1000).toISOString() });
  const samples = [0, 5, 100].reduce<readonly Sample[]>((all, second) => withSample(all, at(second)), []);
  expect(pointsOf(samples, (sample) => sample.totals.p99_ms).map((point) => point.value)).toEqual([40, 40, null, 40]);
});
