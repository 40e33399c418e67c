import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useSyncExternalStore } from "react";
import { cache } from "../../api/cache";
import { stale_after_ms, type Message } from "../../api/live";
import { useLiveness, useMessages } from "../../ui/live_context";
import { nodesQuery } from "./queries";
import { applyMessage, withSample, type Sample } from "./state";

const refetch_ms = 5_000;

/** A snapshot comes every second; after this without one it is asked for. */
const overdue_ms = 5_000;

let samples: readonly Sample[] = [];
const watchers = new Set<() => void>();

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** What was received since the page was opened. */
export function useSamples(): readonly Sample[] {
  return useSyncExternalStore(watch, () => samples);
}

/** The nodes, and whether what is known of them may still be called live. */
export function useNodes() {
  const query = useQuery(nodesQuery);
  const { stale } = useLiveness();
  // By this machine's clock: the database's may differ.
  const age = query.data ? Date.now() - query.dataUpdatedAt : 0;
  const isRefused = age > overdue_ms && (query.failureCount > 0 || query.isRefetchError);
  return { ...query, stale: stale || isRefused || age > stale_after_ms, isOverdue: age > overdue_ms };
}

/** Keeps the nodes live under every page: messages go into the cache, and while there is no stream it asks. */
export function NodesFeed() {
  const { data, stale, isOverdue } = useNodes();
  useQuery({ ...nodesQuery, refetchInterval: stale || isOverdue ? refetch_ms : false });
  useMessages(
    "nodes",
    useCallback((message: Message) => {
      cache.setQueryData(nodesQuery.queryKey, (nodes) => applyMessage(nodes, message));
    }, []),
  );
  useEffect(() => {
    if (!data) return;
    const next = withSample(samples, data);
    if (next === samples) return;
    samples = next;
    for (const watcher of watchers) watcher();
  }, [data]);
  useEffect(() => {
    // What was missed while there was no stream.
    if (!stale) void cache.invalidateQueries({ queryKey: nodesQuery.queryKey });
  }, [stale]);
  return null;
}
