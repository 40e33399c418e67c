import { useId, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";
import { clock, shortClock, shortDay } from "../ui/format";
import { useCrosshair } from "./crosshair";
import { momentsIn, runsOf, ticksTo, valueAt } from "./scale";
import type { Point } from "./sparkline";
import styles from "./time_series.module.css";

export interface Series {
  name: string;
  /** What is judged is drawn firm; what it is held against, grey and dashed; parts of one thing each in a colour, the rest in c0. */
  kind: "subject" | "baseline" | "c0" | "c1" | "c2" | "c3" | "c4";
  points: readonly Point[];
}

export interface TimeSeriesProps {
  title: string;
  /** Beside the title: what the numbers are now. */
  aside?: ReactNode;
  series: readonly Series[];
  /** The line that must not be crossed, in words of its own. */
  limit?: { value: number; words: string } | undefined;
  from: number;
  to: number;
  /** What lies behind it is to come, and shaded. */
  now: number;
  /** What happened: a release, a page, a rollback. */
  events?: readonly { at: number; words: string }[];
  unit: (value: number) => string;
  /** How far apart the points are; the arrow keys go as far. */
  step?: number;
}

const usual_step_ms = 5_000;
const rows_max = 40;
const day_ms = 86_400_000;

/** From zero. Crosshair for pointer and arrow keys, shared by the charts of a page; the numbers also as a table that only screen readers see. */
export function TimeSeries({ title, aside, series, limit, from, to, now, events = [], unit, step = usual_step_ms }: TimeSeriesProps) {
  const id = useId();
  const { at, point } = useCrosshair();
  const highest = Math.max(0, limit?.value ?? 0, ...series.flatMap((each) => each.points.map((one) => one.value ?? 0)));
  const ticks = ticksTo(highest * 1.08 || 1);
  const top = ticks.at(-1) ?? 1;
  const x = (time: number) => ((time - from) / Math.max(1, to - from)) * 100;
  const y = (value: number) => 100 - (value / top) * 100;
  const isShort = to - from < 180_000;
  // Over some days the clock alone would not say which.
  const name = (moment: number) => (to - from > 2 * day_ms ? shortDay(moment) : isShort ? clock(moment) : shortClock(moment));
  const edge = isShort ? 15 : 9; // as much as half of a time takes: nearer to the end it would be cut off
  const seen = Math.min(to, Math.max(from, now));
  const pointed = at === undefined || at < from || at > to ? undefined : at;
  const follow = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    point(from + ((event.clientX - box.left) / box.width) * (to - from));
  };
  const move = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -step, ArrowRight: step }[event.key];
    if (event.key === "Escape") point(undefined);
    if (by === undefined) return;
    event.preventDefault();
    point(Math.min(seen, Math.max(from, (pointed ?? seen) + by)));
  };
  return (
    <figure className={styles.chart} aria-labelledby={id}>
      <figcaption className={styles.head}>
        <span id={id} className={styles.title}>
          {title}
        </span>
        <span className={styles.aside}>{pointed === undefined ? aside : <Reading series={series} at={pointed} unit={unit} step={step} />}</span>
      </figcaption>
      <div className={styles.body}>
        <div className={styles.scale} aria-hidden="true">
          {ticks.map((tick) => (
            <span key={tick} style={{ top: `${y(tick)}%` }}>
              {unit(tick)}
            </span>
          ))}
        </div>
        <div
          className={styles.plot}
          tabIndex={0}
          role="slider"
          aria-labelledby={id}
          aria-orientation="horizontal"
          aria-valuemin={from}
          aria-valuemax={seen}
          aria-valuenow={Math.round(pointed ?? seen)}
          aria-valuetext={`${clock(pointed ?? seen)} UTC: ${inWords(series, pointed ?? seen, unit, step)}`}
          onPointerMove={follow}
          onPointerLeave={() => point(undefined)}
          onKeyDown={move}
          onBlur={() => point(undefined)}
        >
          <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true" className={styles.drawing}>
            {seen < to && <rect className={styles.future} x={x(seen)} width={100 - x(seen)} y="0" height="100" />}
            {ticks.map((tick) => (
              <line key={tick} className={styles.grid} x1="0" x2="100" y1={y(tick)} y2={y(tick)} />
            ))}
            {limit && <line className={styles.limit} x1="0" x2="100" y1={y(limit.value)} y2={y(limit.value)} />}
            {events.map((event) => (
              <line key={event.at} className={styles.event} x1={x(event.at)} x2={x(event.at)} y1="0" y2="100" />
            ))}
            {series.map((each) =>
              runsOf(each.points).map((run, index) => (
                <path key={`${each.name} ${index}`} className={styles.line} data-kind={each.kind} d={run.map((one, place) => `${place === 0 ? "M" : "L"}${x(one.at).toFixed(2)} ${y(one.value).toFixed(2)}`).join("") + (run.length === 1 ? "h0.6" : "")} />
              )),
            )}
            {pointed !== undefined && <line className={styles.cross} x1={x(pointed)} x2={x(pointed)} y1="0" y2="100" />}
          </svg>
          {limit && (
            <span className={styles.limitWords} style={{ top: `${y(limit.value)}%` }} data-below={y(limit.value) < 18 || undefined}>
              {limit.words}
            </span>
          )}
          {events.map((event) => (
            <span key={event.at} className={styles.eventWords} style={{ left: `${x(event.at)}%` }}>
              {event.words}
            </span>
          ))}
        </div>
        <div className={styles.times} aria-hidden="true">
          {momentsIn(from, to, 3)
            .filter((moment) => x(moment) >= edge && x(moment) <= 100 - edge)
            .map((moment) => (
              <span key={moment} style={{ left: `${x(moment)}%` }}>
                {name(moment)}
              </span>
            ))}
        </div>
      </div>
      <Numbers title={title} series={series} unit={unit} step={step} />
    </figure>
  );
}

function Reading({ series, at, unit, step }: { series: readonly Series[]; at: number; unit: (value: number) => string; step: number }) {
  return (
    <>
      {clock(at)} UTC · {inWords(series, at, unit, step)}
    </>
  );
}

function inWords(series: readonly Series[], at: number, unit: (value: number) => string, step: number): string {
  return series
    .map((each) => {
      const value = valueAt(each.points, at, 2 * step);
      return `${each.name} ${value === null ? "–" : unit(value)}`;
    })
    .join(", ");
}

/** In a hidden box, because a table takes no width of one pixel. */
function Numbers({ title, series, unit, step }: { title: string; series: readonly Series[]; unit: (value: number) => string; step: number }) {
  const times = series[0]?.points.map((each) => each.at) ?? [];
  const every = Math.max(1, Math.ceil(times.length / rows_max));
  return (
    <div className={styles.numbers}>
      <table>
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">UTC</th>
            {series.map((each) => (
              <th key={each.name} scope="col">
                {each.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {times
            .filter((_, index) => index % every === 0)
            .map((time) => (
              <tr key={time}>
                <th scope="row">{clock(time)}</th>
                {series.map((each) => {
                  const value = valueAt(each.points, time, step);
                  return <td key={each.name}>{value === null ? "–" : unit(value)}</td>;
                })}
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}
