import { expect, test } from "vitest";
import { backoff, connection, isStale, messageOf, stale_after_ms, type Connection } from "./live";
import { SseParser } from "./sse";

const open: Connection = { lostAt: undefined, heardAt: 1_000_000 };

test("a heartbeat keeps the screen live for forty seconds and no longer", () => {
  expect(isStale(open, open.heardAt + stale_after_ms)).toBe(false);
  expect(isStale(open, open.heardAt + stale_after_ms + 1)).toBe(true);
});

test("a lost stream is stale after two seconds, and a drain that takes less is no news", () => {
  const lost = connection(open, { kind: "lost", at: 1_001_000 });
  expect(isStale(lost, 1_002_500)).toBe(false);
  expect(isStale(lost, 1_003_001)).toBe(true);
  expect(isStale(connection(lost, { kind: "open", at: 1_003_500 }), 1_003_600)).toBe(false);
});

test("the stream counts as lost since the first failure, not since the last try", () => {
  const once = connection(open, { kind: "lost", at: 10 });
  expect(connection(once, { kind: "lost", at: 20 }).lostAt).toBe(10);
});

test("what an older tab reports does not turn the clock back", () => {
  expect(connection(open, { kind: "heard", at: 5 }).heardAt).toBe(open.heardAt);
});

test("waiting grows with chance in it and has an end", () => {
  expect(backoff(0, 0)).toBeGreaterThan(0);
  expect(backoff(3, 1)).toBeGreaterThan(backoff(1, 1));
  expect(backoff(50, 1)).toBeLessThanOrEqual(10_125);
});

test("frames come out whole, however the bytes were cut", () => {
  const text = ": hello\n\nid: 7\nevent: nodes\ndata: {\"topic\":\"nodes\",\ndata: \"id\":\"a\"}\n\nevent: drain\ndata: {}\n\n";
  for (const size of [1, 2, 3, 7, text.length]) {
    const parser = new SseParser();
    const frames = [];
    for (let at = 0; at < text.length; at += size) frames.push(...parser.feed(text.slice(at, at + size)));
    expect(frames).toEqual([
      { kind: "comment" },
      { kind: "event", event: "nodes", id: "7", data: '{"topic":"nodes",\n"id":"a"}' },
      { kind: "event", event: "drain", id: "7", data: "{}" },
    ]);
  }
});

test("all three ends of line are read, also one that is cut in two", () => {
  const parser = new SseParser();
  expect(parser.feed("data: a\r")).toEqual([]);
  expect(parser.feed("\n\r\ndata: b\r\r")).toMatchObject([{ data: "a" }]);
  expect(parser.feed("data: c\n\n")).toMatchObject([{ data: "b" }, { data: "c" }]);
});

test("a message needs JSON; the event's name stands in for a missing topic", () => {
  expect(messageOf({ kind: "event", event: "files", id: "1", data: '{"id":"fil_1","verb":"created"}' })).toEqual({ topic: "files", id: "fil_1", verb: "created", patch: {} });
  expect(messageOf({ kind: "event", event: "files", id: "1", data: "not json" })).toBeUndefined();
  expect(messageOf({ kind: "comment" })).toBeUndefined();
});
