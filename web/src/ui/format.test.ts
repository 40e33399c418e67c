import { expect, test } from "vitest";
import { ago, bytes, clock, duration, fullTime, isRecent, list, milliseconds, percent, plural, rate, shortOf, withShort, words } from "./format";

const at = Date.parse("2026-11-23T02:54:07Z");

test("a number keeps its unit and its thousands", () => {
  expect(words(rate(1284.4))).toBe("1,284 req/s");
  expect(words(rate(12.34))).toBe("12.3 req/s");
  expect(words(rate(0))).toBe("0 req/s");
  expect(words(rate(null))).toBe("– req/s");
});

test("a ratio that is small but not zero is never written as zero", () => {
  expect(words(percent(0.0012))).toBe("0.12 %");
  expect(words(percent(0))).toBe("0 %");
  expect(words(percent(0.00001))).toBe("< 0.01 %");
});

test("milliseconds become seconds from one second on", () => {
  expect(words(milliseconds(412.3))).toBe("412 ms");
  expect(words(milliseconds(0.84))).toBe("0.84 ms");
  expect(words(milliseconds(2000))).toBe("2 s");
});

test("sizes are binary and never read 1,024 of a unit", () => {
  expect(words(bytes(0))).toBe("0 B");
  expect(words(bytes(1023))).toBe("1,023 B");
  expect(words(bytes(52_428_800))).toBe("50 MiB");
  expect(words(bytes(1024 ** 3 - 1))).toBe("1 GiB");
});

test("a duration has two units at most", () => {
  expect(duration(226_000)).toBe("3 min 46 s");
  expect(duration(60_000)).toBe("1 min");
  expect(duration(0)).toBe("0 s");
  expect(duration(90_061_000)).toBe("1 d 1 h");
  expect(duration(86_400_000 + 61_000)).toBe("1 d");
  expect(ago(3_000)).toBe("just now");
  expect(ago(61_000)).toBe("1 min 1 s ago");
});

test("UTC comes first, local beside it, both labelled, with the day where it differs", () => {
  expect(fullTime(at, "Europe/Paris")).toBe("23 Nov 2026, 02:54 UTC · 03:54 Paris");
  expect(fullTime(at, "America/New_York")).toBe("23 Nov 2026, 02:54 UTC · 22 Nov 2026, 21:54 New York");
  expect(fullTime(at, "UTC")).toBe("23 Nov 2026, 02:54 UTC");
  expect(clock(at)).toBe("02:54:07");
});

test("relative times end after seven days", () => {
  expect(isRecent(at, at + 6 * 86_400_000)).toBe(true);
  expect(isRecent(at, at + 7 * 86_400_000)).toBe(false);
});

test("a release is called by its first signs, and what is no digest by its whole name", () => {
  expect(shortOf("7c41e9a0000000000000000000000000000000aa")).toBe("7c41e9a");
  expect(shortOf("dev-72192279584b0247")).toBe("dev-7219227");
  expect(shortOf("r-1")).toBe("r-1");
  expect(withShort("drains app-1 and starts dev-72192279584b0247")).toBe("drains app-1 and starts dev-7219227");
  expect(withShort("rolled back by usr_01m8j6xetvfwqv3j998mvh3xfg")).toBe("rolled back by usr_…vh3xfg");
});

test("words agree with their number", () => {
  expect(plural(1, "file")).toBe("1 file");
  expect(plural(0, "file")).toBe("0 files");
  expect(list(["a"])).toBe("a");
  expect(list(["a", "b", "c"])).toBe("a, b and c");
});
