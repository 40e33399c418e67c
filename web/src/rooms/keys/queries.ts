import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import type { ApiKey } from "../../api/types";

const page_size = 50;

interface Page {
  data: ApiKey[];
  next_cursor: string | null;
}

export const keysKey = ["me", "api_keys"] as const;

export const keysQuery = infiniteQueryOptions({
  queryKey: keysKey,
  queryFn: async ({ pageParam, signal }): Promise<Page> => {
    const query = { limit: page_size, ...(pageParam ? { cursor: pageParam } : {}) };
    const page = await body(api.GET("/v1/me/api_keys", { params: { query }, signal }));
    return { data: page.data, next_cursor: page.next_cursor ?? null };
  },
  initialPageParam: "",
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

export async function makeKey(name: string, scopes: string[], days: number): Promise<ApiKey> {
  return body(api.POST("/v1/me/api_keys", { body: { name, scopes, days } }));
}

export async function rotateKey(id: string, grace_seconds: number): Promise<ApiKey> {
  return body(api.POST("/v1/me/api_keys/{id}:rotate", { params: { path: { id } }, body: { grace_seconds } }));
}

export async function revokeKey(id: string): Promise<void> {
  await api.DELETE("/v1/me/api_keys/{id}", { params: { path: { id } } });
}
