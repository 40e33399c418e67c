import { expect, test } from "vitest";
import { at, canaryOf, checkOf, sampleOf, stepOfKind, when } from "../../testing/deployments";
import { checkLimit, checkValue, marksInWords, marksOf, nextOf, quotedReason, remainingOf, samplesOfCanary, stagesOf, stateOf, verdictOf, viewOf, withRecord } from "./state";

const stagesInWords = (detail: Parameters<typeof stagesOf>[0], now: number) => stagesOf(detail, now).map((stage) => `${stage.name} ${stage.status}`);

test("the verdict of a healthy canary counts down to its promotion", () => {
  const verdict = verdictOf(canaryOf(374), at(474));
  expect(verdict.sentence).toBe("Canary is healthy. It promotes itself in 3 min 46 s.");
  expect(verdict.evidence).toContain("b2f60d8 promotes itself at 14:11 UTC unless you hold it or a check fails.");
});

test("between two looks the clock goes on, and a held canary has none", () => {
  expect(remainingOf(canaryOf(374), at(470))).toBe(230_000);
  expect(remainingOf(canaryOf(374), at(475))).toBe(225_000);
  const held = canaryOf(374, { wish: "hold", wish_reason: "look at the log" });
  expect(verdictOf(held, at(474)).sentence).toBe("The canary is held. It stays as it is until somebody resumes it.");
  expect(verdictOf(held, at(474)).evidence).toContain("look at the log");
  expect(stateOf(held)).toEqual({ tone: "warn", word: "held" });
});

test("a canary that would not pass is not called healthy, and one that fails is called failing", () => {
  const [head, ...rest] = canaryOf(60).samples;
  const withLast = (change: Parameters<typeof sampleOf>[1]) => canaryOf(60, { samples: [...(head ? [head] : []), ...rest.slice(0, -1), sampleOf(160, change)] });
  const slow = checkOf("p99", { verdict: "fail", reason: "700 ms, limit 618 ms" });
  expect(verdictOf(withLast({ checks: [checkOf("error_ratio"), slow] }), at(160)).sentence).toBe("The canary would not pass now: Latency p99. 9 min are left.");
  expect(verdictOf(withLast({ now: checkOf("error_ratio", { verdict: "fail", reason: "12 % of 110 requests" }) }), at(160))).toEqual({ tone: "crit", sentence: "The canary fails.", evidence: "12 % of 110 requests" });
  expect(verdictOf(withLast({ now: checkOf("error_ratio", { verdict: "inconclusive" }) }), at(160)).sentence).toBe("Too few requests to judge the canary yet. 9 min are left.");
});

test("every state has a sentence of its own, and a rollback's end is no failure", () => {
  const sentence = (change: Parameters<typeof canaryOf>[1]) => verdictOf(canaryOf(60, change), at(160)).sentence;
  expect(sentence({ state: "good", ended_at: when(2000) })).toBe("b2f60d8 is known good.");
  expect(sentence({ state: "rolled_back", ended_at: when(200) })).toBe("b2f60d8 was rolled back to 7c41e9a.");
  expect(sentence({ state: "refused", ended_at: when(61), outcome: "frozen" })).toBe("b2f60d8 was refused. Production was not touched.");
  expect(sentence({ state: "superseded", ended_at: when(900) })).toBe("A newer release took over from b2f60d8 before it was known good.");
  expect(sentence({ state: "superseded", ended_at: when(70), steps: [] })).toBe("b2f60d8 never began.");
  expect(verdictOf(canaryOf(60, { state: "rollback_failed" }), at(160)).tone).toBe("crit");
  expect(sentence({ kind: "rollback", state: "rolled_back", ended_at: when(200) })).toBe("Every node runs b2f60d8 again.");
  expect(sentence({ kind: "rollback", state: "rolling_back" })).toBe("Everything returns to b2f60d8.");
  const sentences = (["queued", "checking", "migrating", "canary", "rolling", "smoking", "succeeded", "good", "rolling_back", "rolled_back", "rollback_failed", "refused", "superseded", "cancelled"] as const).map((state) => sentence({ state }));
  expect(new Set(sentences).size).toBe(sentences.length);
});

test("ten minutes are sixty marks, each the worse of its two looks", () => {
  const samples = [sampleOf(100), sampleOf(105), sampleOf(110), sampleOf(115, { checks: [checkOf("p99", { share_of_limit: 0.9 })] }), sampleOf(140, { now: checkOf("error_ratio", { verdict: "fail" }) })];
  const marks = marksOf(canaryOf(0, { samples }), at(155));
  expect(marks).toHaveLength(60);
  expect(marks.slice(0, 7).map((mark) => mark.kind)).toEqual(["passed", "close", "missing", "missing", "failed", "running", "ahead"]);
  expect(marksInWords(marks)).toBe("2 of 60 evaluations passed, 1 of them close to a limit, 1 failed, 2 without a sample");
});

test("a mark that would not pass at the end differs from one that fails, and too little is neither", () => {
  const samples = [
    sampleOf(100, { checks: [checkOf("p99", { verdict: "fail" })] }),
    sampleOf(110, { now: checkOf("error_ratio", { verdict: "inconclusive" }) }),
  ];
  expect(marksOf(canaryOf(0, { samples }), at(121)).slice(0, 3).map((mark) => mark.kind)).toEqual(["over", "unsure", "running"]);
});

test("a canary that is held for longer than its window has more marks", () => {
  expect(marksOf(canaryOf(640, { wish: "hold" }), at(745)).length).toBe(65);
});

test("later looks, at batches and at the whole, are none of the canary's", () => {
  const detail = canaryOf(20, { state: "succeeded", steps: [stepOfKind(3, "judge", 100, 120)], samples: [sampleOf(100), sampleOf(115), sampleOf(300)] });
  expect(samplesOfCanary(detail)).toHaveLength(2);
});

test("stages say what is done, what runs and what is to come", () => {
  expect(stagesInWords(canaryOf(374), at(474))).toEqual(["Check done", "Migrate done", "Canary running", "Roll out ahead", "Smoke ahead", "Record ahead", "Watch ahead"]);
  const canary = stagesOf(canaryOf(374), at(474))[2];
  expect(canary).toMatchObject({ facts: "app-3, 5 %", time: "6:14 of 10:00" });
  expect(stagesOf(canaryOf(374), at(474))[3]).toMatchObject({ facts: "2 nodes", time: "≈ 30 s" });
  expect(stagesInWords(canaryOf(0, { steps: [stepOfKind(1, "canary", 70, null)], samples: [] }), at(80))[1]).toBe("Migrate skipped");
  expect(stagesInWords(canaryOf(374, { wish: "hold" }), at(474))[2]).toBe("Canary held");
});

test("a release that was taken back shows where it failed, what was not reached, and the way back", () => {
  const steps = [stepOfKind(1, "migrate", 70, 75), stepOfKind(2, "canary", 75, 99), stepOfKind(3, "judge", 100, 130, { result: "failed", evidence: "12 % of errors" }), stepOfKind(4, "replace", 131, 140)];
  const detail = canaryOf(30, { state: "rolled_back", ended_at: when(150), steps });
  expect(stagesInWords(detail, at(500))).toEqual(["Check done", "Migrate done", "Canary failed", "Roll out ahead", "Smoke ahead", "Record ahead", "Watch ahead", "Roll back done"]);
  expect(stagesOf(detail, at(500)).at(-1)).toMatchObject({ facts: "to 7c41e9a", time: "19 s" });
});

test("a rollback has two stages: it is checked, and everything returns", () => {
  const detail = canaryOf(0, { kind: "rollback", state: "rolling_back", samples: [], steps: [stepOfKind(1, "replace", 70, null)] });
  expect(stagesInWords(detail, at(80))).toEqual(["Check done", "Roll back running"]);
});

test("what happens next has the times at which it is due, and nothing while the canary is held", () => {
  const next = nextOf(canaryOf(374), at(474));
  expect(next.map((each) => each.what)).toEqual(["Does replace", "Does watch_batch", "Does balance", "Does smoke", "Does record", "Does watch"]);
  expect(next[0]?.at).toBe(at(474) + 226_000);
  expect(next[1]?.at).toBe(at(474) + 236_000);
  expect(nextOf(canaryOf(374, { wish: "hold" }), at(474))).toEqual([]);
  expect(nextOf(canaryOf(374, { state: "good", ended_at: when(2000) }), at(2001))).toEqual([]);
});

test("a plan that was made anew counts from its own beginning", () => {
  const detail = canaryOf(374, { steps: [stepOfKind(1, "migrate", 70, 75), stepOfKind(2, "canary", 75, 99), stepOfKind(3, "migrate", 100, 101), stepOfKind(4, "canary", 101, null)] });
  expect(nextOf(detail, at(105)).map((each) => each.what)[0]).toBe("Does judge");
});

test("values have their units, and a limit says what it is", () => {
  expect(checkValue(checkOf("error_ratio"), 0.0014)).toBe("0.14 %");
  expect(checkLimit(checkOf("p99", { limit: 0.618 }))).toBe("≤ 618 ms");
  expect(checkValue(checkOf("cpu", { requests: 10 }), 0.12)).toBe("12 % of a core");
  expect(checkValue(checkOf("cpu", { requests: 640 }), 0.0046)).toBe("4.6 ms");
  expect(checkValue(checkOf("p99"), null)).toBe("–");
});

test("a record of the stream changes what it tells of; what changes more is asked for anew", () => {
  const detail = canaryOf(10);
  const told = (kind: string, data: object, seconds = 130) => withRecord(detail, { seq: 9, at: when(seconds), kind: kind as "sample", data: data as Record<string, never> });
  expect(told("sample", { summary: "s", remaining_ms: 5 })?.samples.at(-1)).toMatchObject({ at: when(130), remaining_ms: 5 });
  expect(told("sample", { summary: "s" }, 110)).toBe(detail);
  expect(told("step_ended", { number: 3, result: "done", evidence: "e" })?.steps.at(-1)).toMatchObject({ result: "done", evidence: "e", ended_at: when(130) });
  expect(told("step_begun", { number: 4, kind: "replace", nodes: "app-1", about: "a", undo: "" })?.steps).toHaveLength(4);
  expect(told("state", { state: "rolling" })).toBeUndefined();
});

test("a reason is quoted as a shell takes it", () => {
  expect(quotedReason(" it's late ")).toBe(" --reason 'it'\\''s late'");
  expect(quotedReason(" ")).toBe("");
});

test("only known views are views", () => {
  expect(viewOf("back")).toBe("back");
  expect(viewOf("toString")).toBeUndefined();
  expect(viewOf(7)).toBeUndefined();
});
