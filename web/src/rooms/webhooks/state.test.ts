import { expect, test } from "vitest";
import type { Webhook, WebhookDelivery } from "../../api/types";
import { outcomeWords, pretty, sentenceOf, sentenceOfAll, shortUrl, toneOf, toneOfAll, toneOfDelivery, wordOf } from "./state";

const webhook: Webhook = {
  id: "whk_1",
  url: "https://example.com/hook",
  description: "",
  event_types: ["*"],
  enabled: true,
  disabled_because: null,
  failing_since: null,
  old_secret_until: null,
  created_at: "2026-11-23T10:00:00.000Z",
  updated_at: "2026-11-23T10:00:00.000Z",
};
const paused: Webhook = { ...webhook, enabled: false, disabled_because: "paused" };
const gone: Webhook = { ...webhook, enabled: false, disabled_because: "gone" };
const failing: Webhook = { ...webhook, failing_since: "2026-11-23T10:00:00.000Z" };

test("each state has its word and its tone", () => {
  expect([webhook, paused, gone, failing].map(wordOf)).toEqual(["enabled", "paused", "disabled", "failing"]);
  expect([webhook, paused, gone, failing].map(toneOf)).toEqual(["ok", "idle", "crit", "warn"]);
  expect(sentenceOf(gone)).toContain("410");
});

test("the page says how many are in trouble", () => {
  expect(sentenceOfAll(undefined, false)).toBe("Reading the webhooks.");
  expect(sentenceOfAll(undefined, true)).toBe("The webhooks are not known.");
  expect(sentenceOfAll([], false)).toBe("No program is told what happens here.");
  expect(sentenceOfAll([webhook], false)).toBe("1 webhook is set up.");
  expect(sentenceOfAll([webhook, gone, failing], false)).toBe("3 webhooks are set up, 2 of them in trouble.");
  expect(toneOfAll([webhook, gone], false)).toBe("crit");
  expect(toneOfAll([webhook, paused], false)).toBe("ok");
});

test("a delivery that was tried and waits is not one that is new", () => {
  const delivery = { state: "pending", attempts: 0 } as WebhookDelivery;
  expect(toneOfDelivery(delivery)).toBe("active");
  expect(toneOfDelivery({ ...delivery, attempts: 1 })).toBe("warn");
});

test("outcomes are said in words, with the status where there was an answer", () => {
  expect(outcomeWords("refused", 500)).toBe("refused, status 500");
  expect(outcomeWords("timed_out", null)).toBe("no answer within 15 s");
});

test("bodies are laid out, and left alone when they are no JSON", () => {
  expect(pretty('{"a":1}')).toBe('{\n  "a": 1\n}');
  expect(pretty("nonsense")).toBe("nonsense");
  expect(shortUrl("https://example.com/hook")).toBe("example.com/hook");
});
