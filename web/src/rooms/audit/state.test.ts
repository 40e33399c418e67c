import { expect, test } from "vitest";
import { changesOf, filterOf, isFiltered } from "./state";

test("an address filters by what it names, and by nothing else", () => {
  expect(filterOf({ actor: " usr_1 ", action: "", target: "x".repeat(201), other: "y" })).toEqual({ actor: "usr_1" });
  expect(filterOf({ target: 7 })).toEqual({ target: "7" });
  expect(isFiltered(filterOf({ action: ["a"] }))).toBe(false);
  expect(isFiltered({ action: "files.delete" })).toBe(true);
});

test("a change is told field by field, whichever side has it", () => {
  expect(changesOf({ role: "member", name: "Ada" }, { role: "admin", limit: 3 })).toEqual([
    { name: "role", before: "member", after: "admin" },
    { name: "name", before: "Ada", after: undefined },
    { name: "limit", before: undefined, after: "3" },
  ]);
  expect(changesOf(null, { on: true })).toEqual([{ name: "on", before: undefined, after: "true" }]);
  expect(changesOf("a", "b")).toEqual([{ name: "", before: "a", after: "b" }]);
  expect(changesOf(null, null)).toEqual([]);
});
