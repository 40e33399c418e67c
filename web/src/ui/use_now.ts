import { useSyncExternalStore } from "react";
import { serverClock } from "../api/client";

// One timer for all clocks of a page, so that they tick together. A snapshot is a whole second.
const watchers = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  timer ??= setInterval(() => watchers.forEach((each) => each()), 1000);
  return () => {
    watchers.delete(watcher);
    if (watchers.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** Server time in ms, whole seconds. */
export function useNow(): number {
  return useSyncExternalStore(watch, () => Math.floor(serverClock.now() / 1000) * 1000);
}
