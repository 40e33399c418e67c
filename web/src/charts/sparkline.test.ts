import { expect, test } from "vitest";
import { linesOf } from "./sparkline";

test("a line starts at zero, gaps stay gaps, and a line of zeros lies on the ground", () => {
  const lines = linesOf([{ at: 0, value: 1 }, { at: 1, value: 2 }, { at: 2, value: null }, { at: 3, value: 0 }], 0);
  expect(lines.map((line) => line.length)).toEqual([2, 1]);
  const heights = lines.flat().map(([, y]) => y);
  expect(heights[1]).toBeLessThan(heights[0] ?? 0);
  expect(heights[2]).toBe(41);
  expect(linesOf([{ at: 0, value: 0 }], 0)).toEqual([[[3, 41]]]);
});

test("a floor keeps a small number small", () => {
  const [[place] = []] = linesOf([{ at: 0, value: 0.001 }], 0.01);
  expect(place?.[1]).toBeGreaterThan(35);
});
