// What stands in an address and in an entry. Pure.

/** What entries are looked for by: the page's address holds it, so that each look is a link. */
export interface Filter {
  actor?: string;
  action?: string;
  target?: string;
}

export const filterKeys = ["actor", "action", "target"] as const;

const bytes_max = 200;

export function filterOf(search: Record<string, unknown>): Filter {
  const filter: Filter = {};
  for (const key of filterKeys) {
    const value = search[key];
    const text = (typeof value === "string" ? value : typeof value === "number" ? String(value) : "").trim();
    if (text !== "" && text.length <= bytes_max) filter[key] = text;
  }
  return filter;
}

export function isFiltered(filter: Filter): boolean {
  return filterKeys.some((key) => filter[key] !== undefined);
}

/** One thing that an entry says: "role: member → admin", or a whole that is no object. */
export interface Change {
  name: string;
  before: string | undefined;
  after: string | undefined;
}

export function changesOf(before: unknown, after: unknown): Change[] {
  if (!isObject(before) && !isObject(after)) {
    if (before == null && after == null) return [];
    return [{ name: "", before: wordOf(before), after: wordOf(after) }];
  }
  const was = isObject(before) ? before : {};
  const is = isObject(after) ? after : {};
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].map((name) => ({ name, before: wordOf(was[name]), after: wordOf(is[name]) }));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wordOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "string" ? value : JSON.stringify(value);
}
