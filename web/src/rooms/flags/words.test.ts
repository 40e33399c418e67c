import { describe, expect, test } from "vitest";
import type { Draft, Rule } from "./types";
import { clauseInWords, evaluationsIn, evenly, percentOf, problemsOf, ruleInWords, serveInWords, shareOf, staleInWords, sumOf, valuesOf, weightIn, whole_weight, wouldStayOff } from "./words";

const rule: Rule = { id: "r_1", name: "Europe", if: [{ attribute: "region", op: "in", values: ["eu-west"] }], rollout: 25_000, serve: { variant: "on" } };

function draft(change: Partial<Draft> = {}): Draft {
  return { enabled: true, prerequisites: [], overrides: [], rules: [rule], fallthrough: { variant: "off" }, ...change };
}

const variants = [
  { key: "on", value: true },
  { key: "off", value: false },
];

describe("a percentage", () => {
  test("goes in steps of 0.001 %, and what is none is not taken", () => {
    expect(percentOf(25_000)).toBe("25 %");
    expect(percentOf(1)).toBe("0.001 %");
    expect(weightIn("12.345")).toBe(12_345);
    expect(weightIn("0,001 %")).toBe(1);
    expect(weightIn("100")).toBe(100_000);
    for (const wrong of ["", "101", "-1", "12.3456", "1e2", "half"]) expect(weightIn(wrong)).toBeUndefined();
  });

  test("every step survives being typed", () => {
    for (let weight = 0; weight <= whole_weight; weight += 7) expect(weightIn(String(weight / 1000))).toBe(weight);
  });

  test("shares of any number of variants make 100 % exactly", () => {
    for (let many = 1; many < 12; many++) expect(sumOf(evenly(Array.from({ length: many }, (_, index) => `v${index}`)))).toBe(whole_weight);
    expect(evenly(["a", "b", "c"]).map((share) => share.weight)).toEqual([33_334, 33_333, 33_333]);
  });
});

test("a rule is a sentence", () => {
  expect(ruleInWords(rule)).toBe("if region is one of eu-west, 25 % of them: on");
  expect(ruleInWords({ ...rule, enabled: false, rollout: undefined })).toBe("(off) if region is one of eu-west: on");
  expect(ruleInWords({ id: "r", if: [], serve: { split: [{ variant: "A", weight: 40_000 }, { variant: "B", weight: 60_000 }] } })).toBe("everybody: A 40 %, B 60 %");
  expect(clauseInWords({ attribute: "org_id", op: "in", values: ["a", "b", "c", "d", "e"], negate: true })).toBe("organization is not one of a, b, c and 2 more");
  expect(clauseInWords({ op: "segment", values: ["staff"] })).toBe("in segment staff");
  expect(clauseInWords({ attribute: "plan", op: "present" })).toBe("plan is known");
  expect(valuesOf({ attribute: "age", op: "ge", values: [18, "19"] })).toEqual(["18", "19"]);
});

test("an imported split keeps its own sum", () => {
  const serve = { split: [{ variant: "A", weight: 1 }, { variant: "B", weight: 1 }], hash: { scheme: "unleash", group: "g" } };
  expect(serveInWords(serve)).toBe("A 50 %, B 50 %");
  expect(problemsOf(draft({ fallthrough: serve }), [{ key: "A", value: 1 }, { key: "B", value: 2 }]).filter((each) => each.includes("otherwise"))).toEqual([]);
});

test("what cannot be saved is said, all of it", () => {
  expect(problemsOf(draft(), variants)).toEqual([]);
  const wrong = draft({
    rules: [{ id: "r", if: [{ attribute: "", op: "in", values: [] }], serve: { split: [{ variant: "on", weight: 90_000 }] } }],
    overrides: [{ kind: "org", id: "", variant: "blue" }],
    prerequisites: [{ flag: "", variants: [] }],
    fallthrough: { variant: "gone" },
  });
  expect(problemsOf(wrong, variants)).toEqual([
    "A condition of rule 1 names no attribute.",
    "A condition of rule 1 has no value.",
    "The shares of rule 1 make 90 %, not 100 %.",
    "An override names no organization.",
    "An override serves blue, which is no variant.",
    "A prerequisite names no flag or no variant.",
    "“Otherwise” serves gone, which is no variant.",
  ]);
});

test("otherwise may be the caller's default, where there is a rule", () => {
  expect(problemsOf(draft({ fallthrough: undefined }), variants)).toEqual([]);
  expect(problemsOf(draft({ fallthrough: undefined, rules: [] }), variants)).toEqual(["Without a rule it must say what it serves otherwise."]);
});

test("numbers are short where they are many", () => {
  expect([0, 640, 12_000, 8_412_000, 110_000_000, 2_100_000_000].map(evaluationsIn)).toEqual(["0", "640", "12 k", "8.4 M", "110 M", "2.1 G"]);
  expect([shareOf(1, 3), shareOf(0, 9), shareOf(1, 100_000), shareOf(0, 0)]).toEqual(["33.3 %", "0 %", "< 0.1 %", "0 %"]);
  expect(staleInWords([{ signal: "one_variant", detail: "" }, { signal: "no_reference", detail: "" }])).toBe("remove: one variant for all, not in the code");
  expect(staleInWords([])).toBeUndefined();
});

test("who is switched on and still off for everybody is known", () => {
  const still = { off: "off", on: "on" };
  expect(wouldStayOff(draft({ rules: [] }), variants)).toEqual(still);
  expect(wouldStayOff(draft({ rules: [{ ...rule, enabled: false }] }), variants)).toEqual(still);
  expect(wouldStayOff(draft({ rules: [], fallthrough: { split: [{ variant: "on", weight: 0 }, { variant: "off", weight: whole_weight }] } }), variants)).toEqual(still);
  expect(wouldStayOff(draft({ rules: [], enabled: false }), variants)).toEqual(still);
  expect(wouldStayOff(draft(), variants)).toBeUndefined();
  expect(wouldStayOff(draft({ rules: [], fallthrough: { variant: "on" } }), variants)).toBeUndefined();
  expect(wouldStayOff(draft({ rules: [], fallthrough: { split: evenly(["on", "off"]) } }), variants)).toBeUndefined();
  expect(wouldStayOff(draft({ rules: [], overrides: [{ kind: "user", id: "usr_1", variant: "on" }] }), variants)).toBeUndefined();
  expect(wouldStayOff(draft({ rules: [], fallthrough: { variant: "A" } }), [{ key: "A", value: "a" }])).toBeUndefined();
  const { fallthrough: _, ...callers } = draft({ rules: [] });
  expect(wouldStayOff(callers, variants)).toBeUndefined();
});
