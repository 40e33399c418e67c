import { Link } from "@tanstack/react-router";
import { Activity } from "lucide-react";
import { useLooked, useRunning } from "../rooms/deploy/feed";
import { minutes, stateOf } from "../rooms/deploy/state";
import { useNodes } from "../rooms/nodes/feed";
import { fleetOf, type Fleet } from "../rooms/nodes/state";
import { Dot, Sha, Unseen, type Tone } from "../ui/mark";
import { clock, list, milliseconds, percent, shortOf } from "../ui/format";
import { useNow } from "../ui/use_now";
import styles from "./vitals.module.css";

/** What runs and how it fares, on every page. A stale number never looks live. */
export function Vitals() {
  const { data, isError, stale } = useNodes();
  if (!data) {
    return (
      <div className={styles.vitals}>
        <OnTheClock stale={stale} />
        {isError && <span className={styles.item}>No data of the nodes yet</span>}
      </div>
    );
  }
  const fleet = fleetOf(data);
  const errors = percent(data.totals.error_ratio);
  const p99 = milliseconds(data.totals.p99_ms);
  return (
    <div className={styles.vitals} data-stale={stale || undefined} role="group" aria-label="Vital signs">
      {stale && (
        <span className={styles.notice} role="status">
          <Dot tone="warn" />
          <span>
            Data from <strong>{clock(Date.parse(data.as_of))}</strong> UTC, reconnecting
          </span>
        </span>
      )}
      <OnTheClock stale={stale} />
      <span className={styles.item} data-nodes="">
        <Dot tone={stale ? "idle" : toneOf(fleet)} />
        <span>
          {fleet.ready}/{fleet.serving.length} nodes
        </span>
        {fleet.releases.map((release) => (
          <Sha key={release} value={release} />
        ))}
      </span>
      {fleet.down.length > 0 && (
        <span className={styles.item} data-down="">
          <Dot tone={stale ? "idle" : "crit"} />
          <span>{list(fleet.down.map((dependency) => dependency.name))} down</span>
        </span>
      )}
      <span className={styles.item} data-wide="">
        <Activity size={13} aria-hidden="true" />
        <span>
          <strong>
            {errors.value} {errors.unit}
          </strong>{" "}
          errors
        </span>
      </span>
      <span className={styles.item} data-wide="">
        <strong>
          {p99.value} {p99.unit}
        </strong>{" "}
        p99
      </span>
      {stale && <Unseen>These numbers are old.</Unseen>}
    </div>
  );
}

/** What is deployed now, and when it promotes itself: on every page. */
function OnTheClock({ stale }: { stale: boolean }) {
  const running = useRunning();
  const looked = useLooked();
  const now = useNow();
  if (!running) return null;
  const { tone, word } = stateOf(running);
  const counts = running.state === "canary" && running.wish !== "hold" && looked?.id === running.id;
  const left = counts ? Math.max(0, looked.remaining_ms - Math.max(0, now - looked.at)) : undefined;
  return (
    <Link to="/releases/$id" params={{ id: running.id }} className={styles.clock}>
      <Dot tone={stale ? "idle" : tone} />
      <span>{word.charAt(0).toUpperCase() + word.slice(1)}</span>
      <code title={running.release}>{shortOf(running.release)}</code>
      {left !== undefined && <strong>{minutes(left)}</strong>}
    </Link>
  );
}

function toneOf({ ready, serving }: Fleet): Tone {
  if (ready === 0) return "crit";
  return ready < serving.length ? "warn" : "ok";
}
