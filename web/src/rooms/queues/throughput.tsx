import { useQuery } from "@tanstack/react-query";
import { TimeSeries } from "../../charts/time_series";
import type { JobThroughput } from "../../api/types";
import { Answer } from "../../ui/answer";
import { count } from "../../ui/format";
import { Card } from "../../ui/layout";
import { throughputQuery } from "./queries";
import { lastMinuteOf, linesOf, type Side } from "./state";
import styles from "./queues.module.css";

const minute_ms = 60_000;

/** How much is done, minute by minute. */
export function Throughput({ side }: { side: Side }) {
  const query = useQuery(throughputQuery(side));
  return (
    <Card title="Ended a minute" note="within the last hour, of what the queues keep">
      <Answer query={query} failure="What has ended is not known." rows={1} height={180}>
        {(seen) => <Chart seen={seen} />}
      </Answer>
    </Card>
  );
}

function Chart({ seen }: { seen: JobThroughput }) {
  const first = seen.data[0];
  const last = seen.data.at(-1);
  if (!first || !last) return null;
  return (
    <div className={styles.chart}>
      <TimeSeries
        title="Jobs"
        aside={lastMinuteOf(seen)}
        series={linesOf(seen)}
        from={Date.parse(first.at)}
        to={Date.parse(last.at)}
        now={Date.parse(last.at)}
        step={minute_ms}
        unit={(value) => (value > seen.minute_max ? `> ${count(seen.minute_max)}` : count(value))}
      />
    </div>
  );
}
