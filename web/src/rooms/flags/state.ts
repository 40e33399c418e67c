// The list of flags: its address and its sentence. Pure.

import { count, plural } from "../../ui/format";
import type { Tone } from "../../ui/mark";
import type { Environment, Kind, Summary, ValueType } from "./types";

export const views = { all: "All", on: "On", experiments: "Experiments", remove: "Remove", archived: "Archived" } as const;
export type View = keyof typeof views;

export interface Search {
  environment?: string;
  view?: View;
  q?: string;
}

const text = (value: unknown, longest: number) => (typeof value === "string" && value.trim() !== "" ? value.slice(0, longest) : typeof value === "number" ? String(value) : undefined);

export function searchOf(search: Record<string, unknown>): Search {
  const environment = text(search.environment, 100);
  const q = text(search.q, 200);
  const view = typeof search.view === "string" && search.view in views && search.view !== "all" ? (search.view as View) : undefined;
  return { ...(environment && { environment }), ...(view && { view }), ...(q && { q }) };
}

/** What the API is asked for. */
export function filterOf(view: View | undefined): { state?: "on" | "stale" | "archived"; kind?: Kind } {
  switch (view) {
    case "on":
      return { state: "on" };
    case "experiments":
      return { kind: "experiment" };
    case "remove":
      return { state: "stale" };
    case "archived":
      return { state: "archived" };
    default:
      return {};
  }
}

/** The one that the address names, else the first. */
export function environmentOf(environments: readonly Environment[], wanted: string | undefined): Environment | undefined {
  return environments.find((each) => each.key === wanted) ?? environments[0];
}

export function sentenceOf(summary: Summary | undefined, environment: Environment | undefined, failed: boolean): string {
  if (!summary || !environment) return failed ? "The flags are not known." : "Reading the flags.";
  if (summary.flags === 0) return "There is no flag yet.";
  const on = summary.on === 0 ? "none on" : `${count(summary.on)} on`;
  const removable = summary.removable === 0 ? "" : ` ${count(summary.removable)} can be removed.`;
  return `${plural(summary.flags, "flag")}, ${on} in ${environment.name.toLowerCase()}.${removable}`;
}

export function toneOf(summary: Summary | undefined, failed: boolean): Tone {
  if (!summary) return failed ? "crit" : "idle";
  if (!summary.evaluation_is_on) return "warn";
  return summary.flags === 0 ? "idle" : "ok";
}

export const kinds: readonly (readonly [Kind, string])[] = [
  ["release", "release: until it is everywhere"],
  ["experiment", "experiment: which variant is better"],
  ["ops", "ops: how the platform runs"],
  ["kill", "kill switch: to switch something off"],
  ["permission", "permission: who may have it"],
];

export const types: readonly (readonly [ValueType, string])[] = [
  ["bool", "on or off"],
  ["string", "text"],
  ["int", "whole number"],
  ["double", "number"],
  ["json", "JSON"],
];

export const kindWords: Record<Kind, string> = { release: "release", experiment: "experiment", ops: "ops", kill: "kill switch", permission: "permission" };

/** A key made of a name: "One-page checkout" → "one-page-checkout". */
export function keyOf(name: string): string {
  return name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+|-+$/g, "")
    .slice(0, 100);
}

/** A value of a type, or what is wrong with it. */
export function valueIn(type: ValueType, typed: string): { value?: unknown; problem?: string } {
  const cleaned = typed.trim();
  switch (type) {
    case "bool":
      if (cleaned === "true" || cleaned === "false") return { value: cleaned === "true" };
      return { problem: "true or false" };
    case "string":
      return { value: typed };
    case "int":
      return /^-?\d{1,16}$/.test(cleaned) && Number.isSafeInteger(Number(cleaned)) ? { value: Number(cleaned) } : { problem: "a whole number, such as 250" };
    case "double":
      return cleaned !== "" && Number.isFinite(Number(cleaned)) ? { value: Number(cleaned) } : { problem: "a number, such as 0.25" };
    case "json":
      try {
        return { value: JSON.parse(cleaned) as unknown };
      } catch {
        return { problem: 'JSON, such as {"color": "blue"}' };
      }
  }
}

export function typedOf(type: ValueType, value: unknown): string {
  return type === "string" && typeof value === "string" ? value : JSON.stringify(value);
}

const colors = ["c1", "c2", "c3", "c4"] as const;
export type Color = (typeof colors)[number] | "c0";

const grey: ReadonlySet<string> = new Set(["off", "disabled", "default", "error"]);

/** A variant's colour: the same on every card. What is off, and the rest, is grey. */
export function colorOf(variant: string | null | undefined, variants: readonly string[]): Color {
  if (!variant || grey.has(variant)) return "c0";
  // By name: a list knows the variants only by what was served.
  const colored = variants.filter((each) => !grey.has(each)).sort();
  return colors[colored.indexOf(variant)] ?? "c0";
}

export const tabs = { targeting: "Targeting", variants: "Variants", code: "Code", history: "History" } as const;
export type Tab = keyof typeof tabs;

export function tabOf(tab: string | undefined): Tab {
  return tab !== undefined && tab in tabs ? (tab as Tab) : "targeting";
}
