// Which release answers. During a roll two of them do; only when the new one has answered several
// times in a row is a reload offered, and nothing is reloaded by itself: a draft may be open.

export interface Releases {
  /** Of the first answer: the page came with it. */
  first: string | undefined;
  last: string | undefined;
  times: number;
}

export const steady_times = 3;

export function seen(state: Releases, release: string | null): Releases {
  if (!release) return state;
  if (state.first === undefined) return { first: release, last: release, times: 1 };
  return { ...state, last: release, times: release === state.last ? state.times + 1 : 1 };
}

/** The release to offer a reload for. */
export function newer({ first, last, times }: Releases): string | undefined {
  return last !== first && times >= steady_times ? last : undefined;
}

let state: Releases = { first: undefined, last: undefined, times: 0 };
const watchers = new Set<() => void>();

export function readRelease(release: string | null): void {
  const before = newer(state);
  state = seen(state, release);
  if (newer(state) !== before) for (const watcher of watchers) watcher();
}

export const releases = {
  watch: (watcher: () => void): (() => void) => {
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  },
  newer: (): string | undefined => newer(state),
};
