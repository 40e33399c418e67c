// What the API says of a change, place by place, in words: pure.

import type { ApiDifference, Clause, Override, Prerequisite, Rule, Serve, Variant } from "./types";
import { clauseInWords, overrideInWords, percentOf, prerequisiteInWords, ruleInWords, serveInWords, valueInWords, whole_weight } from "./words";

export interface Told {
  /** "Rule 2, Europe: percentage". */
  what: string;
  change: ApiDifference["change"];
  /** In words; undefined: it is not there. Of what was moved `to` says where to. */
  from: string | undefined;
  to: string | undefined;
}

export function toldOf(difference: ApiDifference): Told {
  const { change, item, pointer } = difference;
  const within = item ? pointer.slice(item.pointer.length) : pointer;
  const place = placeOf(within, item === null ? undefined : item.list);
  const words = (value: unknown) => (within === "" && item ? itemInWords(item.list, value) : place.words(value));
  const name = item && itemName(item);
  const what = name ? (within === "" ? name : `${name}: ${place.name}`) : capital(place.name);
  if (change === "moved") return { what, change, from: undefined, to: behind(item?.list, difference.to as Before | null) };
  return { what, change, from: change === "added" ? place.absent : words(difference.from), to: change === "removed" ? place.absent : words(difference.to) };
}

type Before = Pick<Item, "key" | "name" | "number">;

function behind(list: string | undefined, before: Before | null): string {
  if (!before) return "to the top";
  return `behind ${list === undefined || list === "" ? before.key : itemName({ ...before, list }).replace(/^[A-Z]/, (first) => first.toLowerCase())}`;
}

const capital = (text: string) => text.replace(/^[a-z]/, (first) => first.toUpperCase());

type Item = NonNullable<ApiDifference["item"]>;

const ones: Record<string, string> = { variants: "Variant", prerequisites: "Prerequisite", split: "Otherwise, share of" };

function itemName({ list, key, name, number }: Omit<Item, "pointer">): string {
  if (list === "rules") return `Rule ${number}${name ? `, ${name}` : ""}`;
  if (list === "overrides") return `Override of ${key.replace(/^org /, "organization ")}`;
  return `${ones[list] ?? list} ${key}`;
}

/** A whole element, which was added or deleted. */
function itemInWords(list: string, value: unknown): string {
  switch (list) {
    case "rules":
      return ruleInWords(value as Rule);
    case "overrides":
      return overrideInWords(value as Override);
    case "prerequisites":
      return prerequisiteInWords(value as Prerequisite);
    case "variants":
      return valueInWords((value as Variant).value);
    case "split":
      return percentOf((value as { weight: number }).weight);
    default:
      return valueInWords(value);
  }
}

interface Place {
  name: string;
  words: (value: unknown) => string;
  /** What it means that nothing is there. */
  absent: string | undefined;
}

const percent = (value: unknown) => percentOf(typeof value === "number" ? value : whole_weight);
const yes = (value: unknown) => (value === false ? "no" : "yes");

const places: readonly (readonly [RegExp, string, ((value: unknown) => string)?, string?])[] = [
  [/^\/enabled$/, "flag", (value) => (value === true ? "on" : "off")],
  [/^\/off_value$/, "when off", valueInWords, "the caller's default"],
  [/^\/fallthrough$/, "otherwise", (value) => serveInWords(value as Serve), "the caller's default"],
  [/^\/fallthrough\/variant$/, "otherwise"],
  [/^\/fallthrough\/hash/, "otherwise, dealt as elsewhere"],
  [/^\/bucket_by/, "percentages by"],
  [/^\/tags\/\d+$/, "tag"],
  [/^\/tags$/, "tags"],
  [/^\/expected_removal_at$/, "remove by"],
  [/^\/permanent$/, "stays for ever", yes],
  [/^\/archived$/, "archived", yes],
];

const places_of_rule: typeof places = [
  [/^\/enabled$/, "is used", yes, "yes"],
  [/^\/rollout$/, "percentage", percent, "100 %"],
  [/^\/serve$/, "serves", (value) => serveInWords(value as Serve)],
  [/^\/serve\/variant$/, "serves"],
  [/^\/serve\/split\/\d+$/, "share", (value) => serveInWords({ split: [value as { variant: string; weight: number }] })],
  [/^\/serve\/split\/\d+\/weight$/, "share", percent],
  [/^\/if$/, "conditions", (value) => (value as Clause[]).map(clauseInWords).join(" and ")],
  [/^\/if\/\d+$/, "condition", (value) => clauseInWords(value as Clause)],
  [/^\/if\/\d+\/values\/\d+$/, "value of condition"],
];

const places_of_other: typeof places = [
  [/^\/expires_at$/, "until", valueInWords, "for ever"],
  [/^\/weight$/, "weight", percent],
];

function placeOf(pointer: string, list: string | undefined): Place {
  const known = list === undefined ? places : list === "rules" ? places_of_rule : places_of_other;
  const found = known.find(([pattern]) => pattern.test(pointer));
  const condition = /^\/if\/(\d+)/.exec(pointer)?.[1];
  const which = condition === undefined ? "" : ` ${Number(condition) + 1}`;
  if (!found) return { name: pointer.slice(1).replaceAll("_", " ").replaceAll("/", ", ") || "all of it", words: valueInWords, absent: undefined };
  const [, name, words = valueInWords, absent] = found;
  return { name: name + which, words, absent };
}
