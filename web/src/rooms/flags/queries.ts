import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { cache } from "../../api/cache";
import { api, body, idempotencyKey } from "../../api/client";
import { filterOf, type View } from "./state";
import type { Clause, Draft, Environment, Flag, FlagPatch, Imported, Member, NewFlag, Segment, Subject, Targeting } from "./types";

const page_size = 100;
const history_size = 25;

/** Everything below this key is of flags, and asked for again when one of them was published. */
export const flagsKey = ["flags"] as const;

export const settled = () => cache.invalidateQueries({ queryKey: flagsKey });

/** With the version that the next change must name. */
export interface Versioned<T> {
  value: T;
  etag: string;
}

async function versioned<T>(answer: Promise<{ data?: T; response: Response }>): Promise<Versioned<T>> {
  const { response } = await answer;
  return { value: await body(answer), etag: response.headers.get("etag") ?? "" };
}

export const environmentsQuery = queryOptions({
  queryKey: [...flagsKey, "environments"],
  queryFn: async ({ signal }) => (await body(api.GET("/v1/admin/flag-environments", { signal }))).data,
});

export const summaryQuery = (environment: string) =>
  queryOptions({
    queryKey: [...flagsKey, "summary", environment],
    queryFn: ({ signal }) => body(api.GET("/v1/admin/flags:summary", { params: { query: { environment } }, signal })),
    enabled: environment !== "",
  });

export const flagsQuery = (environment: string, view: View | undefined, q: string | undefined) =>
  infiniteQueryOptions({
    queryKey: [...flagsKey, "list", environment, view ?? "all", q ?? ""],
    queryFn: ({ pageParam, signal }) =>
      body(api.GET("/v1/admin/flags", { params: { query: { environment, ...filterOf(view), ...(q && { q }), limit: page_size, ...(pageParam && { cursor: pageParam }) } }, signal })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    enabled: environment !== "",
    placeholderData: keepPreviousData,
  });

export const flagQuery = (flag: string) =>
  queryOptions({
    queryKey: [...flagsKey, "flag", flag],
    queryFn: ({ signal }) => versioned(api.GET("/v1/admin/flags/{flag}", { params: { path: { flag } }, signal })),
  });

export const targetingQuery = (flag: string, environment: string) =>
  queryOptions({
    queryKey: [...flagsKey, "targeting", flag, environment],
    queryFn: ({ signal }) => versioned(api.GET("/v1/admin/flags/{flag}/environments/{environment}", { params: { path: { flag, environment } }, signal })),
    enabled: environment !== "",
  });

/** What a draft answers, and what is answered live. A draft that cannot be evaluated is refused with words. */
export const previewQuery = (flag: string, environment: string, draft: Draft, subject: Subject) =>
  queryOptions({
    queryKey: [...flagsKey, "preview", flag, environment, draft, subject],
    queryFn: ({ signal }) => body(api.POST("/v1/admin/flags/{flag}/environments/{environment}:preview", { params: { path: { flag, environment } }, body: { draft, subject }, signal })),
    placeholderData: keepPreviousData,
    retry: false,
  });

export const impactQuery = (flag: string, environment: string, draft: Draft) =>
  queryOptions({
    queryKey: [...flagsKey, "impact", flag, environment, draft],
    queryFn: ({ signal }) => body(api.POST("/v1/admin/flags/{flag}/environments/{environment}:impact", { params: { path: { flag, environment } }, body: { draft }, signal })),
    placeholderData: keepPreviousData,
    retry: false,
  });

export type Range = "24h" | "7d";

const look_again_ms = 10_000;

export const evaluationsQuery = (flag: string, environment: string, range: Range) =>
  queryOptions({
    queryKey: [...flagsKey, "evaluations", flag, environment, range],
    queryFn: ({ signal }) => body(api.GET("/v1/admin/flags/{flag}/evaluations", { params: { path: { flag }, query: { environment, range } }, signal })),
    // Nodes add their counts up each ten seconds.
    refetchInterval: look_again_ms,
  });

export const historyQuery = (flag: string, environment: string) =>
  infiniteQueryOptions({
    queryKey: [...flagsKey, "history", flag, environment],
    queryFn: ({ pageParam, signal }) =>
      body(api.GET("/v1/admin/flags/{flag}/history", { params: { path: { flag }, query: { environment, limit: history_size, ...(pageParam && { cursor: pageParam }) } }, signal })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const segmentsQuery = queryOptions({
  queryKey: [...flagsKey, "segments"],
  queryFn: async ({ signal }) => (await body(api.GET("/v1/admin/segments", { signal }))).data,
});

const changing = (etag: string) => ({ "If-Match": etag });
const merging = { "Content-Type": "application/merge-patch+json" };

export function makeEnvironment(wanted: Pick<Environment, "key" | "name" | "protected">): Promise<Environment> {
  return body(api.POST("/v1/admin/flag-environments", { body: wanted, params: { header: { "Idempotency-Key": idempotencyKey() } } }));
}

export function editEnvironment(environment: string, change: { name?: string; protected?: boolean }): Promise<Environment> {
  return body(api.PATCH("/v1/admin/flag-environments/{environment}", { params: { path: { environment } }, body: change, headers: merging }));
}

export function makeFlag(wanted: NewFlag): Promise<Flag> {
  return body(api.POST("/v1/admin/flags", { body: wanted, params: { header: { "Idempotency-Key": idempotencyKey() } } }));
}

/** A merge patch: null takes a value away. */
export function editFlag(flag: string, change: FlagPatch, etag: string): Promise<Flag> {
  return body(api.PATCH("/v1/admin/flags/{flag}", { params: { path: { flag }, header: changing(etag) }, body: change, headers: merging }));
}

export async function archiveFlag(flag: string, reason: string): Promise<void> {
  await api.POST("/v1/admin/flags/{flag}:archive", { params: { path: { flag } }, body: { reason } });
}

export async function restoreFlag(flag: string): Promise<void> {
  await api.POST("/v1/admin/flags/{flag}:restore", { params: { path: { flag } }, body: {} });
}

export function saveTargeting(flag: string, environment: string, draft: Draft, reason: string, etag: string): Promise<Targeting> {
  return body(
    api.PUT("/v1/admin/flags/{flag}/environments/{environment}", { params: { path: { flag, environment }, header: changing(etag) }, body: { ...draft, ...(reason && { reason }) } }),
  );
}

export async function killFlag(flag: string, environment: string, reason: string): Promise<void> {
  await api.POST("/v1/admin/flags/{flag}/environments/{environment}:kill", { params: { path: { flag, environment } }, body: { reason } });
}

export async function enableFlag(flag: string, environment: string, reason: string): Promise<void> {
  await api.POST("/v1/admin/flags/{flag}/environments/{environment}:enable", { params: { path: { flag, environment } }, body: reason ? { reason } : {} });
}

export async function undoChange(flag: string, change: string, reason: string, etag: string): Promise<void> {
  await api.POST("/v1/admin/flags/{flag}/history/{change}:undo", { params: { path: { flag, change }, header: changing(etag) }, body: { reason } });
}

/** `document` is what was in the file: the API says what is wrong with it. */
export function importFlags(environment: string, format: "acme" | "unleash", document: unknown, reason: string | undefined): Promise<Imported> {
  const query = { environment, format, ...(reason === undefined ? { dry_run: "1" } : reason !== "" && { reason }) };
  return body(api.POST("/v1/admin/flags:import", { params: { query }, body: document as never }));
}

/** Makes it, or replaces the one that was read. */
export async function saveSegment(segment: string, wanted: { name: string; description: string; if: Clause[] }, before: Segment | undefined): Promise<void> {
  await api.PUT("/v1/admin/segments/{segment}", { params: { path: { segment } }, body: wanted, headers: before ? changing(`"${before.version}"`) : {} });
}

export async function deleteSegment(segment: string): Promise<void> {
  await api.DELETE("/v1/admin/segments/{segment}", { params: { path: { segment } } });
}

export async function changeMembers(segment: string, add: Member[], remove: Member[]): Promise<void> {
  await api.POST("/v1/admin/segments/{segment}/members:batch", { params: { path: { segment } }, body: { add, remove } });
}

export const membersQuery = (segment: string) =>
  infiniteQueryOptions({
    queryKey: [...flagsKey, "members", segment],
    queryFn: ({ pageParam, signal }) => body(api.GET("/v1/admin/segments/{segment}/members", { params: { path: { segment }, query: { limit: history_size, ...(pageParam && { cursor: pageParam }) } }, signal })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
