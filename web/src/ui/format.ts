// Numbers, sizes and times in words. The Intl formatters are made once: making one per label cost
// more than drawing it.

const locale = "en-GB";
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const one = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const two = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });

/** What is written where a number is not known. */
export const unknown = "–";

export interface Quantity {
  value: string;
  unit: string;
}

export function count(value: number): string {
  return whole.format(value);
}

/** "0" only for none at all: a rate that is small but not zero keeps its digits. */
export function rate(perSecond: number | null | undefined): Quantity {
  if (perSecond == null) return { value: unknown, unit: "req/s" };
  return { value: perSecond >= 100 ? whole.format(perSecond) : perSecond >= 10 ? one.format(perSecond) : two.format(perSecond), unit: "req/s" };
}

/** Of a ratio 0…1. */
export function percent(ratio: number | null | undefined): Quantity {
  if (ratio == null) return { value: unknown, unit: "%" };
  const value = ratio * 100;
  if (value > 0 && value < 0.01) return { value: "< 0.01", unit: "%" };
  return { value: two.format(value), unit: "%" };
}

export function milliseconds(value: number | null | undefined): Quantity {
  if (value == null) return { value: unknown, unit: "ms" };
  if (value >= 1000) return { value: two.format(value / 1000), unit: "s" };
  return { value: value >= 100 ? whole.format(value) : value >= 10 ? one.format(value) : two.format(value), unit: "ms" };
}

const sizes = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

export function bytes(value: number | null | undefined): Quantity {
  if (value == null) return { value: unknown, unit: "MiB" };
  let power = 0;
  let scaled = value;
  while (scaled >= 1024 && power < sizes.length - 1) {
    scaled /= 1024;
    power++;
  }
  // 1,023.96 would be written as 1,024.
  if (power > 0 && scaled >= 1023.95 && power < sizes.length - 1) {
    scaled /= 1024;
    power++;
  }
  return { value: power === 0 ? whole.format(scaled) : one.format(scaled), unit: sizes[power] ?? "B" };
}

export function words(quantity: Quantity): string {
  return `${quantity.value} ${quantity.unit}`;
}

/** Stays on one line. */
export function unbroken(text: string): string {
  return text.replaceAll(" ", "\u00a0");
}

/** "1 file", "3 files". */
export function plural(value: number, singular: string, several = `${singular}s`): string {
  return `${count(value)} ${value === 1 ? singular : several}`;
}

/** The first seven signs of a commit, or of the digest of a tree with changes: "7c41e9a", "dev-7219227". */
export function shortOf(release: string): string {
  return release.replace(/^((?:dev-)?[0-9a-f]{7})[0-9a-f]+$/, "$1");
}

/** A text of the machines with its releases called by their first signs, and ids by their last. */
export function withShort(text: string): string {
  return text.replace(/\b(?:dev-)?[0-9a-f]{12,40}\b/g, shortOf).replace(/\b([a-z]{3}_)[0-9a-z]{20}([0-9a-z]{6})\b/g, "$1…$2");
}

export function list(items: readonly string[]): string {
  if (items.length < 2) return items[0] ?? "";
  return `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`;
}

const steps = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
] as const;

/** Two units at most: "3 min 46 s". */
export function duration(ms: number): string {
  let rest = Math.max(0, Math.round(ms / 1000));
  const parts: string[] = [];
  for (const [unit, seconds] of steps) {
    const amount = Math.floor(rest / seconds);
    if (parts.length === 0 && amount === 0 && unit !== "s") continue;
    if (parts.length === 2) break;
    if (amount > 0 || parts.length === 0) parts.push(`${amount} ${unit}`);
    else break;
    rest -= amount * seconds;
  }
  return parts.join(" ");
}

export function ago(ms: number): string {
  return ms < 5_000 ? "just now" : `${duration(ms)} ago`;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${JSON.stringify(options)}`;
  const made = clocks.get(key) ?? new Intl.DateTimeFormat(locale, { timeZone: zone, hourCycle: "h23", ...options });
  clocks.set(key, made);
  return made;
}

const hms = { hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
const hm = { hour: "2-digit", minute: "2-digit" } as const;
const dated = { day: "numeric", month: "short", year: "numeric" } as const;

/** "14:07:32" */
export function clock(ms: number, zone = "UTC"): string {
  return formatter(zone, hms).format(ms);
}

/** "14:07" */
export function shortClock(ms: number, zone = "UTC"): string {
  return formatter(zone, hm).format(ms);
}

/** "23 Nov 2026" */
export function day(ms: number, zone = "UTC"): string {
  return formatter(zone, dated).format(ms);
}

/** "Mon 23 Nov" */
export function shortDay(ms: number, zone = "UTC"): string {
  return formatter(zone, { weekday: "short", day: "numeric", month: "short" }).format(ms).replace(",", "");
}

/** "Paris" of "Europe/Paris". */
export function zoneName(zone: string): string {
  return zone.split("/").pop()?.replaceAll("_", " ") ?? zone;
}

/** "23 Nov 2026, 02:54 UTC · 03:54 Paris": UTC first, local beside it, both labelled. */
export function fullTime(ms: number, zone: string): string {
  const utc = `${day(ms)}, ${shortClock(ms)} UTC`;
  if (zone === "UTC" || shortClock(ms, zone) === shortClock(ms)) return utc;
  const local = day(ms, zone) === day(ms) ? "" : `${day(ms, zone)}, `;
  return `${utc} · ${local}${shortClock(ms, zone)} ${zoneName(zone)}`;
}

const relative_ms_max = 7 * 86_400_000;

/** Relative only under seven days. */
export function isRecent(ms: number, now: number): boolean {
  return Math.abs(now - ms) < relative_ms_max;
}
