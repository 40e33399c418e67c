// What is said of webhooks and deliveries: pure.

import type { Webhook, WebhookAttempt, WebhookDelivery } from "../../api/types";
import { plural } from "../../ui/format";
import type { Tone } from "../../ui/mark";

export function toneOf(webhook: Webhook): Tone {
  if (webhook.disabled_because === "paused") return "idle";
  if (!webhook.enabled) return "crit";
  return webhook.failing_since ? "warn" : "ok";
}

/** One word for a row. */
export function wordOf(webhook: Webhook): string {
  if (webhook.disabled_because === "paused") return "paused";
  if (!webhook.enabled) return "disabled";
  return webhook.failing_since ? "failing" : "enabled";
}

/** A sentence for its own page. */
export function sentenceOf(webhook: Webhook): string {
  switch (webhook.disabled_because) {
    case "paused":
      return "The webhook is paused.";
    case "failing":
      return "The webhook was disabled: every attempt failed for three days.";
    case "gone":
      return "The webhook was disabled: its receiver answered 410 Gone.";
  }
  return webhook.failing_since ? "What is sent to the webhook fails." : "The webhook is enabled.";
}

export function sentenceOfAll(webhooks: readonly Webhook[] | undefined, failed: boolean): string {
  if (!webhooks) return failed ? "The webhooks are not known." : "Reading the webhooks.";
  if (webhooks.length === 0) return "No program is told what happens here.";
  const bad = webhooks.filter((webhook) => toneOf(webhook) === "crit" || toneOf(webhook) === "warn").length;
  const all = plural(webhooks.length, "webhook is", "webhooks are");
  return bad === 0 ? `${all} set up.` : `${all} set up, ${bad} of them in trouble.`;
}

export function toneOfAll(webhooks: readonly Webhook[] | undefined, failed: boolean): Tone {
  if (!webhooks) return failed ? "crit" : "idle";
  if (webhooks.some((webhook) => toneOf(webhook) === "crit")) return "crit";
  return webhooks.some((webhook) => toneOf(webhook) === "warn") ? "warn" : "ok";
}

export function toneOfDelivery(delivery: WebhookDelivery): Tone {
  if (delivery.state === "delivered") return "ok";
  if (delivery.state === "failed") return "crit";
  return delivery.attempts > 0 ? "warn" : "active";
}

const outcomes: Record<WebhookAttempt["outcome"], string> = {
  delivered: "taken",
  gone: "410 Gone",
  redirected: "a redirect, which is not followed",
  refused: "refused",
  unreachable: "no connection",
  forbidden_address: "the name leads to an address that is not public",
  insecure: "the certificate is not to be trusted",
  timed_out: "no answer within 15 s",
  broken_off: "the answer broke off",
  unsealed: "not sent: the secret cannot be opened any more, rotate it",
};

/** "refused, status 500" */
export function outcomeWords(outcome: string, status: number | null | undefined): string {
  const words = outcomes[outcome as WebhookAttempt["outcome"]] ?? outcome;
  return status ? `${words}, status ${status}` : words;
}

/** What was sent, as one reads it; as it is when it is no JSON. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** "hooks.example.com/acme" */
export function shortUrl(url: string): string {
  return url.replace(/^https?:\/\//, "");
}
