import { X } from "lucide-react";
import { useEffect, useSyncExternalStore } from "react";
import { IconButton } from "./button";
import { Dot, type Tone } from "./mark";
import styles from "./toast.module.css";

interface Toast {
  id: number;
  tone: Tone;
  words: string;
}

const life_ms = 10_000;
const toasts_max = 4;

let toasts: readonly Toast[] = [];
let last = 0;
const watchers = new Set<() => void>();

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const watcher of watchers) watcher();
}

/** Says in a corner what was done. What went wrong is said where it went wrong instead. */
export function toast(words: string, tone: Tone = "ok"): void {
  set([...toasts, { id: ++last, tone, words }].slice(-toasts_max));
}

function dismiss(id: number): void {
  set(toasts.filter((each) => each.id !== id));
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function Toasts() {
  const shown = useSyncExternalStore(watch, () => toasts);
  return (
    <div className={styles.region} role="status" aria-live="polite">
      {shown.map((each) => (
        <Shown key={each.id} toast={each} />
      ))}
    </div>
  );
}

function Shown({ toast: { id, tone, words } }: { toast: Toast }) {
  useEffect(() => {
    const timer = setTimeout(() => dismiss(id), life_ms);
    return () => clearTimeout(timer);
  }, [id]);
  return (
    <div className={styles.toast}>
      <Dot tone={tone} />
      <span>{words}</span>
      <IconButton label="Dismiss" onPress={() => dismiss(id)}>
        <X size={14} aria-hidden="true" />
      </IconButton>
    </div>
  );
}
