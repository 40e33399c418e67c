import { expect, test } from "vitest";
import { before, deviationOf, driftOf, fleetNodeOf, fleetOf, release } from "../../testing/deployments";
import { fleetVerdict, nodeState, shareOf, touchedBy } from "./fleet";

const canary = fleetNodeOf("app-3", { release, track: "canary", weight: 2 });
const inCanary = fleetOf({ nodes: [fleetNodeOf("app-1"), fleetNodeOf("app-2"), canary] });

test("the share of a node is its weight of all that take traffic", () => {
  expect(shareOf(canary, inCanary)).toBeCloseTo(0.05);
  const drained = fleetNodeOf("app-3", { takes_traffic: false });
  expect(shareOf(drained, fleetOf({ nodes: [fleetNodeOf("app-1"), drained] }))).toBe(0);
  expect(shareOf(fleetNodeOf("app-1"), fleetOf({ nodes: [] }))).toBe(0);
});

test("a sticky canary has a twentieth of the users beside what it weighs", () => {
  const sticky = fleetNodeOf("app-3", { track: "canary", weight: 0, is_sticky: true });
  const judged = fleetOf({ nodes: [fleetNodeOf("app-1"), fleetNodeOf("app-2"), sticky] });
  expect(shareOf(sticky, judged)).toBeCloseTo(0.05);
  expect(shareOf(fleetNodeOf("app-1"), judged)).toBeCloseTo(0.475);
  const rolling = { ...sticky, weight: 1 };
  expect(shareOf(rolling, fleetOf({ nodes: [fleetNodeOf("app-1"), rolling] }))).toBeCloseTo(0.05 + 0.95 / 20);
  expect(shareOf(sticky, fleetOf({ nodes: [sticky] }))).toBe(1);
});

const weight = deviationOf("app-2", "weight", "19", "7");

test("the verdict names what is worst: no traffic, then what changes, then what is ill, then what has drifted", () => {
  const sentence = (nodes: Parameters<typeof fleetOf>[0], drift = driftOf([]), deploying?: string) => fleetVerdict(fleetOf(nodes), drift, before, deploying).sentence;
  const ill = fleetNodeOf("app-1", { is_ready: false });
  expect(sentence({ nodes: [ill] })).toBe("No node takes traffic.");
  expect(sentence(inCanary, driftOf([weight]), "b2f60d8, canary")).toBe("The nodes change: b2f60d8, canary.");
  expect(sentence({ nodes: [ill, fleetNodeOf("app-2"), fleetNodeOf("app-3", { is_running: false })] }, driftOf([weight]))).toBe("app-1 is not ready and app-3 does not run.");
  expect(sentence({}, driftOf([weight]))).toBe("app-2 has drifted.");
  expect(sentence({}, driftOf([weight, deviationOf("ghost", "presence", "no such node", "in the balancer")]))).toBe("app-2 and ghost have drifted.");
  expect(sentence(inCanary)).toBe("2 nodes run 7c41e9a, 1 node runs b2f60d8.");
  expect(sentence({})).toBe("All 5 nodes run 7c41e9a, as they should.");
});

test("that all is as it should be is only said after somebody looked", () => {
  const verdict = (drift: Parameters<typeof fleetVerdict>[1]) => fleetVerdict(fleetOf(), drift, before, undefined);
  expect(verdict(undefined).sentence).toBe("All 5 nodes run 7c41e9a.");
  expect(verdict(driftOf([], { looked_at: null })).sentence).toBe("All 5 nodes run 7c41e9a.");
  expect(verdict(driftOf([], { looked_at: null })).evidence).toContain("Nobody has looked for drift yet");
  expect(verdict(driftOf([])).evidence).toContain("No drift was found at 14:00 UTC.");
});

test("a rollback touches the nodes that do not run what it returns to", () => {
  expect(touchedBy(inCanary, before)).toEqual({ touched: [canary], untouched: 2 });
});

test("the state of a node is a word and a shape", () => {
  expect(nodeState(canary)).toEqual({ tone: "active", word: "canary" });
  expect(nodeState(fleetNodeOf("app-1", { is_running: false })).tone).toBe("crit");
  expect(nodeState(fleetNodeOf("app-1", { is_ready: false })).word).toBe("not ready");
  expect(nodeState(fleetNodeOf("app-1", { takes_traffic: false })).word).toBe("draining");
  expect(nodeState(fleetNodeOf("app-1", { is_ready: false, takes_traffic: false })).word).toBe("out of the balancer");
});
