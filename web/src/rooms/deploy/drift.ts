// What a look for drift found, in words. Pure: what is drift is decided where it is looked for.

import type { Deviation, Drift } from "../../api/types";
import { list, shortClock, shortOf, withShort } from "../../ui/format";

/** "weight is 7, recorded is 19" */
export function deviationInWords({ what, recorded, found }: Deviation): string {
  switch (what) {
    case "release":
      return `runs ${shortOf(found)}, recorded is ${shortOf(recorded)}`;
    case "process":
      return "its process does not run";
    case "answer":
      return `another program answers there: ${shortOf(found)}`;
    case "presence":
      return found === "in the balancer" ? "is in the balancer, but no such node is recorded" : "is missing from the balancer";
    case "address":
      return `the balancer leads to ${found}, recorded is ${recorded}`;
    case "file":
      return `after a restart the balancer would have ${found}; now it has ${recorded}`;
    default:
      return `${what} is ${found}, recorded is ${recorded}`;
  }
}

export interface Look {
  /** Whether it says something of the release that is current now. */
  compared: boolean;
  /** By the node or the balancer's server that has drifted. */
  found: ReadonlyMap<string, readonly Deviation[]>;
  words: string;
}

/** What the last look says of now: nothing, when another release was current then. */
export function lookOf(drift: Drift, current: string | null | undefined): Look {
  const none = { compared: false, found: new Map<string, Deviation[]>() };
  if (drift.looked_at === null) return { ...none, words: "Nobody has looked for drift yet; a worker does every five minutes." };
  const at = `at ${shortClock(Date.parse(drift.looked_at))} UTC`;
  if (drift.note) return { ...none, words: `When somebody looked for drift ${at}, nothing was compared: ${withShort(drift.note)}.` };
  if (current && drift.release !== current) return { ...none, words: `Nobody has looked for drift since ${shortOf(current)} is the current release; a worker does every five minutes.` };
  const found = new Map<string, Deviation[]>();
  for (const each of drift.data) found.set(each.where, [...(found.get(each.where) ?? []), each]);
  return { compared: true, found, words: drift.data.length === 0 ? `No drift was found ${at}.` : `Drift was found ${at}: ${list([...found.keys()])}.` };
}
