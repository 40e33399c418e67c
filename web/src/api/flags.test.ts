import { expect, test } from "vitest";
import { flagsOf } from "./flags";

test("a flag that is off or unknown has no value here", () => {
  const flags = flagsOf({ flags: [{ key: "a", value: true, reason: "STATIC" }, { key: "b", reason: "DISABLED" }] });
  expect(flags.get("a")).toBe(true);
  expect(flags.has("b")).toBe(false);
});

test("an answer of another shape has no flags", () => {
  for (const answer of [null, undefined, {}, []]) expect(flagsOf(answer).size).toBe(0);
});
