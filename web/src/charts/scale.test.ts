import { expect, test } from "vitest";
import { momentsIn, runsOf, ticksTo, valueAt } from "./scale";

test("the lines of a chart stand at round values from zero to above the highest", () => {
  expect(ticksTo(5.3)).toEqual([0, 2, 4, 6]);
  expect(ticksTo(618)).toEqual([0, 250, 500, 750]);
  expect(ticksTo(0.05)).toEqual([0, 0.02, 0.04, 0.06]);
  expect(ticksTo(0)).toEqual([0, 1]);
  expect(ticksTo(3)).toEqual([0, 1, 2, 3]);
});

test("the moments of a chart are round", () => {
  const at = (minute: number, second = 0) => Date.UTC(2026, 10, 23, 14, minute, second);
  expect(momentsIn(at(1, 18), at(11, 18), 3)).toEqual([at(5), at(10)]);
  expect(momentsIn(at(0), at(1), 4)).toEqual([at(0), at(0, 15), at(0, 30), at(0, 45), at(1)]);
});

test("gaps stay gaps", () => {
  expect(runsOf([{ at: 0, value: 1 }, { at: 1, value: null }, { at: 2, value: 3 }]).map((run) => run.length)).toEqual([1, 1]);
});

test("a moment has the value nearest to it, and none where nothing was seen", () => {
  const points = [{ at: 0, value: 1 }, { at: 10, value: 2 }, { at: 20, value: null }];
  expect(valueAt(points, 6, 10)).toBe(2);
  expect(valueAt(points, 40, 10)).toBeNull();
});
