import type { Nodes } from "../../api/types";
import { Sparkline } from "../../charts/sparkline";
import { bytes, duration, milliseconds, percent, plural, rate, unbroken, unknown, words, type Quantity } from "../../ui/format";
import { useSamples } from "./feed";
import { error_ratio_limit, memoryOf, p99_ms_limit, pointsOf, type Sample } from "./state";
import styles from "./nodes.module.css";

/** The golden signals. A line shows what this page has received, and says since when. */
export function Signals({ nodes }: { nodes: Nodes }) {
  const samples = useSamples();
  const { totals } = nodes;
  const alive = nodes.data.filter((node) => node.state !== "dead").length;
  const since = sinceOf(samples);
  return (
    <div className={styles.signals}>
      <Signal name="Traffic" now={rate(totals.requests_per_second)} note={since} samples={samples} pick={(sample) => sample.totals.requests_per_second} />
      <Signal
        name="Errors"
        now={percent(totals.error_ratio)}
        limit={`limit ${words(percent(error_ratio_limit))}`}
        note={since}
        samples={samples}
        pick={(sample) => sample.totals.error_ratio}
        floor={error_ratio_limit / 5}
      />
      <Signal
        name="Latency p99"
        now={milliseconds(totals.p99_ms)}
        limit={`limit ${words(milliseconds(p99_ms_limit))}`}
        note={latencyNote(totals)}
        samples={samples}
        pick={(sample) => sample.totals.p99_ms}
      />
      <Signal name="Memory" now={bytes(memoryOf(nodes))} note={`of ${plural(alive, "process", "processes")} together`} samples={samples} pick={(sample) => sample.memory} />
    </div>
  );
}

function latencyNote(totals: Nodes["totals"]): string {
  if (totals.p95_ms === null) return "no request in the last minute";
  const p50 = totals.p50_ms === null ? unknown : words(milliseconds(totals.p50_ms));
  return `${unbroken(`p50 ${p50}`)} · ${unbroken(`p95 ${words(milliseconds(totals.p95_ms))}`)}`;
}

function sinceOf(samples: readonly Sample[]): string {
  const first = samples[0];
  const last = samples.at(-1);
  if (!first || !last || last.at - first.at < 1000) return "the line grows while this page is open";
  return `last ${duration(last.at - first.at)}`;
}

interface SignalProps {
  name: string;
  now: Quantity;
  limit?: string;
  note: string;
  samples: readonly Sample[];
  pick: (sample: Sample) => number | null;
  floor?: number;
}

function Signal({ name, now, limit, note, samples, pick, floor }: SignalProps) {
  return (
    <section className={styles.signal} aria-label={name}>
      <div className={styles.signalHead}>
        <h2>{name}</h2>
        {limit && <span>{limit}</span>}
      </div>
      <p className={styles.figure}>
        {now.value} <span>{now.unit}</span>
      </p>
      <Sparkline points={pointsOf(samples, pick)} label={`${name}, ${note}`} floor={floor} />
      <p className={styles.signalNote}>{note}</p>
    </section>
  );
}
