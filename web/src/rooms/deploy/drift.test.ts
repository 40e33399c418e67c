import { expect, test } from "vitest";
import { before, deviationOf, driftOf, release } from "../../testing/deployments";
import { deviationInWords, lookOf } from "./drift";

test("each kind of drift has words that say what is there and what was recorded", () => {
  expect(deviationInWords(deviationOf("app-2", "weight", "19", "7"))).toBe("weight is 7, recorded is 19");
  expect(deviationInWords(deviationOf("app-2", "release", before, release))).toBe("runs b2f60d8, recorded is 7c41e9a");
  expect(deviationInWords(deviationOf("app-2", "presence", "in the balancer", "not there"))).toBe("is missing from the balancer");
  expect(deviationInWords(deviationOf("app-2", "file", "weight 19", "weight 7"))).toBe("after a restart the balancer would have weight 7; now it has weight 19");
});

test("a look belongs to the release that was current then, and one in a deployment says nothing", () => {
  const weight = deviationOf("app-2", "weight", "19", "7");
  expect(lookOf(driftOf([weight]), before).found.get("app-2")).toEqual([weight]);
  expect(lookOf(driftOf([weight]), release)).toMatchObject({ compared: false, words: expect.stringContaining("since b2f60d8 is the current release") });
  expect(lookOf(driftOf([weight], { note: "dpl_1 is under way" }), before)).toMatchObject({ compared: false, words: "When somebody looked for drift at 14:00 UTC, nothing was compared: dpl_1 is under way." });
  expect(lookOf(driftOf([]), before)).toMatchObject({ compared: true, words: "No drift was found at 14:00 UTC." });
});
