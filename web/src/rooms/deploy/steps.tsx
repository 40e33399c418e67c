import { Check, LoaderCircle, Minus, X, type LucideIcon } from "lucide-react";
import type { DeploymentDetail, DeploymentStep } from "../../api/types";
import { clock, duration, plural, withShort } from "../../ui/format";
import { Card, Empty } from "../../ui/layout";
import { Unseen, Whole } from "../../ui/mark";
import { isRunning } from "./state";
import styles from "./deploy.module.css";

/** What was done, in order, with its evidence: nothing is ticked by hand. */
export function Steps({ detail }: { detail: DeploymentDetail }) {
  const done = detail.steps.filter((step) => step.result === "done" || step.result === "lost").length;
  return (
    <Card title="Steps" note={detail.steps.length > 0 ? `${done} of ${plural(detail.steps.length, "begun step")} done` : undefined}>
      {detail.steps.length === 0 ? (
        <Empty title="Nothing has been begun.">
          <p>Each step is written down here before it changes a node, with what takes it back.</p>
        </Empty>
      ) : (
        <ol className={styles.steps}>
          {detail.steps.map((step) => (
            <Step key={step.number} step={step} isOver={!isRunning(detail)} />
          ))}
        </ol>
      )}
    </Card>
  );
}

function iconOf(step: DeploymentStep, isOver: boolean): LucideIcon {
  switch (step.result) {
    case "done":
      return Check;
    case "failed":
      return X;
    case "lost":
      return Minus;
    default:
      return isOver ? Minus : LoaderCircle;
  }
}

/** What an ended deployment left open was not carried to its end. */
function Step({ step, isOver }: { step: DeploymentStep; isOver: boolean }) {
  const failed = step.result === "failed";
  const Icon = iconOf(step, isOver);
  const open = isOver ? "left open" : "runs";
  const time = step.ended_at === null ? open : duration(Date.parse(step.ended_at) - Date.parse(step.begun_at));
  return (
    <li className={styles.step} data-result={step.result || "running"}>
      <span className={styles.stepIcon}>
        <Icon size={14} aria-hidden="true" />
        <Unseen>{step.result || open}: </Unseen>
      </span>
      <div className={styles.stepText}>
        <p>
          <strong>{step.kind.replace("_", " ")}</strong> <Whole>{withShort(step.about)}</Whole>
        </p>
        {step.evidence && (
          <details className={styles.stepMore} open={failed}>
            <summary>{failed ? "Why it failed" : "Evidence"}</summary>
            <pre tabIndex={0}>{step.evidence}</pre>
          </details>
        )}
        {step.result === "lost" && <p className={styles.quiet}>Whoever carried it out went away in the middle of it; another one went on.</p>}
        {step.undo && (failed || step.result === "") && <p className={styles.quiet}>Undo: {withShort(step.undo)}</p>}
      </div>
      <span className={styles.stepTime}>
        {clock(Date.parse(step.begun_at))} <span className={styles.quiet}>{time}</span>
      </span>
    </li>
  );
}
