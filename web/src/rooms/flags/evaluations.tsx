import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { TimeSeries, type Series } from "../../charts/time_series";
import { serverClock } from "../../api/client";
import { Answer } from "../../ui/answer";
import { count } from "../../ui/format";
import { Card, Empty } from "../../ui/layout";
import { evaluationsQuery, type Range } from "./queries";
import { colorOf } from "./state";
import type { Environment, Evaluations, Flag } from "./types";
import { Swatch } from "./parts";
import { evaluationsIn, shareOf } from "./words";
import styles from "./editor.module.css";

const ranges: readonly (readonly [Range, string])[] = [
  ["24h", "24 h"],
  ["7d", "7 days"],
];
const lines_max = 4;

/** How often it was asked, by what it answered; of an experiment also how many have seen which variant. */
export function EvaluationsCard({ flag, environment }: { flag: Flag; environment: Environment }) {
  const [range, setRange] = useState<Range>("24h");
  const query = useQuery(evaluationsQuery(flag.key, environment.key, range));
  return (
    <Card
      title="Evaluations"
      note="by variant, each hour"
      aside={
        <span className={styles.ranges} role="group" aria-label="Range">
          {ranges.map(([each, name]) => (
            <button key={each} type="button" aria-pressed={each === range} onClick={() => setRange(each)}>
              {name}
            </button>
          ))}
        </span>
      }
    >
      <Answer query={query} failure="The evaluations did not come." rows={1} height={150}>
        {(evaluations) => <Drawn flag={flag} evaluations={evaluations} />}
      </Answer>
    </Card>
  );
}

function Drawn({ flag, evaluations }: { flag: Flag; evaluations: Evaluations }) {
  const totals = evaluations.series.map((each) => ({ ...each, total: each.counts.reduce((sum, one) => sum + one, 0) })).filter((each) => each.total > 0);
  const all = totals.reduce((sum, each) => sum + each.total, 0);
  const [first, last] = [evaluations.at[0], evaluations.at.at(-1)];
  if (all === 0 || first === undefined || last === undefined) {
    return (
      <Empty title="It was not evaluated in this time.">
        <p>The chart moves as soon as a program or a browser asks for it.</p>
      </Empty>
    );
  }
  const keys = flag.variants.map((variant) => variant.key);
  const times = evaluations.at.map((at) => Date.parse(at));
  const sorted = totals.sort((a, b) => b.total - a.total);
  const step = evaluations.step_s * 1000;
  const series: Series[] = sorted.slice(0, lines_max).map((each) => ({ name: each.variant, kind: colorOf(each.variant, keys), points: times.map((at, index) => ({ at, value: each.counts[index] ?? null })) }));
  return (
    <div className={styles.chart}>
      <TimeSeries title="Evaluations in an hour" series={series} from={Date.parse(first)} to={Date.parse(last)} now={serverClock.now()} step={step} unit={(value) => evaluationsIn(value)} />
      <ul className={styles.legend} aria-label="Shares">
        {sorted.map((each) => (
          <li key={each.variant}>
            <Swatch color={colorOf(each.variant, keys)} /> {each.variant} <strong>{shareOf(each.total, all)}</strong> <span className={styles.note}>{count(each.total)}</span>
          </li>
        ))}
      </ul>
      {evaluations.exposures.length > 0 && (
        <p className={styles.note}>Seen by: {evaluations.exposures.map((each) => `${each.variant} ${count(each.units)}`).join(", ")}.</p>
      )}
    </div>
  );
}
