import { beforeEach, describe, expect, test } from "vitest";
import { changed, copiedOf, differencesOf, draftOf, keep, kept, meetingOf, mergedOf, moved, newRuleId, sameAs } from "./draft";
import type { Draft, Rule } from "./types";

const rule = (id: string, change: Partial<Rule> = {}): Rule => ({ id, name: id.toUpperCase(), if: [{ attribute: "region", op: "in", values: ["eu"] }], serve: { variant: "on" }, ...change });

const base: Draft = { enabled: true, prerequisites: [], overrides: [], rules: [rule("a"), rule("b"), rule("c")], fallthrough: { variant: "off" } };

const ids = (draft: Draft) => draft.rules.map((each) => each.id).join("");
const names = (before: Draft, after: Draft) => differencesOf(before, after).map((each) => each.key);

describe("a draft", () => {
  test("changes, and changing it back leaves nothing", () => {
    const off = changed(base, { type: "change_rule", id: "b", change: { enabled: false, rollout: 1 } });
    expect(names(base, off)).toEqual(["rule:b"]);
    const back = changed(off, { type: "change_rule", id: "b", change: { enabled: undefined, rollout: undefined } });
    expect(back).toEqual(base);
    expect(differencesOf(base, back)).toEqual([]);
  });

  test("rules are added, deleted and carried", () => {
    const added = changed(base, { type: "add_rule", rule: rule("d") });
    expect(ids(added)).toBe("abcd");
    expect(ids(changed(added, { type: "move_rule", id: "d", to: 0 }))).toBe("dabc");
    expect(ids(changed(base, { type: "delete_rule", id: "a" }))).toBe("bc");
    expect(moved([1, 2, 3], 0, 9)).toEqual([2, 3, 1]);
    expect(moved([1, 2, 3], -1, 0)).toEqual([1, 2, 3]);
    expect(newRuleId(base.rules)).toMatch(/^r_[0-9a-z]{6}$/);
  });

  test("a new rule is one difference, another order is another", () => {
    expect(names(base, changed(base, { type: "add_rule", rule: rule("d") }))).toEqual(["rule:d"]);
    expect(names(base, changed(base, { type: "delete_rule", id: "b" }))).toEqual(["rule:b"]);
    expect(names(base, changed(base, { type: "move_rule", id: "c", to: 0 }))).toEqual(["order"]);
    const [difference] = differencesOf(base, changed(base, { type: "set", change: { fallthrough: { variant: "on" } } }));
    expect(difference).toMatchObject({ name: "Otherwise", from: "off", to: "on" });
  });

  test("another name of a rule is said, for its sentence has none", () => {
    const [difference] = differencesOf(base, changed(base, { type: "change_rule", id: "b", change: { name: "Friends" } }));
    expect(difference).toMatchObject({ name: "Friends", from: "called B", to: "called Friends" });
  });

  test("is copied to another environment, where it stays on or off", () => {
    const there: Draft = { enabled: false, off_value: "off", prerequisites: [], overrides: [], rules: [rule("a", { rollout: 5 }), rule("z")], fallthrough: { variant: "on" } };
    const copied = copiedOf(base, there);
    expect(copied).toEqual({ ...base, enabled: false });
    expect(names(there, copied)).toEqual(["off_value", "rule:a", "rule:b", "rule:c", "fallthrough", "rule:z"]);
    expect(differencesOf(copied, copiedOf({ ...base, bucket_by: ["user_id", "device_id"] }, copied))).toEqual([]);
  });

  test("takes nothing of the server's own along", () => {
    const targeting = { ...base, flag: "f", environment: "production", protected: false, salt: "s:", version: 3, ruleset_version: 9, disabled_reason: null, enabled_at: null, updated_at: "", updated_by: "", updated_by_name: null };
    expect(draftOf(targeting)).toEqual(base);
    expect("off_value" in draftOf(base)).toBe(false);
    expect(draftOf({ ...base, off_value: false }).off_value).toBe(false);
  });
});

test("the order of keys makes no difference", () => {
  expect(sameAs({ a: 1, b: [{ c: 2, d: undefined }] }, { b: [{ c: 2 }], a: 1 })).toBe(true);
  expect(sameAs([1, 2], [2, 1])).toBe(false);
});

describe("when somebody was faster", () => {
  const mine = changed(changed(base, { type: "change_rule", id: "a", change: { rollout: 50_000 } }), { type: "set", change: { overrides: [{ kind: "user", id: "u", variant: "on" }] } });
  const theirs = changed(changed(changed(base, { type: "delete_rule", id: "b" }), { type: "change_rule", id: "c", change: { name: "Last" } }), { type: "set", change: { enabled: false } });

  test("what only one changed is taken of them", () => {
    const parts = meetingOf(base, mine, theirs);
    expect(parts.filter((part) => part.isConflict)).toEqual([]);
    expect(Object.fromEntries(parts.map((part) => [part.key, part.side]))).toEqual({ enabled: "theirs", "rule:b": "theirs", "rule:c": "theirs", "rule:a": "mine", overrides: "mine" });
    const merged = mergedOf(base, mine, theirs, {});
    expect(ids(merged)).toBe("ac");
    expect(merged).toMatchObject({ enabled: false, overrides: [{ id: "u" }] });
    expect(merged.rules[0]?.rollout).toBe(50_000);
    expect(merged.rules[1]?.name).toBe("Last");
  });

  test("what both changed is a conflict, unless to the same", () => {
    const other = changed(base, { type: "change_rule", id: "a", change: { rollout: 10_000 } });
    const [part] = meetingOf(base, changed(base, { type: "change_rule", id: "a", change: { rollout: 50_000 } }), other);
    expect(part).toMatchObject({ key: "rule:a", isConflict: true, mine: "if region is one of eu, 50 % of them: on", theirs: "if region is one of eu, 10 % of them: on" });
    expect(mergedOf(base, mine, other, { "rule:a": "theirs" }).rules[0]?.rollout).toBe(10_000);
    expect(mergedOf(base, mine, other, { "rule:a": "mine" }).rules[0]?.rollout).toBe(50_000);
    expect(meetingOf(base, other, other).some((each) => each.isConflict)).toBe(false);
  });

  test("rules of both are kept, in the order that was changed", () => {
    const added = changed(changed(base, { type: "add_rule", rule: rule("m") }), { type: "move_rule", id: "m", to: 0 });
    const reordered = changed(changed(base, { type: "add_rule", rule: rule("t") }), { type: "move_rule", id: "c", to: 0 });
    expect(ids(mergedOf(base, added, reordered, {}))).toBe("cabtm");
  });

  test("a rule that one deleted and the other changed is asked about", () => {
    const gone = changed(base, { type: "delete_rule", id: "a" });
    expect(meetingOf(base, mine, gone).find((part) => part.key === "rule:a")).toMatchObject({ isConflict: true, theirs: undefined });
    expect(ids(mergedOf(base, mine, gone, { "rule:a": "theirs" }))).toBe("bc");
    expect(ids(mergedOf(base, mine, gone, { "rule:a": "mine" }))).toContain("a");
  });
});

describe("what is kept over a reload", () => {
  beforeEach(() => localStorage.clear());

  test("is of one flag in one environment", () => {
    keep("f", "production", { version: 3, base, draft: { ...base, enabled: false } });
    expect(kept("f", "production")).toMatchObject({ version: 3, draft: { enabled: false } });
    expect(kept("f", "staging")).toBeUndefined();
    keep("f", "production", undefined);
    expect(kept("f", "production")).toBeUndefined();
  });

  test("what is no draft is not taken for one", () => {
    for (const wrong of ["{", "null", "7", '{"version":1}', '{"version":1,"base":{},"draft":{"rules":7}}']) {
      localStorage.setItem("acme.flag-draft.production.f", wrong);
      expect(kept("f", "production")).toBeUndefined();
    }
  });
});
