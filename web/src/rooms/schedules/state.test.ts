import { describe, expect, test } from "vitest";
import type { Schedule, ScheduleMoment } from "../../api/types";
import { payloadIn, elsewhere, instantOf, localOf, nextHour, otherZone, sentenceOf, sentenceOfAll, toneOf, toneOfAll, wordOf } from "./state";

const run: ScheduleMoment = { at: "2026-12-01T02:00:00.000Z", local: "2026-12-01T03:00:00+01:00", abbreviation: "CET" };

function schedule(change: Partial<Schedule> = {}): Schedule {
  return {
    name: "nightly", cron: "0 3 * * Tue#1", rrule: null, zone: "Europe/Berlin", dst: "vixie", queue: "default", kind: "report.make", payload: {}, priority: 5,
    overlap: "skip", catchup: "last", window_seconds: 3600, jitter_seconds: 0, starts_at: null, ends_at: null, pause_after_failures: null, paused_at: null,
    paused_by: null, pause_reason: null, failures: 0, missed: 0, last_state: null, created_at: "", updated_at: "", next_runs: [run], ...change,
  };
}

describe("a schedule", () => {
  test("says when it runs next, in its own time", () => {
    expect(sentenceOf(schedule())).toBe("nightly runs next at 03:00 CET, Tue 1 Dec 2026.");
    expect(sentenceOf(schedule({ last_state: "failed" }))).toBe("The last run of nightly failed; it runs again at 03:00 CET, Tue 1 Dec 2026.");
    expect(sentenceOf(schedule({ next_runs: [] }))).toBe("nightly has run for the last time.");
    expect(sentenceOf(schedule({ paused_at: "2026", pause_reason: "it moves" }))).toBe("nightly is paused: it moves.");
  });

  test("is shown in two zones", () => {
    expect(localOf(run)).toBe("Tue 1 Dec 2026, 03:00:00 CET");
    expect(elsewhere(run, "UTC")).toBe("Tue 1 Dec 2026, 02:00:00");
    expect(otherZone({ zone: "Europe/Berlin" }, "Asia/Tokyo")).toBe("UTC");
    expect(otherZone({ zone: "UTC" }, "Asia/Tokyo")).toBe("Asia/Tokyo");
  });

  test("has a tone and a word", () => {
    expect([toneOf(schedule()), wordOf(schedule())]).toEqual(["ok", "new"]);
    expect([toneOf(schedule({ last_state: "missed" })), wordOf(schedule({ last_state: "missed" }))]).toEqual(["warn", "missed"]);
    expect([toneOf(schedule({ paused_at: "2026", last_state: "failed" })), wordOf(schedule({ paused_at: "2026" }))]).toEqual(["idle", "paused"]);
  });
});

test("all of them make one sentence", () => {
  expect(sentenceOfAll(undefined, true)).toBe("The schedules are not known.");
  expect(sentenceOfAll([], false)).toBe("Nothing happens again and again yet.");
  expect(sentenceOfAll([schedule(), schedule({ last_state: "failed" })], false)).toBe("2 schedules, of 1 the last run failed or was missed.");
  expect(sentenceOfAll([schedule({ paused_at: "2026" })], false)).toBe("1 schedule, 1 paused.");
  expect(toneOfAll([schedule({ last_state: "failed" })], false)).toBe("crit");
});

test("a field for a day and a time is read as UTC", () => {
  expect(instantOf("2026-12-01T03:00")).toBe("2026-12-01T03:00:00Z");
  expect(instantOf("2026-12-01T03:00:30")).toBe("2026-12-01T03:00:30Z");
  expect(nextHour(Date.parse("2026-12-01T23:00:01Z"))).toBe("2026-12-02T00:00");
});

test("a payload is an object", () => {
  expect(payloadIn(" ")).toEqual({ payload: {} });
  expect(payloadIn('{"a": 1}')).toEqual({ payload: { a: 1 } });
  expect(payloadIn("[1]").problem).toContain("JSON object");
  expect(payloadIn("{").problem).toContain("JSON object");
});
