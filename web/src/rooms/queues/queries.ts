import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, body, idempotencyKey } from "../../api/client";
import type { Job, JobBulkResult, JobCause, JobDetails, JobThroughput, Queue } from "../../api/types";
import type { JobFilter, Side } from "./state";

const page_size = 50;
const look_again_ms = 5_000;
const count_again_ms = 15_000;
const rounds_max = 1_000;

/** Everything below this key is of the organization of the session, or of the platform. */
export const queuesKey = ["queues"] as const;

/** Where the streams of a side are. */
export const streamOf = (side: Side, path: string) => (side === "platform" ? `/v1/platform${path}` : `/v1${path}`);

export const queuesQuery = (side: Side) =>
  queryOptions({
    queryKey: [...queuesKey, side, "list"],
    queryFn: async ({ signal }): Promise<Queue[]> => (await body(side === "platform" ? api.GET("/v1/platform/queues", { signal }) : api.GET("/v1/queues", { signal }))).data,
  });

export const throughputQuery = (side: Side) =>
  queryOptions({
    queryKey: [...queuesKey, side, "throughput"],
    queryFn: ({ signal }): Promise<JobThroughput> => body(side === "platform" ? api.GET("/v1/platform/jobs/throughput", { signal }) : api.GET("/v1/jobs/throughput", { signal })),
    refetchInterval: count_again_ms,
  });

export const causesQuery = (side: Side) =>
  queryOptions({
    queryKey: [...queuesKey, side, "causes"],
    queryFn: async ({ signal }): Promise<JobCause[]> => (await body(side === "platform" ? api.GET("/v1/platform/jobs/failures", { signal }) : api.GET("/v1/jobs/failures", { signal }))).data,
    refetchInterval: look_again_ms,
  });

export const jobsQuery = (side: Side, filter: JobFilter) =>
  infiniteQueryOptions({
    queryKey: [...queuesKey, side, "jobs", filter],
    queryFn: async ({ pageParam, signal }): Promise<{ data: Job[]; next_cursor: string | null }> => {
      const params = { query: { limit: page_size, ...filter, ...(pageParam ? { cursor: pageParam } : {}) } };
      const page = await body(side === "platform" ? api.GET("/v1/platform/jobs", { params, signal }) : api.GET("/v1/jobs", { params, signal }));
      return { data: page.data, next_cursor: page.next_cursor ?? null };
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: look_again_ms,
  });

export const jobQuery = (side: Side, job: string) =>
  queryOptions({
    queryKey: [...queuesKey, side, "job", job],
    queryFn: ({ signal }): Promise<JobDetails> => {
      const params = { path: { job } };
      return body(side === "platform" ? api.GET("/v1/platform/jobs/{job}", { params, signal }) : api.GET("/v1/jobs/{job}", { params, signal }));
    },
  });

const keyed = () => ({ "Idempotency-Key": idempotencyKey() });

export async function pauseQueue(side: Side, queue: string, reason: string): Promise<void> {
  const params = { path: { queue }, header: keyed() };
  if (side === "platform") await api.POST("/v1/platform/queues/{queue}:pause", { params, body: { reason } });
  else await api.POST("/v1/queues/{queue}:pause", { params, body: { reason } });
}

export async function resumeQueue(side: Side, queue: string): Promise<void> {
  const params = { path: { queue }, header: keyed() };
  if (side === "platform") await api.POST("/v1/platform/queues/{queue}:resume", { params });
  else await api.POST("/v1/queues/{queue}:resume", { params });
}

export type JobVerb = "cancel" | "retry" | "promote";

export async function actOnJob(side: Side, job: string, verb: JobVerb): Promise<void> {
  const params = { path: { job }, header: keyed() };
  if (side === "platform") await api.POST(`/v1/platform/jobs/{job}:${verb}`, { params });
  else await api.POST(`/v1/jobs/{job}:${verb}`, { params });
}

/** The dead of a queue, all or those of a cause. */
export interface Letters {
  queue: string;
  kind?: string;
  error_type?: string;
}

function redriveOnce(side: Side, { queue, ...which }: Letters, dry_run: boolean): Promise<JobBulkResult> {
  const params = { path: { queue }, header: keyed() };
  const wanted = { ...which, dry_run };
  return body(side === "platform" ? api.POST("/v1/platform/queues/{queue}/dead:redrive", { params, body: wanted }) : api.POST("/v1/queues/{queue}/dead:redrive", { params, body: wanted }));
}

/** What would go back; it changes nothing, though it is asked for with a POST. */
export const previewQuery = (side: Side, letters: Letters) =>
  queryOptions({
    queryKey: [...queuesKey, side, "preview", letters],
    queryFn: () => redriveOnce(side, letters, true),
    staleTime: 0,
    gcTime: 0,
  });

/** 10,000 at a time, until none is left; returns how many went back. */
export async function redrive(side: Side, letters: Letters): Promise<number> {
  let changed = 0;
  for (let round = 0; round < rounds_max; round++) {
    const result = await redriveOnce(side, letters, false);
    changed += result.changed;
    if (!result.has_more || result.changed === 0) break;
  }
  return changed;
}
