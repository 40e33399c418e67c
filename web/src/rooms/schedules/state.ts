// What is said of schedules and their runs: pure.

import type { Schedule, ScheduleMoment, ScheduleRun } from "../../api/types";
import { count, plural } from "../../ui/format";
import type { Tone } from "../../ui/mark";

type State = ScheduleRun["state"];

const tones: Record<State, Tone> = { open: "active", waiting: "idle", done: "ok", failed: "crit", cancelled: "idle", skipped: "warn", missed: "warn" };
const words: Record<State, string> = { open: "under way", waiting: "waits", done: "done", failed: "failed", cancelled: "cancelled", skipped: "left out", missed: "missed" };

export function toneOfRun(state: State): Tone {
  return tones[state];
}

export function wordOfRun(state: State): string {
  return words[state];
}

export function toneOf(schedule: Schedule): Tone {
  if (schedule.paused_at) return "idle";
  return schedule.last_state === "failed" || schedule.last_state === "missed" ? tones[schedule.last_state] : "ok";
}

/** One word for a row: how it stands, or how its last run went. */
export function wordOf(schedule: Schedule): string {
  if (schedule.paused_at) return "paused";
  return schedule.last_state ? words[schedule.last_state] : "new";
}

export function ruleOf(schedule: Schedule): string {
  return schedule.cron ?? schedule.rrule ?? "";
}

/** A sentence for its own page. */
export function sentenceOf(schedule: Schedule): string {
  const name = schedule.name;
  if (schedule.paused_at) return `${name} is paused${schedule.pause_reason ? `: ${schedule.pause_reason}` : ""}.`;
  const next = schedule.next_runs[0];
  if (!next) return `${name} has run for the last time.`;
  if (schedule.last_state === "failed") return `The last run of ${name} failed; it runs again at ${shortOf(next)}.`;
  return `${name} runs next at ${shortOf(next)}.`;
}

export function sentenceOfAll(schedules: readonly Schedule[] | undefined, failed: boolean): string {
  if (!schedules) return failed ? "The schedules are not known." : "Reading the schedules.";
  if (schedules.length === 0) return "Nothing happens again and again yet.";
  const bad = schedules.filter((schedule) => toneOf(schedule) !== "ok" && !schedule.paused_at).length;
  const paused = schedules.filter((schedule) => schedule.paused_at).length;
  const all = plural(schedules.length, "schedule");
  if (bad > 0) return `${all}, of ${count(bad)} the last run failed or was missed.`;
  return paused > 0 ? `${all}, ${count(paused)} paused.` : `${all}, and the last runs went well.`;
}

export function toneOfAll(schedules: readonly Schedule[] | undefined, failed: boolean): Tone {
  if (!schedules) return failed ? "crit" : "idle";
  if (schedules.some((schedule) => toneOf(schedule) === "crit")) return "crit";
  return schedules.some((schedule) => toneOf(schedule) === "warn") ? "warn" : "ok";
}

/** "Tue 1 Dec 2026, 03:00:00 CET", as the clocks of the schedule's zone show it. */
export function localOf(run: ScheduleMoment): string {
  return `${dayOf(run.local.slice(0, 10))}, ${run.local.slice(11, 19)} ${run.abbreviation}`;
}

function shortOf(run: ScheduleMoment): string {
  return `${run.local.slice(11, 16)} ${run.abbreviation}, ${dayOf(run.local.slice(0, 10))}`;
}

const days = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

function dayOf(date: string): string {
  return days.format(new Date(`${date}T00:00:00Z`)).replace(",", "");
}

/** The same moment in another zone. */
export function elsewhere(run: ScheduleMoment, zone: string): string {
  const at = new Date(run.at);
  const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone }).format(at);
  const day = format({ weekday: "short", day: "numeric", month: "short", year: "numeric" }).replace(",", "");
  return `${day}, ${format({ hour: "2-digit", minute: "2-digit", second: "2-digit" })}`;
}

/** Beside its own zone: UTC, or where it is UTC itself the zone of who looks. */
export function otherZone(schedule: { zone: string }, here: string): string {
  return schedule.zone === "UTC" ? here : "UTC";
}

/** JSON of an object, or what is wrong with it. */
export function payloadIn(text: string): { payload?: Record<string, never>; problem?: string } {
  if (text.trim() === "") return { payload: {} };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { payload: value as Record<string, never> };
  } catch {
    // Said below.
  }
  return { problem: 'It must be a JSON object, such as {"to": "ada"}.' };
}

/** What a field for a day and a time has, read as UTC. */
export function instantOf(field: string): string {
  return `${field.length === 16 ? `${field}:00` : field}Z`;
}

/** The field of the next whole hour. */
export function nextHour(now: number): string {
  return new Date(Math.ceil(now / 3_600_000) * 3_600_000).toISOString().slice(0, 16);
}
