// Where a value stands in a drawing, and which values are worth a line.

import type { Point } from "./sparkline";

const steps = [1, 2, 2.5, 5, 10] as const;

/** Round values from zero to at least `top`, about `count` of them. */
export function ticksTo(top: number, count = 3): number[] {
  if (!(top > 0)) return [0, 1];
  const rough = top / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (steps.find((each) => each * power >= rough * 0.999) ?? 10) * power;
  return Array.from({ length: Math.ceil(top / step - 1e-9) + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

const minute_ms = 60_000;
const time_steps = [5_000, 10_000, 15_000, 30_000, minute_ms, 2 * minute_ms, 5 * minute_ms, 10 * minute_ms, 15 * minute_ms, 30 * minute_ms, 60 * minute_ms, 180 * minute_ms, 360 * minute_ms, 720 * minute_ms, 1440 * minute_ms, 2880 * minute_ms];

/** Round moments within a span, `count` at most. */
export function momentsIn(from: number, to: number, count = 4): number[] {
  const step = time_steps.find((each) => (to - from) / each <= count) ?? (to - from) / count;
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, index) => first + index * step);
}

/** Unbroken runs: a gap stays a gap. */
export function runsOf(points: readonly Point[]): (Point & { value: number })[][] {
  const runs: (Point & { value: number })[][] = [[]];
  for (const { at, value } of points) {
    if (value === null) runs.push([]);
    else runs.at(-1)?.push({ at, value });
  }
  return runs.filter((run) => run.length > 0);
}

/** What is known at a moment: the nearest value that is not further away than `reach`. */
export function valueAt(points: readonly Point[], at: number, reach: number): number | null {
  let best: Point | undefined;
  for (const point of points) {
    if (point.value === null || Math.abs(point.at - at) > reach) continue;
    if (!best || Math.abs(point.at - at) < Math.abs(best.at - at)) best = point;
  }
  return best?.value ?? null;
}
