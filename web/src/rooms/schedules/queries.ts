import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, body, idempotencyKey } from "../../api/client";
import type { NewSchedule, Schedule, ScheduleBackfill, ScheduleBackfilled, SchedulePreview, ScheduleRun, ScheduleTimes } from "../../api/types";

const page_size = 25;
const schedules_max = 100;

/** Everything below this key is of schedules. */
export const schedulesKey = ["schedules"] as const;

/** Whose: the organization's of the session, or the platform's own. */
export type Owner = "organization" | "platform";

export const schedulesQuery = (owner: Owner) =>
  queryOptions({
    queryKey: [...schedulesKey, owner, "list"],
    queryFn: async ({ signal }): Promise<Schedule[]> => {
      const query = { limit: schedules_max };
      const page = owner === "platform" ? api.GET("/v1/platform/schedules", { params: { query }, signal }) : api.GET("/v1/schedules", { params: { query }, signal });
      return (await body(page)).data;
    },
  });

export const scheduleQuery = (owner: Owner, schedule: string) =>
  queryOptions({
    queryKey: [...schedulesKey, owner, schedule],
    queryFn: ({ signal }): Promise<Schedule> => {
      const params = { path: { schedule } };
      return body(owner === "platform" ? api.GET("/v1/platform/schedules/{schedule}", { params, signal }) : api.GET("/v1/schedules/{schedule}", { params, signal }));
    },
  });

export const runsQuery = (owner: Owner, schedule: string) =>
  infiniteQueryOptions({
    queryKey: [...schedulesKey, owner, schedule, "runs"],
    queryFn: async ({ pageParam, signal }): Promise<{ data: ScheduleRun[]; next_cursor: string | null }> => {
      const params = { path: { schedule }, query: { limit: page_size, ...(pageParam ? { cursor: pageParam } : {}) } };
      const page = await body(
        owner === "platform" ? api.GET("/v1/platform/schedules/{schedule}/runs", { params, signal }) : api.GET("/v1/schedules/{schedule}/runs", { params, signal }),
      );
      return { data: page.data, next_cursor: page.next_cursor ?? null };
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

/** What is wrong is told by a problem, each part with its field. */
export const previewQuery = (times: ScheduleTimes) =>
  queryOptions({
    queryKey: [...schedulesKey, "preview", times],
    queryFn: ({ signal }): Promise<SchedulePreview> => body(api.POST("/v1/schedules:preview", { body: times, signal })),
    enabled: Boolean(times.cron) || Boolean(times.rrule && times.starts_at),
    retry: false,
  });

/** Where they are told of as they change. */
export const streamOf = (owner: Owner) => (owner === "platform" ? "/v1/platform/schedules:events" : "/v1/schedules:events");

/** Runs what was due within a time that is past, or shows what that would be. */
export function backfill(schedule: string, wanted: ScheduleBackfill): Promise<ScheduleBackfilled> {
  return body(api.POST("/v1/schedules/{schedule}:backfill", { params: { path: { schedule }, header: { "Idempotency-Key": idempotencyKey() } }, body: wanted }));
}

/** A new one: of a name that is taken, the API asks for its version, and nothing happens. */
export function makeSchedule(name: string, wanted: NewSchedule): Promise<Schedule> {
  return body(api.PUT("/v1/schedules/{schedule}", { params: { path: { schedule: name } }, body: wanted }));
}

export async function deleteSchedule(schedule: string): Promise<void> {
  await api.DELETE("/v1/schedules/{schedule}", { params: { path: { schedule } } });
}

export async function runNow(owner: Owner, schedule: string): Promise<void> {
  const params = { path: { schedule }, header: { "Idempotency-Key": idempotencyKey() } };
  if (owner === "platform") await api.POST("/v1/platform/schedules/{schedule}:trigger", { params });
  else await api.POST("/v1/schedules/{schedule}:trigger", { params });
}

export async function pauseSchedule(owner: Owner, schedule: string, reason: string): Promise<void> {
  const options = { params: { path: { schedule } }, body: { reason } };
  if (owner === "platform") await api.POST("/v1/platform/schedules/{schedule}:pause", options);
  else await api.POST("/v1/schedules/{schedule}:pause", options);
}

export async function resumeSchedule(owner: Owner, schedule: string): Promise<void> {
  const params = { path: { schedule } };
  if (owner === "platform") await api.POST("/v1/platform/schedules/{schedule}:resume", { params });
  else await api.POST("/v1/schedules/{schedule}:resume", { params });
}
