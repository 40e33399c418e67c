import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useSyncExternalStore } from "react";
import { cache } from "../../api/cache";
import { serverClock } from "../../api/client";
import { stale_after_ms, type Message } from "../../api/live";
import { useLiveness, useMessages } from "../../ui/live_context";
import { nodesQuery } from "./queries";
import { applyMessage, withSample, type Sample } from "./state";

const refetch_ms = 5_000;

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
  const age = query.data ? serverClock.now() - Date.parse(query.data.as_of) : 0;
  return { ...query, stale: stale || age > stale_after_ms };
}

/** Keeps the nodes live under every page: messages go into the cache, and while there is no stream it asks. */
export function NodesFeed() {
  const { data, stale } = useNodes();
  useQuery({ ...nodesQuery, refetchInterval: stale ? refetch_ms : false });
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
