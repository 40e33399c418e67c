import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, body, idempotencyKey } from "../../api/client";
import type { Deployment } from "../../api/types";
import { views, type View } from "./state";

const page_size = 25;

export const deploymentsQuery = (view?: View) =>
  infiniteQueryOptions({
    queryKey: ["deployments", "list", view ?? "all"],
    queryFn: ({ pageParam, signal }) =>
      body(
        api.GET("/v1/deployments", {
          params: { query: { limit: page_size, ...(view ? { state: views[view].states.join(",") } : {}), ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });

/** What runs or waits now, the newest first. The bar of every page shows it. */
export const runningQuery = queryOptions({
  queryKey: ["deployments", "running"],
  queryFn: ({ signal }) => body(api.GET("/v1/deployments", { params: { query: { limit: 5, state: views.running.states.join(",") } }, signal })),
});

export const deploymentQuery = (id: string) =>
  queryOptions({
    queryKey: ["deployments", "one", id],
    queryFn: ({ signal }) => body(api.GET("/v1/deployments/{id}", { params: { path: { id } }, signal })),
  });

export const releasesQuery = queryOptions({
  queryKey: ["releases", "list"],
  queryFn: ({ signal }) => body(api.GET("/v1/releases", { params: { query: { limit: 50 } }, signal })),
});

export const currentQuery = queryOptions({
  queryKey: ["releases", "current"],
  queryFn: ({ signal }) => body(api.GET("/v1/releases/current", { signal })),
});

export const figuresQuery = queryOptions({
  queryKey: ["releases", "figures"],
  queryFn: ({ signal }) => body(api.GET("/v1/releases/figures", { signal })),
  staleTime: 60_000,
});

export const fleetQuery = queryOptions({
  queryKey: ["fleet"],
  queryFn: ({ signal }) => body(api.GET("/v1/fleet", { signal })),
});

/** The last look for drift: a worker's, or that of `acme drift show`. */
export const driftQuery = queryOptions({
  queryKey: ["fleet", "drift"],
  queryFn: ({ signal }) => body(api.GET("/v1/drift", { signal })),
});

export const freezesQuery = queryOptions({
  queryKey: ["freezes"],
  queryFn: ({ signal }) => body(api.GET("/v1/freezes", { params: { query: { limit: 20 } }, signal })),
});

/** An intent: its key is the same when a lost answer makes a person press again. */
export interface Intent<T> {
  wanted: T;
  key: string;
}

export function intent<T>(wanted: T): Intent<T> {
  return { wanted, key: idempotencyKey() };
}

const keyed = (key: string) => ({ "Idempotency-Key": key });

export function rollBack({ wanted, key }: Intent<{ to: string; reason: string }>): Promise<Deployment> {
  return body(api.POST("/v1/rollbacks", { params: { header: keyed(key) }, body: wanted }));
}

export function deploy({ wanted, key }: Intent<{ release: string; reason: string; canary_window_ms?: number }>): Promise<Deployment> {
  return body(api.POST("/v1/deployments", { params: { header: keyed(key) }, body: wanted }));
}

export type Wish = "hold" | "resume" | "promote" | "abort";

export function ask(id: string, wish: Wish, { wanted, key }: Intent<{ reason: string }>): Promise<Deployment> {
  const options = { params: { path: { id }, header: keyed(key) }, body: wanted };
  switch (wish) {
    case "hold":
      return body(api.POST("/v1/deployments/{id}:hold", options));
    case "resume":
      return body(api.POST("/v1/deployments/{id}:resume", options));
    case "promote":
      return body(api.POST("/v1/deployments/{id}:promote", options));
    case "abort":
      return body(api.POST("/v1/deployments/{id}:abort", options));
  }
}

export function freeze({ wanted, key }: Intent<{ reason: string; until: string }>) {
  return body(api.POST("/v1/freezes", { params: { header: keyed(key) }, body: wanted }));
}

export function lift(id: string, reason: string) {
  return body(api.DELETE("/v1/freezes/{id}", { params: { path: { id }, query: { reason } } }));
}
