import { describe, expect, test } from "vitest";
import { colorOf, environmentOf, filterOf, keyOf, searchOf, sentenceOf, tabOf, toneOf, typedOf, valueIn } from "./state";
import type { Environment, Summary } from "./types";
import { variantsIn } from "./variant_rows";

const environment = (key: string, name: string): Environment => ({ key, name, protected: false, version: 1, published_at: null, published_by: null, created_at: "" });
const production = environment("production", "Production");
const summary = (change: Partial<Summary> = {}): Summary => ({ environment: "production", flags: 48, on: 31, off: 17, experiments: 4, archived: 0, removable: 3, tags: [], evaluation_is_on: true, version: 1204, published_at: null, published_by: null, ...change });

test("the address holds the environment, the view and what was searched", () => {
  expect(searchOf({ environment: "staging", view: "remove", q: " a " })).toEqual({ environment: "staging", view: "remove", q: " a " });
  expect(searchOf({ view: "all", q: "", environment: 7 })).toEqual({ environment: "7" });
  expect(searchOf({ view: "nothing", q: {} })).toEqual({});
  expect([filterOf("on"), filterOf("experiments"), filterOf("remove"), filterOf(undefined)]).toEqual([{ state: "on" }, { kind: "experiment" }, { state: "stale" }, {}]);
  expect(environmentOf([production, environment("staging", "Staging")], "staging")?.key).toBe("staging");
  expect(environmentOf([production], "gone")?.key).toBe("production");
  expect([tabOf(undefined), tabOf("history"), tabOf("gone")]).toEqual(["targeting", "history", "targeting"]);
});

test("the list is a sentence", () => {
  expect(sentenceOf(summary(), production, false)).toBe("48 flags, 31 on in production. 3 can be removed.");
  expect(sentenceOf(summary({ flags: 1, on: 0, removable: 0 }), production, false)).toBe("1 flag, none on in production.");
  expect(sentenceOf(summary({ flags: 0 }), production, false)).toBe("There is no flag yet.");
  expect(sentenceOf(undefined, production, true)).toBe("The flags are not known.");
  expect([toneOf(summary(), false), toneOf(summary({ evaluation_is_on: false }), false), toneOf(undefined, true)]).toEqual(["ok", "warn", "crit"]);
});

describe("what is typed", () => {
  test("a key is made of a name", () => {
    expect(keyOf("One-page checkout")).toBe("one-page-checkout");
    expect(keyOf("  Größe (neu)! ")).toMatch(/^gro/);
    expect(keyOf("--")).toBe("");
    expect(keyOf("a".repeat(200))).toHaveLength(100);
  });

  test("a value is of its type, or it is said what it must be", () => {
    expect([valueIn("bool", "true"), valueIn("int", " 12 "), valueIn("double", "0.5"), valueIn("string", " a "), valueIn("json", "[1]")].map((each) => each.value)).toEqual([true, 12, 0.5, " a ", [1]]);
    expect([valueIn("bool", "yes"), valueIn("int", "1.5"), valueIn("int", "99999999999999999"), valueIn("double", ""), valueIn("json", "{")].every((each) => each.problem)).toBe(true);
    expect([typedOf("string", "a"), typedOf("json", { a: 1 }), typedOf("bool", true)]).toEqual(["a", '{"a":1}', "true"]);
  });

  test("variants have names of their own", () => {
    expect(variantsIn("int", [{ key: " A ", value: "1" }])).toEqual({ variants: [{ key: "A", value: 1 }] });
    expect(variantsIn("int", [{ key: "", value: "1" }]).problem).toContain("no name");
    expect(variantsIn("string", [{ key: "a", value: "" }, { key: "a", value: "" }]).problem).toContain("called a");
    expect(variantsIn("int", [{ key: "a", value: "x" }]).problem).toBe("The value of a must be a whole number, such as 250.");
  });
});

test("a variant has one colour everywhere, and what is off is grey", () => {
  const variants = ["off", "A", "B", "C", "D", "E"];
  expect(variants.map((each) => colorOf(each, variants))).toEqual(["c0", "c1", "c2", "c3", "c4", "c0"]);
  expect(colorOf(null, variants)).toBe("c0");
  expect(["disabled", "off", "on"].map((each, _, served) => colorOf(each, served))).toEqual(["c0", "c0", colorOf("on", ["on", "off"])]);
});
