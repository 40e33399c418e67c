import { expect, test } from "vitest";
import { toldOf } from "./told";
import type { ApiDifference } from "./types";

const item = { pointer: "/rules/1", list: "rules", key: "r_1", name: "Europe", number: 2 };
const rule = { id: "r_1", if: [{ attribute: "region", op: "in", values: ["eu-west"] }], serve: { variant: "on" } };

const told = (difference: Partial<ApiDifference>) => {
  const { what, change, from, to } = toldOf({ pointer: "", change: "changed", from: null, to: null, item: null, ...difference });
  return [what, change, from, to];
};

test("a rule is told by its number and its name", () => {
  expect(told({ pointer: "/rules/1", change: "removed", from: rule, item })).toEqual(["Rule 2, Europe", "removed", "if region is one of eu-west: on", undefined]);
  expect(told({ pointer: "/rules/1", change: "added", to: rule, item: { ...item, name: "" } })).toEqual(["Rule 2", "added", undefined, "if region is one of eu-west: on"]);
  expect(told({ pointer: "/rules/1", change: "moved", to: { key: "r_2", name: "Asia", number: 1 }, item })).toEqual(["Rule 2, Europe", "moved", undefined, "behind rule 1, Asia"]);
  expect(told({ pointer: "/rules/1", change: "moved", item })).toEqual(["Rule 2, Europe", "moved", undefined, "to the top"]);
});

test("what is within a rule says what it is", () => {
  expect(told({ pointer: "/rules/1/rollout", from: 25_000, to: 50_000, item })).toEqual(["Rule 2, Europe: percentage", "changed", "25 %", "50 %"]);
  expect(told({ pointer: "/rules/1/rollout", change: "added", to: 1, item })).toEqual(["Rule 2, Europe: percentage", "added", "100 %", "0.001 %"]);
  expect(told({ pointer: "/rules/1/enabled", change: "added", to: false, item })).toEqual(["Rule 2, Europe: is used", "added", "yes", "no"]);
  expect(told({ pointer: "/rules/1/if/2/values/0", change: "removed", from: "eu-west", item })).toEqual(["Rule 2, Europe: value of condition 3", "removed", "eu-west", undefined]);
  expect(told({ pointer: "/rules/1/if/0", change: "added", to: rule.if[0], item })).toEqual(["Rule 2, Europe: condition 1", "added", undefined, "region is one of eu-west"]);
  expect(told({ pointer: "/rules/1/serve/hash/group", from: "a", to: "b", item })).toEqual(["Rule 2, Europe: serve, hash, group", "changed", "a", "b"]);
});

test("all else by what it is called on the page", () => {
  expect(told({ pointer: "/enabled", from: false, to: true })).toEqual(["Flag", "changed", "off", "on"]);
  expect(told({ pointer: "/fallthrough/variant", from: "off", to: "on" })).toEqual(["Otherwise", "changed", "off", "on"]);
  expect(told({ pointer: "/off_value", change: "added", to: false })).toEqual(["When off", "added", "the caller's default", "false"]);
  expect(told({ pointer: "/expected_removal_at", to: "2027-01-31" })).toEqual(["Remove by", "changed", "nothing", "2027-01-31"]);
  expect(told({ pointer: "/tags/0", change: "removed", from: "web" })).toEqual(["Tag", "removed", "web", undefined]);
  const override = { pointer: "/overrides/0", list: "overrides", key: "org org_1", name: "", number: 1 };
  expect(told({ pointer: "/overrides/0", change: "added", to: { kind: "org", id: "org_1", variant: "on" }, item: override })).toEqual(["Override of organization org_1", "added", undefined, "organization org_1: on"]);
  const share = { pointer: "/fallthrough/split/0", list: "split", key: "on", name: "", number: 1 };
  expect(told({ pointer: "/fallthrough/split/0/weight", from: 25_000, to: 75_000, item: share })).toEqual(["Otherwise, share of on: weight", "changed", "25 %", "75 %"]);
});
