// Lines of a canary and of what it is held against, from what the judge saw. Pure.

import type { Point } from "../../charts/sparkline";
import type { DeploymentSample, DeploymentWindow } from "../../api/types";

const minute_ms = 60_000;

/** Longer than this without a sample is a gap, and drawn as one. */
const gap_ms = 20_000;

export function pointsOf(samples: readonly DeploymentSample[], pick: (sample: DeploymentSample, index: number) => number | null | undefined): Point[] {
  return samples.flatMap((sample, index) => {
    const at = Date.parse(sample.at);
    const before = samples[index - 1];
    const point = { at, value: pick(sample, index) ?? null };
    return before && at - Date.parse(before.at) > gap_ms ? [{ at: Date.parse(before.at) + 1, value: null }, point] : [point];
  });
}

/** Counts only grow in a window: what came in the last minute is the difference. */
export function minuteRatio(samples: readonly DeploymentSample[], index: number, pick: (sample: DeploymentSample) => DeploymentWindow | undefined): number | null {
  const now = samples[index];
  const window = now && pick(now);
  if (!window || window.requests === undefined || window.errors === undefined) return window?.error_ratio ?? null;
  const from = Date.parse(now.at) - minute_ms;
  const base = samples.slice(0, index).findLast((sample) => Date.parse(sample.at) <= from);
  const before = base && pick(base);
  const requests = window.requests - (before?.requests ?? 0);
  const errors = window.errors - (before?.errors ?? 0);
  return requests > 0 && errors >= 0 ? errors / requests : null;
}
