import type { DeploymentDetail } from "../../api/types";
import { TimeSeries } from "../../charts/time_series";
import { percent, words } from "../../ui/format";
import { Card } from "../../ui/layout";
import { minuteRatio, pointsOf } from "./canary_data";
import { Guide } from "./parts";
import { stepOf, watchEnds } from "./state";
import styles from "./deploy.module.css";

const ratio = (value: number) => words(percent(value));

/** All nodes together, in the first minutes after the roll. */
export function WatchCard({ detail, now }: { detail: DeploymentDetail; now: number }) {
  const watch = stepOf(detail, "watch");
  const samples = detail.samples.filter((sample) => sample.site !== undefined);
  const last = samples.at(-1);
  if (!watch || !last) return null;
  const from = Date.parse(watch.begun_at);
  const ended = watch.ended_at === null ? undefined : Date.parse(watch.ended_at);
  const check = last.checks?.[0] ?? last.now;
  return (
    <Card title="Every node, after the roll" note={<Guide at="watch" />}>
      <div className={styles.charts} data-one="">
        <TimeSeries
          title="Error rate of the site"
          aside={last.summary}
          series={[{ name: "site", kind: "subject", points: pointsOf(samples, (_, index) => minuteRatio(samples, index, (sample) => sample.site)) }]}
          limit={check && check.limit > 0 ? { value: check.limit, words: `takes it back above ${ratio(check.limit)}` } : undefined}
          from={from}
          to={ended ?? Math.max(watchEnds(detail) ?? now, now)}
          now={ended ?? now}
          unit={ratio}
        />
      </div>
      {last.alone && (
        <p className={styles.cardNote}>
          {last.alone} alone fails; without it all would be well. It is taken out of the balancer, and nothing is rolled back.
        </p>
      )}
    </Card>
  );
}
