// The nodes as their machines and the balancer have them, in words. Pure.

import type { Drift, Fleet, FleetNode } from "../../api/types";
import { list, plural, shortOf } from "../../ui/format";
import type { Tone } from "../../ui/mark";
import { lookOf } from "./drift";
import { type Verdict } from "./state";

export function serving(fleet: Fleet): FleetNode[] {
  return fleet.nodes.filter((node) => node.role === "serve");
}

/** Of the users that the balancer leads to a sticky canary, whatever it weighs. */
const led = 0.05;

/** Of all requests, by the balancer's weights beside what is led to a sticky canary; 0 of a node that gets none. */
export function shareOf(node: FleetNode, fleet: Fleet): number {
  const takes = (each: FleetNode) => each.is_running && each.is_ready && each.takes_traffic;
  if (!takes(node)) return 0;
  const taking = serving(fleet).filter(takes);
  const all = taking.reduce((sum, each) => sum + each.weight, 0);
  if (all === 0) return node.is_sticky ? 1 : 0;
  const rest = taking.some((each) => each.is_sticky) ? 1 - led : 1;
  return (node.is_sticky ? led : 0) + (rest * node.weight) / all;
}

export function nodeState(node: FleetNode): { tone: Tone; word: string } {
  if (!node.is_running) return { tone: "crit", word: "does not run" };
  // One that drains is still asked by its checks, one that was taken out is not.
  if (!node.takes_traffic) return node.is_ready ? { tone: "active", word: "draining" } : { tone: "warn", word: "out of the balancer" };
  if (!node.is_ready) return { tone: "warn", word: "not ready" };
  return node.track === "canary" ? { tone: "active", word: "canary" } : { tone: "ok", word: "ready" };
}

/** How many nodes run which release, the most common one first. */
function releasesIn(fleet: Fleet): [string, number][] {
  const counts = new Map<string, number>();
  for (const node of fleet.nodes) counts.set(node.release, (counts.get(node.release) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

/** Nodes that do not serve as they should, in words: "app-3 does not run". */
function unwell(fleet: Fleet): string[] {
  const isWell = (node: FleetNode) => node.is_running && node.is_ready && node.takes_traffic;
  return fleet.nodes.filter((node) => !isWell(node)).map((node) => `${node.name} ${node.is_running ? "is " : ""}${nodeState(node).word}`);
}

/** Whether all nodes are as one would expect. `deploying`: what goes on explains what differs. */
export function fleetVerdict(fleet: Fleet, drift: Drift | undefined, current: string | null | undefined, deploying: string | undefined): Verdict {
  const nodes = serving(fleet);
  const ready = nodes.filter((node) => node.is_running && node.is_ready && node.takes_traffic).length;
  const traffic = `${ready} of ${plural(nodes.length, "application node")} take traffic. ${plural(fleet.nodes.length - nodes.length, "worker or scheduler", "workers and schedulers")} run beside them.`;
  if (ready === 0) return { tone: "crit", sentence: "No node takes traffic.", evidence: traffic };
  if (deploying !== undefined) return { tone: "active", sentence: `The nodes change: ${deploying}.`, evidence: traffic };
  const look = drift && lookOf(drift, current);
  const evidence = `${traffic}${look ? ` ${look.words}` : ""}`;
  const ill = unwell(fleet);
  if (ill.length > 0) return { tone: "warn", sentence: `${list(ill)}.`, evidence };
  const drifted = [...(look?.found.keys() ?? [])];
  if (drifted.length > 0) return { tone: "warn", sentence: `${list(drifted)} ${drifted.length === 1 ? "has" : "have"} drifted.`, evidence };
  const releases = releasesIn(fleet);
  if (releases.length > 1) return { tone: "warn", sentence: `${releases.map(([release, count]) => `${plural(count, "node")} ${count === 1 ? "runs" : "run"} ${shortOf(release)}`).join(", ")}.`, evidence };
  const one = releases[0]?.[0];
  const runs = `All ${fleet.nodes.length} nodes run ${one === undefined ? "nothing" : shortOf(one)}`;
  return { tone: "ok", sentence: look?.compared ? `${runs}, as they should.` : `${runs}.`, evidence };
}

/** What a way back to a release does: which nodes it touches. */
export function touchedBy(fleet: Fleet, release: string): { touched: FleetNode[]; untouched: number } {
  const touched = fleet.nodes.filter((node) => node.release !== release || !node.is_running || !node.is_ready);
  return { touched, untouched: fleet.nodes.length - touched.length };
}
