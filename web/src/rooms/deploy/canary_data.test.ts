import { expect, test } from "vitest";
import { sampleOf } from "../../testing/deployments";
import { minuteRatio, pointsOf } from "./canary_data";

test("a ratio is of the last minute, although counts only grow", () => {
  const samples = [0, 30, 60, 120].map((second, index) => sampleOf(second, { canary: { requests: [0, 100, 200, 300][index] ?? 0, errors: [0, 10, 10, 10][index] ?? 0 } }));
  const ratio = (index: number) => minuteRatio(samples, index, (sample) => sample.canary);
  expect(ratio(0)).toBeNull();
  expect(ratio(1)).toBeCloseTo(0.1);
  expect(ratio(3)).toBe(0);
});

test("a time without a look is a gap", () => {
  const points = pointsOf([sampleOf(0), sampleOf(5), sampleOf(60)], (sample) => sample.share);
  expect(points.map((point) => point.value)).toEqual([0.05, 0.05, null, 0.05]);
});
