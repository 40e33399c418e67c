import { useQuery } from "@tanstack/react-query";
import { asProblem } from "../../api/problem";
import type { ReleaseFigures } from "../../api/types";
import { count, duration, percent, plural, words } from "../../ui/format";
import { Card, Failure, Skeleton } from "../../ui/layout";
import { figuresQuery } from "./queries";
import styles from "./deploy.module.css";

/** The four figures of DORA, each with the count on which it rests. */
export function Figures() {
  const { data, error, refetch } = useQuery(figuresQuery);
  if (data) return <Known figures={data} />;
  if (error) {
    return (
      <Card label="Figures">
        <Failure what="The figures did not come." problem={asProblem(error)} retry={() => void refetch()} />
      </Card>
    );
  }
  return <Skeleton height={104} />;
}

function Known({ figures }: { figures: ReleaseFigures }) {
  const { deployment_frequency: often, lead_time: lead, change_failure_rate: failed, time_to_restore: restore } = figures;
  const since = `last ${plural(figures.days, "day")}`;
  return (
    <div className={styles.figures}>
      <Figure name="Deployments" value={count(often.count)} unit="" note={`${perDay(often.per_day)}, ${since}`} />
      <Figure name="Lead time" value={time(lead.median_ms)} note={lead.count === 0 ? "no deployment to measure" : `median of ${count(lead.count)}, from the machine to all nodes`} />
      <Figure name="Change failure rate" value={failed.ratio === null ? "–" : words(percent(failed.ratio))} note={failed.count === 0 ? "none is decided yet" : `${count(failed.failed)} of ${count(failed.count)} did not stay`} />
      <Figure name="Time to restore" value={time(restore.median_ms)} note={restore.count === 0 ? "nothing had to be restored" : `median of ${plural(restore.count, "way back", "ways back")}`} />
    </div>
  );
}

function perDay(value: number): string {
  return value >= 1 ? `${value.toFixed(1)} per day` : value > 0 ? `one in ${duration(86_400_000 / value)}` : "none";
}

function time(ms: number | null): string {
  return ms === null ? "–" : duration(ms);
}

function Figure({ name, value, unit = "", note }: { name: string; value: string; unit?: string; note: string }) {
  return (
    <section className={styles.dora} aria-label={name}>
      <h2>{name}</h2>
      <p className={styles.doraValue}>
        {value} {unit && <span>{unit}</span>}
      </p>
      <p className={styles.quiet}>{note}</p>
    </section>
  );
}
