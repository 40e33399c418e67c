// A draft of targeting: how it changes, what differs, what it becomes when somebody was faster, and where it is kept.

import { list } from "../../ui/format";
import type { Draft, Rule, Targeting } from "./types";
import { otherwiseInWords, overrideInWords, prerequisiteInWords, ruleInWords, ruleName, valueInWords } from "./words";

/** Whose percentages are dealt by, where nothing else is said. */
export const default_units = ["user_id", "device_id"] as const;

/** What of the targeting a person edits. */
export function draftOf(targeting: Targeting | Draft): Draft {
  const { enabled, off_value, bucket_by, prerequisites, overrides, rules, fallthrough } = targeting;
  return { enabled, ...(off_value !== undefined && { off_value }), ...(bucket_by && { bucket_by }), prerequisites, overrides, rules, ...(fallthrough && { fallthrough }) };
}

/** What is served elsewhere, here; what is on or off stays so. */
export function copiedOf(from: Draft, to: Draft): Draft {
  return { ...draftOf(from), enabled: to.enabled };
}

export type Action =
  | { type: "replace"; draft: Draft }
  | { type: "set"; change: Partial<Draft> }
  | { type: "add_rule"; rule: Rule }
  | { type: "change_rule"; id: string; change: Partial<Rule> }
  | { type: "delete_rule"; id: string }
  | { type: "move_rule"; id: string; to: number };

export function changed(draft: Draft, action: Action): Draft {
  switch (action.type) {
    case "replace":
      return action.draft;
    case "set":
      return without({ ...draft, ...action.change });
    case "add_rule":
      return { ...draft, rules: [...draft.rules, action.rule] };
    case "change_rule":
      return { ...draft, rules: draft.rules.map((rule) => (rule.id === action.id ? without({ ...rule, ...action.change }) : rule)) };
    case "delete_rule":
      return { ...draft, rules: draft.rules.filter((rule) => rule.id !== action.id) };
    case "move_rule":
      return { ...draft, rules: moved(draft.rules, draft.rules.findIndex((rule) => rule.id === action.id), action.to) };
  }
}

/** What is undefined is absent: so the JSON of a draft that was changed back is the one of before. */
function without<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T;
}

export function moved<T>(items: readonly T[], from: number, to: number): T[] {
  const next = [...items];
  const [item] = from < 0 ? [] : next.splice(from, 1);
  if (item !== undefined) next.splice(Math.max(0, Math.min(to, next.length)), 0, item);
  return next;
}

const letters = "0123456789abcdefghijklmnopqrstuvwxyz";

/** An id that no rule of this flag has. */
export function newRuleId(rules: readonly Rule[]): string {
  for (;;) {
    const id = `r_${Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => letters[byte % 36]).join("")}`;
    if (!rules.some((rule) => rule.id === id)) return id;
  }
}

/** The same whatever the order of an object's keys. */
export function sameAs(left: unknown, right: unknown): boolean {
  return stable(left) === stable(right);
}

function stable(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stable).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "undefined";
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{${entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => `${JSON.stringify(key)}:${stable(each)}`).join(",")}}`;
}

/** The parts that can be told apart when two people edit one flag: each rule is one, and so is their order. */
export interface Part {
  key: string;
  name: string;
  /** In words; undefined: it is not there. */
  words: string | undefined;
  value: unknown;
}

export function partsOf(draft: Draft): Part[] {
  return [
    { key: "enabled", name: "Flag", value: draft.enabled, words: draft.enabled ? "on" : "off" },
    { key: "off_value", name: "When off", value: draft.off_value, words: draft.off_value === undefined ? "the caller's default" : valueInWords(draft.off_value) },
    { key: "prerequisites", name: "Prerequisites", value: draft.prerequisites, words: draft.prerequisites.map(prerequisiteInWords).join("; ") || "none" },
    { key: "overrides", name: "Overrides", value: draft.overrides, words: draft.overrides.map(overrideInWords).join("; ") || "none" },
    ...draft.rules.map((rule, index) => ({ key: `rule:${rule.id}`, name: ruleName(rule, index), value: rule as unknown, words: ruleInWords(rule) })),
    { key: "order", name: "Order of the rules", value: draft.rules.map((rule) => rule.id), words: list(draft.rules.map((rule, index) => ruleName(rule, index))) || "no rules" },
    { key: "fallthrough", name: "Otherwise", value: draft.fallthrough, words: otherwiseInWords(draft.fallthrough) },
    { key: "bucket_by", name: "Percentages by", value: draft.bucket_by ?? default_units, words: (draft.bucket_by ?? default_units).join(", then ") },
  ];
}

export interface Difference {
  key: string;
  name: string;
  from: string | undefined;
  to: string | undefined;
}

/** What differs, part by part. The order counts only where the same rules stand in another one. */
export function differencesOf(base: Draft, draft: Draft): Difference[] {
  const before = new Map(partsOf(base).map((part) => [part.key, part]));
  const after = new Map(partsOf(draft).map((part) => [part.key, part]));
  const keys = [...new Set([...after.keys(), ...before.keys()])];
  return keys.flatMap((key) => {
    const [from, to] = [before.get(key), after.get(key)];
    if (key === "order" ? !isReordered(base.rules, draft.rules) : sameAs(from?.value, to?.value)) return [];
    return [{ key, name: (to ?? from)?.name ?? key, ...renamed(from, to) }];
  });
}

/** What a rule is called is not in its sentence: where that is all that differs, it is said. */
function renamed(from: Part | undefined, to: Part | undefined): Pick<Difference, "from" | "to"> {
  const isOnlyName = from && to && from.words === to.words && from.name !== to.name;
  return isOnlyName ? { from: `called ${from.name}`, to: `called ${to.name}` } : { from: from?.words, to: to?.words };
}

function isReordered(before: readonly Rule[], after: readonly Rule[]): boolean {
  const ids = (rules: readonly Rule[], others: readonly Rule[]) => rules.map((rule) => rule.id).filter((id) => others.some((other) => other.id === id));
  return !sameAs(ids(before, after), ids(after, before));
}

export type Side = "mine" | "theirs";

export interface Meeting extends Difference {
  mine: string | undefined;
  theirs: string | undefined;
  /** Both changed it, and not to the same. */
  isConflict: boolean;
  /** What is taken unless somebody chooses. */
  side: Side;
}

/** What either of two changed since `base`, with who did. */
export function meetingOf(base: Draft, mine: Draft, theirs: Draft): Meeting[] {
  const ours = new Map(differencesOf(base, mine).map((each) => [each.key, each]));
  const others = new Map(differencesOf(base, theirs).map((each) => [each.key, each]));
  const words = (draft: Draft, key: string) => partsOf(draft).find((part) => part.key === key)?.words;
  return [...new Set([...others.keys(), ...ours.keys()])].map((key) => {
    const [my, their] = [ours.get(key), others.get(key)];
    const both = my !== undefined && their !== undefined;
    const isConflict = both && !sameAs(valueIn(mine, key), valueIn(theirs, key));
    return { key, name: (my ?? their)?.name ?? key, from: words(base, key), to: undefined, mine: words(mine, key), theirs: words(theirs, key), isConflict, side: my ? "mine" : "theirs" };
  });
}

function valueIn(draft: Draft, key: string): unknown {
  return partsOf(draft).find((part) => part.key === key)?.value;
}

/** The draft that has of each part the side that was chosen; what neither changed stays. */
export function mergedOf(base: Draft, mine: Draft, theirs: Draft, choices: Readonly<Record<string, Side>>): Draft {
  const sides = new Map(meetingOf(base, mine, theirs).map((each) => [each.key, choices[each.key] ?? each.side]));
  const of = (key: string) => (sides.get(key) === "mine" ? mine : theirs);
  const ruleOf = (id: string) => of(`rule:${id}`).rules.find((rule) => rule.id === id);
  const ordered = of("order");
  const other = ordered === mine ? theirs : mine;
  const ids = [...new Set([...ordered.rules, ...other.rules].map((rule) => rule.id))];
  return draftOf({
    enabled: of("enabled").enabled,
    off_value: of("off_value").off_value,
    bucket_by: of("bucket_by").bucket_by,
    prerequisites: of("prerequisites").prerequisites,
    overrides: of("overrides").overrides,
    rules: ids.flatMap((id) => ruleOf(id) ?? []),
    fallthrough: of("fallthrough").fallthrough,
  });
}

/** What is kept of a draft: also what it began from, for the comparison when somebody was faster. */
export interface Kept {
  version: number;
  base: Draft;
  draft: Draft;
}

const place = (flag: string, environment: string) => `acme.flag-draft.${environment}.${flag}`;

export function keep(flag: string, environment: string, kept: Kept | undefined): void {
  try {
    if (kept) localStorage.setItem(place(flag, environment), JSON.stringify(kept));
    else localStorage.removeItem(place(flag, environment));
  } catch {
    // Storage may be full or forbidden; the draft then lasts as long as the page.
  }
}

export function kept(flag: string, environment: string): Kept | undefined {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(place(flag, environment)) ?? "null");
    return isKept(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

function isKept(value: unknown): value is Kept {
  if (value === null || typeof value !== "object") return false;
  const { version, base, draft } = value as Partial<Kept>;
  return typeof version === "number" && isDraft(base) && isDraft(draft);
}

function isDraft(value: unknown): value is Draft {
  if (value === null || typeof value !== "object") return false;
  const { rules, overrides, prerequisites } = value as Partial<Draft>;
  return [rules, overrides, prerequisites].every(Array.isArray);
}
