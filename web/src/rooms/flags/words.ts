// What is said of rules, clauses and shares: pure.

import { count, list } from "../../ui/format";
import type { Clause, Draft, OpName, Override, Prerequisite, Rule, Serve, Share, Signal, Variant } from "./types";

/** All of them, in steps of 0.001 %. */
export const whole_weight = 100_000;

const shares = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 3 });

/** "25 %", "0.001 %" of a weight. */
export function percentOf(weight: number): string {
  return `${shares.format(weight / 1000)} %`;
}

/** As it is typed: "12.5". */
export function numberOf(weight: number): string {
  return String(weight / 1000);
}

/** The weight of what was typed, or undefined: 0 to 100 with three digits behind the point at most. */
export function weightIn(text: string): number | undefined {
  const cleaned = text.replace("%", "").replace(",", ".").trim();
  if (!/^\d{1,3}(\.\d{0,3})?$|^\.\d{1,3}$/.test(cleaned)) return undefined;
  const weight = Math.round(Number(cleaned) * 1000);
  return weight <= whole_weight ? weight : undefined;
}

/** How often each variant was served, "B 6.1 %". */
export function shareOf(part: number, all: number): string {
  if (all === 0) return "0 %";
  const ratio = (part / all) * 100;
  if (ratio > 0 && ratio < 0.1) return "< 0.1 %";
  return `${new Intl.NumberFormat("en-GB", { maximumFractionDigits: 1 }).format(ratio)} %`;
}

const large = [
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
] as const;

/** "8.4 M", "12 k", "640". */
export function evaluationsIn(value: number): string {
  for (const [size, unit] of large) {
    if (value >= size) {
      const scaled = value / size;
      return `${scaled >= 100 ? count(scaled) : new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 2 }).format(scaled)} ${unit}`;
    }
  }
  return count(value);
}

export interface Op {
  /** Between the attribute and the values, and when it is turned around. */
  words: string;
  negated: string;
  /** Whether it compares with several values, one, or none. */
  takes: "several" | "one" | "none";
  hint?: string;
}

export const ops: Record<OpName, Op> = {
  in: { words: "is one of", negated: "is not one of", takes: "several" },
  starts_with: { words: "starts with", negated: "does not start with", takes: "several" },
  ends_with: { words: "ends with", negated: "does not end with", takes: "several" },
  contains: { words: "contains", negated: "does not contain", takes: "several" },
  matches: { words: "matches", negated: "does not match", takes: "one", hint: "a regular expression (RE2)" },
  eq: { words: "equals", negated: "does not equal", takes: "one", hint: "a number" },
  lt: { words: "is less than", negated: "is not less than", takes: "one", hint: "a number" },
  le: { words: "is at most", negated: "is not at most", takes: "one", hint: "a number" },
  gt: { words: "is more than", negated: "is not more than", takes: "one", hint: "a number" },
  ge: { words: "is at least", negated: "is not at least", takes: "one", hint: "a number" },
  semver_lt: { words: "is a version before", negated: "is no version before", takes: "one", hint: "1.4.0" },
  semver_le: { words: "is a version up to", negated: "is no version up to", takes: "one", hint: "1.4.0" },
  semver_eq: { words: "is the version", negated: "is not the version", takes: "one", hint: "1.4.0" },
  semver_ge: { words: "is a version from", negated: "is no version from", takes: "one", hint: "1.4.0" },
  semver_gt: { words: "is a version after", negated: "is no version after", takes: "one", hint: "1.4.0" },
  before: { words: "is before", negated: "is not before", takes: "one", hint: "2027-01-15T00:00:00Z" },
  after: { words: "is after", negated: "is not after", takes: "one", hint: "2027-01-15T00:00:00Z" },
  cidr: { words: "is in the network", negated: "is not in the network", takes: "several", hint: "10.0.0.0/8" },
  segment: { words: "is in segment", negated: "is not in segment", takes: "several" },
  present: { words: "is known", negated: "is not known", takes: "none" },
};

const attributes: Record<string, string> = { user_id: "user id", org_id: "organization", region: "region", device_id: "device id" };

/** How an attribute is called on the page. */
export function attributeName(attribute: string): string {
  return attributes[attribute] ?? attribute;
}

export function clauseInWords(clause: Clause): string {
  const op = ops[clause.op];
  if (clause.op === "segment") return `${clause.negate ? "not in" : "in"} segment ${valuesInWords(valuesOf(clause))}`;
  const words = clause.negate ? op.negated : op.words;
  const name = attributeName(clause.attribute ?? "");
  return op.takes === "none" ? `${name} ${words}` : `${name} ${words} ${valuesInWords(valuesOf(clause))}`;
}

/** As texts: a number may stand among them. */
export function valuesOf(clause: Clause): string[] {
  return (clause.values ?? []).map((value) => (typeof value === "string" ? value : JSON.stringify(value)));
}

const values_max = 3;

function valuesInWords(values: readonly string[]): string {
  if (values.length === 0) return "nothing";
  if (values.length <= values_max) return list(values);
  return `${values.slice(0, values_max).join(", ")} and ${count(values.length - values_max)} more`;
}

export function serveInWords(serve: Serve): string {
  const { split } = serve;
  if (!split) return serve.variant ?? "nothing";
  const all = isImported(serve) ? sumOf(split) : whole_weight;
  return split.map((share) => `${share.variant} ${percentOf((share.weight / Math.max(1, all)) * whole_weight)}`).join(", ");
}

/** Where no rule matched. */
export function otherwiseInWords(serve: Serve | undefined): string {
  return serve ? serveInWords(serve) : "the caller's default";
}

/** Dealt as elsewhere: its weights are of their own sum. */
export function isImported(serve: Serve): boolean {
  return serve.hash !== undefined;
}

/** A rule as a sentence: "if region is one of eu-west, 25 % of them: B". */
export function ruleInWords(rule: Rule): string {
  const clauses = (rule.if ?? []).map(clauseInWords).join(" and ");
  const rollout = rule.rollout === undefined || rule.rollout === whole_weight ? "" : `${percentOf(rule.rollout)} of them`;
  const who = [clauses ? `if ${clauses}` : "everybody", rollout].filter(Boolean).join(", ");
  return `${rule.enabled === false ? "(off) " : ""}${who}: ${serveInWords(rule.serve)}`;
}

/** Where everybody gets false however much it is on: that variant, and the one that is true. */
export function wouldStayOff(draft: Draft, variants: readonly Variant[]): { off: string; on: string } | undefined {
  if (draft.overrides.length > 0 || draft.rules.some((rule) => rule.enabled !== false)) return undefined;
  const served = draft.fallthrough?.split ? draft.fallthrough.split.filter((share) => share.weight > 0).map((share) => share.variant) : [draft.fallthrough?.variant];
  const off = variants.find((variant) => variant.key === served[0] && variant.value === false);
  const on = variants.find((variant) => variant.value === true);
  return served.length === 1 && off && on ? { off: off.key, on: on.key } : undefined;
}

/** "Europe, first quarter", or "rule 2" where it has no name. */
export function ruleName(rule: Rule, index: number): string {
  return rule.name?.trim() || `Rule ${index + 1}`;
}

export function overrideInWords(each: Override): string {
  return `${each.kind === "user" ? "user" : "organization"} ${each.id}: ${each.variant}${each.expires_at ? ` until ${each.expires_at}` : ""}`;
}

export function prerequisiteInWords(each: Prerequisite): string {
  return `${each.flag} serves ${each.variants.join(" or ")}${each.disabled ? " or is off" : ""}`;
}

export function sumOf(split: readonly Share[]): number {
  return split.reduce((sum, share) => sum + share.weight, 0);
}

/** Equal shares that make 100 % exactly; the first ones take what is left over. */
export function evenly(variants: readonly string[]): Share[] {
  const each = Math.floor(whole_weight / Math.max(1, variants.length));
  const rest = whole_weight - each * variants.length;
  return variants.map((variant, index) => ({ variant, weight: each + (index < rest ? 1 : 0) }));
}

/** What cannot be saved, in words; what only the server can know it says itself. */
export function problemsOf(draft: Draft, variants: readonly Variant[]): string[] {
  const problems: string[] = [];
  const known = new Set(variants.map((variant) => variant.key));
  const checkServe = (where: string, serve: Serve) => {
    const sum = sumOf(serve.split ?? []);
    if (serve.split && !isImported(serve) && sum !== whole_weight) problems.push(`The shares of ${where} make ${percentOf(sum)}, not 100 %.`);
    for (const variant of variantsOf(serve)) if (!known.has(variant)) problems.push(`${capital(where)} serves ${variant || "nothing"}, which is no variant.`);
  };
  draft.rules.forEach((rule, index) => {
    const where = `rule ${index + 1}`;
    for (const clause of rule.if ?? []) {
      const takes = ops[clause.op].takes;
      if (clause.op !== "segment" && !clause.attribute?.trim()) problems.push(`A condition of ${where} names no attribute.`);
      if (takes !== "none" && valuesOf(clause).every((value) => value.trim() === "")) problems.push(`A condition of ${where} has no value.`);
    }
    checkServe(where, rule.serve);
  });
  for (const each of draft.overrides) {
    if (!each.id.trim()) problems.push(`An override names no ${each.kind === "user" ? "user" : "organization"}.`);
    if (!known.has(each.variant)) problems.push(`An override serves ${each.variant}, which is no variant.`);
  }
  for (const each of draft.prerequisites) if (!each.flag.trim() || each.variants.length === 0) problems.push("A prerequisite names no flag or no variant.");
  if (draft.fallthrough) checkServe("“otherwise”", draft.fallthrough);
  else if (draft.rules.length === 0) problems.push("Without a rule it must say what it serves otherwise.");
  return problems;
}

const capital = (text: string) => text.replace(/[a-z]/, (first) => first.toUpperCase());

/** All variants that it may answer. */
export function variantsOf(serve: Serve): string[] {
  return serve.split ? serve.split.map((share) => share.variant) : [serve.variant ?? ""];
}

const signals: Record<Signal["signal"], string> = { not_evaluated: "not evaluated", one_variant: "one variant for all", past_removal: "past its date", no_reference: "not in the code" };

/** "remove: not evaluated, not in the code". The sentences of it are shown beside. */
export function staleInWords(stale: readonly Signal[]): string | undefined {
  return stale.length === 0 ? undefined : `remove: ${stale.map((each) => signals[each.signal]).join(", ")}`;
}

/** A value as it is shown; what is no text is JSON. */
export function valueInWords(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  return typeof value === "string" ? value : JSON.stringify(value);
}
