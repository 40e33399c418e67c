import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, body, idempotencyKey } from "../../api/client";
import type { DeliveryState, EventType, NewWebhook, Webhook, WebhookDelivery, WebhookDetails } from "../../api/types";

const page_size = 50;
const webhooks_max = 200;
const look_again_ms = 5_000;

/** Everything below this key is of the organization of the session. */
export const webhooksKey = ["webhooks"] as const;

export const webhooksQuery = queryOptions({
  queryKey: [...webhooksKey, "list"],
  queryFn: async ({ signal }): Promise<Webhook[]> => (await body(api.GET("/v1/webhooks", { params: { query: { limit: webhooks_max } }, signal }))).data,
});

export const eventTypesQuery = queryOptions({
  queryKey: [...webhooksKey, "types"],
  queryFn: async ({ signal }): Promise<EventType[]> => (await body(api.GET("/v1/webhooks/event_types", { signal }))).data,
  staleTime: Infinity,
});

export const webhookQuery = (id: string) =>
  queryOptions({
    queryKey: [...webhooksKey, id],
    queryFn: ({ signal }): Promise<Webhook> => body(api.GET("/v1/webhooks/{id}", { params: { path: { id } }, signal })),
    refetchInterval: look_again_ms,
  });

export const deliveriesQuery = (id: string, state: DeliveryState | "") =>
  infiniteQueryOptions({
    queryKey: [...webhooksKey, id, "deliveries", state],
    queryFn: async ({ pageParam, signal }): Promise<{ data: WebhookDelivery[]; next_cursor: string | null }> => {
      const query = { limit: page_size, ...(state ? { state } : {}), ...(pageParam ? { cursor: pageParam } : {}) };
      const page = await body(api.GET("/v1/webhooks/{id}/deliveries", { params: { path: { id }, query }, signal }));
      return { data: page.data, next_cursor: page.next_cursor ?? null };
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: look_again_ms,
  });

export const deliveryQuery = (id: string, delivery: string) =>
  queryOptions({
    queryKey: [...webhooksKey, id, "delivery", delivery],
    queryFn: ({ signal }): Promise<WebhookDetails> => body(api.GET("/v1/webhooks/{id}/deliveries/{delivery}", { params: { path: { id, delivery } }, signal })),
    refetchInterval: look_again_ms,
  });

/** The answer has the secret, once. */
export function makeWebhook(wanted: NewWebhook, key: string): Promise<Webhook> {
  return body(api.POST("/v1/webhooks", { params: { header: { "Idempotency-Key": key } }, body: wanted }));
}

export function rotateSecret(id: string, grace_seconds: number): Promise<Webhook> {
  return body(api.POST("/v1/webhooks/{id}:rotate_secret", { params: { path: { id } }, body: { grace_seconds } }));
}

/** Against the version that is there now: who presses says what it shall be, whatever it was. */
export async function setEnabled(id: string, enabled: boolean): Promise<void> {
  const path = { id };
  const { response } = await api.GET("/v1/webhooks/{id}", { params: { path } });
  await api.PATCH("/v1/webhooks/{id}", {
    params: { path, header: { "If-Match": response.headers.get("etag") ?? "" } },
    body: { enabled },
    headers: { "Content-Type": "application/merge-patch+json" },
  });
}

export async function deleteWebhook(id: string): Promise<void> {
  await api.DELETE("/v1/webhooks/{id}", { params: { path: { id } } });
}

export async function sendTest(id: string): Promise<void> {
  await api.POST("/v1/webhooks/{id}:test", { params: { path: { id }, header: { "Idempotency-Key": idempotencyKey() } } });
}

export async function redeliver(id: string, delivery: string): Promise<void> {
  const path = { id, delivery };
  await api.POST("/v1/webhooks/{id}/deliveries/{delivery}:redeliver", { params: { path, header: { "Idempotency-Key": idempotencyKey() } } });
}

/** How many of them go out again. */
export async function redeliverFailed(id: string): Promise<number> {
  const answer = await body(api.POST("/v1/webhooks/{id}:redeliver_failed", { params: { path: { id }, header: { "Idempotency-Key": idempotencyKey() } }, body: {} }));
  return answer.redelivered;
}
