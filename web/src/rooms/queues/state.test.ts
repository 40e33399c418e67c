import { describe, expect, it } from "vitest";
import type { Job, Me, Queue } from "../../api/types";
import { counted, filterOf, isFiltered, lastMinuteOf, linesOf, searchOf, sentenceOf, sentenceOfJob, toneOf, whyNot } from "./state";

const queue = (given: Partial<Queue>): Queue => ({ name: "mails", paused: null, depth: 0, depth_alert: 10_000, dead: 0, ...given }) as Queue;
const me = (role: string, platform_role: string | null): Me => ({ org: { role }, platform_role }) as Me;

describe("the address of a look at jobs", () => {
  it("keeps what is known and drops what is not", () => {
    expect(searchOf({ state: "dead", kind: " report.make ", queue: "", user: 7, other: "x", side: "platform" })).toEqual({ state: "dead", kind: "report.make", user: "7", side: "platform" });
    expect(searchOf({ state: "odd", side: "other" })).toEqual({});
  });

  it("is a filter only when it names more than a side", () => {
    expect(isFiltered({ side: "platform" })).toBe(false);
    expect(isFiltered({ queue: "mails" })).toBe(true);
    expect(filterOf({ side: "platform", queue: "mails" })).toEqual({ queue: "mails" });
  });
});

describe("the sentence over the queues", () => {
  it("says what needs somebody", () => {
    expect(sentenceOf(undefined, false)).toBe("Reading the queues.");
    expect(sentenceOf([], false)).toBe("There is no queue yet.");
    expect(sentenceOf([queue({})], false)).toBe("Queues keep up.");
    expect(sentenceOf([queue({ dead: 14 })], false)).toBe("Queues keep up. 14 jobs will not be retried by themselves.");
    expect(sentenceOf([queue({ depth: 10_001 })], false)).toBe("1 queue does not keep up.");
    expect(toneOf([queue({ depth: 10_001 })], false)).toBe("warn");
  });

  it("says that a count has an end", () => {
    expect(counted(20_001)).toBe("> 20,000");
    expect(counted(12_840)).toBe("12,840");
  });
});

describe("a job", () => {
  it("is told in a sentence", () => {
    expect(sentenceOfJob({ kind: "report.make", queue: "mails", state: "dead" } as Job)).toBe("report.make in mails is dead: it will not be retried by itself.");
  });

  it("is acted on by those who may", () => {
    expect(whyNot(me("member", null), "organization")).toMatch(/administrators/);
    expect(whyNot(me("owner", null), "organization")).toBeUndefined();
    expect(whyNot(me("owner", "viewer"), "platform")).toMatch(/Operators/);
    expect(whyNot(me("member", "operator"), "platform")).toBeUndefined();
  });
});

it("what ended a minute is two lines, without the minute that is under way", () => {
  const at = (minute: number) => `2026-12-01T10:0${minute}:00.000Z`;
  const seen = {
    minute_max: 5000,
    data: [
      { at: at(0), done: 3, failed: 0 },
      { at: at(1), done: 5001, failed: 1 },
      { at: at(2), done: 7, failed: 0 },
    ],
  };
  expect(linesOf(seen).map((line) => [line.name, line.points.map((point) => point.value)])).toEqual([
    ["done", [3, 5001]],
    ["dead", [0, 1]],
  ]);
  expect(lastMinuteOf(seen)).toBe("more than 5,000 done, 1 dead in the last minute");
  expect(lastMinuteOf({ minute_max: 5000, data: [] })).toBe("");
});
