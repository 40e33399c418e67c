import { Copy } from "lucide-react";
import type { ReactNode } from "react";
import type { Problem } from "../api/problem";
import { Button, IconButton } from "./button";
import { Dot, Whole, type Tone } from "./mark";
import { toast } from "./toasts";
import styles from "./layout.module.css";

/** The page's question, answered in a sentence made from state. The rest is evidence. */
export function Verdict({ tone, sentence, children, actions }: { tone: Tone; sentence: string; children?: ReactNode; actions?: ReactNode }) {
  return (
    <header className={styles.verdict}>
      <span className={styles.verdictDot}>
        <Dot tone={tone} />
      </span>
      <div className={styles.verdictText}>
        <h1 aria-live="polite">
          <Whole>{sentence}</Whole>
        </h1>
        {children && <p className={styles.evidence}>{typeof children === "string" ? <Whole>{children}</Whole> : children}</p>}
      </div>
      {actions && <div className={styles.actions}>{actions}</div>}
    </header>
  );
}

export function Card({ title, note, aside, children, label }: { title?: string; note?: ReactNode; aside?: ReactNode; children: ReactNode; label?: string }) {
  return (
    <section className={styles.card} aria-label={label ?? title}>
      {title && (
        <div className={styles.cardHead}>
          <h2>{title}</h2>
          {note && <span className={styles.note}>{note}</span>}
          {aside && <span className={styles.aside}>{aside}</span>}
        </div>
      )}
      {children}
    </section>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={styles.empty}>
      <h3>{title}</h3>
      {children}
    </div>
  );
}

/** What happened, what it means, what to do; the request id for whoever looks into the log. */
export function Failure({ what, problem, retry }: { what: string; problem: Problem; retry?: () => void }) {
  return (
    <div className={styles.failure} role="alert">
      <Dot tone="crit" />
      <div className={styles.failureText}>
        <strong>{what}</strong> {problem.message}
        {problem.requestId && (
          <div className={styles.request}>
            Request <code>{problem.requestId}</code>
          </div>
        )}
      </div>
      {retry && <Button onPress={retry}>Try again</Button>}
    </div>
  );
}

/** Grey blocks of the real sizes, seen only after 150 ms; never a spinner. */
export function Skeleton({ height, width = "100%" }: { height: number; width?: number | string }) {
  return <div className={styles.skeleton} style={{ height, width }} aria-hidden="true" />;
}

/** With a button that copies it, where a browser allows that. `what` it is called. */
export function CommandLine({ what = "command", children }: { what?: string; children: string }) {
  const clipboard = typeof navigator === "undefined" ? undefined : navigator.clipboard;
  return (
    <div className={styles.commandLine}>
      <pre className={styles.command} tabIndex={0} aria-label={what}>
        <code>{children}</code>
      </pre>
      {clipboard && (
        <IconButton label={`Copy the ${what}`} onPress={() => void clipboard.writeText(children).then(() => toast(`The ${what} was copied.`))}>
          <Copy size={14} aria-hidden="true" />
        </IconButton>
      )}
    </div>
  );
}

/** On a phone: what one may have to do at night, where the thumb is. The shell keeps room for it at the page's end. */
export function ThumbBar({ children }: { children: ReactNode }) {
  return (
    <div className={styles.thumbBar} role="group" aria-label="Actions" data-thumb-bar="">
      {children}
    </div>
  );
}

/** Actions that the thumb bar has on a phone. */
export function WideOnly({ children }: { children: ReactNode }) {
  return <div className={styles.actions} data-wide-only="">{children}</div>;
}
