import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useSyncExternalStore } from "react";
import { cache } from "../../api/cache";
import type { Message } from "../../api/live";
import type { Deployment, DeploymentDetail, DeploymentRecord } from "../../api/types";
import { useLiveness, useMessages } from "../../ui/live_context";
import { deploymentQuery, runningQuery } from "./queries";
import { isRunning, withRecord } from "./state";

/** While the stream is silent what runs is asked for, and now and then even while it is not. */
const refetch_stale_ms = 5_000;
const refetch_ms = 30_000;

/** The last look of a judge that the stream told of: for the countdown in the bar. */
export interface Looked {
  id: string;
  at: number;
  remaining_ms: number;
}

let looked: Looked | undefined;
const watchers = new Set<() => void>();

export function useLooked(): Looked | undefined {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => looked,
  );
}

function isRecord(patch: unknown): patch is DeploymentRecord {
  return patch !== null && typeof patch === "object" && "seq" in patch && "kind" in patch && "data" in patch;
}

function apply({ id, verb, patch }: Message): void {
  if (verb === "told" && isRecord(patch)) {
    const record = { ...patch, data: patch.data ?? {} };
    const remaining = (record.data as { remaining_ms?: unknown }).remaining_ms;
    if (record.kind === "sample" && typeof remaining === "number") {
      looked = { id, at: Date.parse(record.at), remaining_ms: remaining };
      for (const watcher of watchers) watcher();
    }
    const { queryKey } = deploymentQuery(id);
    const known = cache.getQueryData<DeploymentDetail>(queryKey);
    const next = known && withRecord(known, record);
    if (next) cache.setQueryData(queryKey, next);
    else void cache.invalidateQueries({ queryKey });
    if (record.kind === "sample" || record.kind === "note") return;
  } else {
    void cache.invalidateQueries({ queryKey: deploymentQuery(id).queryKey });
  }
  // What a step or a state changes, lists, releases and nodes show too.
  for (const queryKey of [["deployments", "list"], ["deployments", "running"], ["releases"], ["fleet"]]) void cache.invalidateQueries({ queryKey });
}

/** Keeps deployments live under every page. */
export function DeployFeed() {
  const { stale } = useLiveness();
  useQuery({ ...runningQuery, refetchInterval: stale ? refetch_stale_ms : refetch_ms });
  useMessages("deployments", useCallback(apply, []));
  useEffect(() => {
    // What was missed while there was no stream.
    if (!stale) void cache.invalidateQueries({ queryKey: ["deployments"] });
  }, [stale]);
  return null;
}

export function useDeployment(id: string) {
  const { stale, connection } = useLiveness();
  const query = useQuery({
    ...deploymentQuery(id),
    refetchInterval: ({ state }) => (state.data && !isRunning(state.data) ? false : stale ? refetch_stale_ms : refetch_ms),
  });
  return { ...query, stale: stale || query.isRefetchError, heardAt: connection.heardAt };
}

/** What goes on now: the one that is carried out rather than one that waits behind it. */
export function useRunning(): Deployment | undefined {
  const { data } = useQuery(runningQuery);
  return data?.data.find((deployment) => deployment.state !== "queued") ?? data?.data[0];
}
