import { expect, test } from "vitest";
import { newer, seen, steady_times, type Releases } from "./release";

const none: Releases = { first: undefined, last: undefined, times: 0 };
const after = (...names: (string | null)[]) => names.reduce(seen, none);

test("a reload is offered when a newer release answers steadily, not when two of them take turns", () => {
  expect(newer(after("a", "a", "b", "a", "b", "a"))).toBeUndefined();
  expect(newer(after("a", ...Array<string>(steady_times).fill("b")))).toBe("b");
  expect(newer(after("a", "b", "b"))).toBeUndefined();
});

test("an answer that names no release says nothing", () => {
  expect(after(null, "a", null)).toEqual({ first: "a", last: "a", times: 1 });
});
