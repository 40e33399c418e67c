// What is said in a corner. The corner itself is drawn by toast.tsx.

import type { Tone } from "./mark";

export interface Toast {
  id: number;
  tone: Tone;
  words: string;
  /** What takes it back, for as long as it is shown. */
  undo?: { label: string; run: () => void } | undefined;
}

const toasts_max = 4;

let toasts: readonly Toast[] = [];
let last = 0;
const watchers = new Set<() => void>();

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const watcher of watchers) watcher();
}

/** Says in a corner what was done. What went wrong is said where it went wrong instead. */
export function toast(words: string, tone: Tone = "ok", undo?: Toast["undo"]): void {
  set([...toasts.filter((each) => each.words !== words), { id: ++last, tone, words, undo }].slice(-toasts_max));
}

export function dismiss(id: number): void {
  set(toasts.filter((each) => each.id !== id));
}

export function watchToasts(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function shownToasts(): readonly Toast[] {
  return toasts;
}
