import type { ReactNode } from "react";
import { shortOf } from "./format";
import styles from "./mark.module.css";

/** Never colour alone: each has its own shape, and a word stands beside it. */
export type Tone = "ok" | "warn" | "crit" | "idle" | "active";

export function Dot({ tone, word }: { tone: Tone; word?: string }) {
  return (
    <span className={styles.dot} data-tone={tone}>
      <svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
        {shape(tone)}
      </svg>
      {word && <span className={styles.unseen}>{word}</span>}
    </span>
  );
}

function shape(tone: Tone) {
  switch (tone) {
    case "warn":
      return <path d="M5 0.6 9.6 9H0.4Z" fill="currentColor" />;
    case "crit":
      return <path d="M5 0 10 5 5 10 0 5Z" fill="currentColor" />;
    case "idle":
      return <circle cx="5" cy="5" r="3.6" fill="none" stroke="currentColor" strokeWidth="1.6" />;
    case "ok":
    case "active":
      return <circle cx="5" cy="5" r="4" fill="currentColor" />;
  }
}

export function Badge({ tone = "idle", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className={styles.badge} data-tone={tone}>
      {children}
    </span>
  );
}

/** A commit or release: the first seven signs, whole on hover and for copying. */
export function Sha({ value }: { value: string }) {
  return (
    <code className={styles.sha} title={value}>
      {shortOf(value)}
    </code>
  );
}

/** A text whose releases, and numbers with their units, stay on one line each. */
export function Whole({ children }: { children: string }) {
  return children.split(/(dev-[0-9a-f]{7,}|[\d.,]+ (?:%|ms|s|min|h|d|req\/s)(?![\w]))/).map((part, index) =>
    index % 2 === 1 ? (
      <span key={index} className={styles.whole}>
        {part}
      </span>
    ) : (
      part
    ),
  );
}

/** For screen readers only. */
export function Unseen({ children }: { children: ReactNode }) {
  return <span className={styles.unseen}>{children}</span>;
}
