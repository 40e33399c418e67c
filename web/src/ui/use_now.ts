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
  return useWordsOf((now) => now);
}

/** What is said of the time: who calls it is drawn again only when that is something else. */
export function useWordsOf<T extends string | number>(say: (now: number) => T): T {
  return useSyncExternalStore(watch, () => say(Math.floor(serverClock.now() / 1000) * 1000));
}
