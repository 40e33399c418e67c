import styles from "./sparkline.module.css";

export interface Point {
  /** ms */
  at: number;
  /** null: a gap, drawn as one. */
  value: number | null;
}

const width = 240;
const height = 44;
const pad = 3;

/** From zero; the height is the highest value seen. Gaps stay gaps. */
export function Sparkline({ points, label, floor = 0 }: { points: readonly Point[]; label: string; /** The least value the full height stands for. */ floor?: number }) {
  const lines = linesOf(points, floor);
  const last = lines.at(-1)?.at(-1);
  return (
    <svg className={styles.sparkline} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <line className={styles.zero} x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} />
      {lines.map((line, index) => (
        <g key={index}>
          <path className={styles.area} d={`${path(line)}L${line.at(-1)?.[0]} ${height}L${line[0]?.[0]} ${height}Z`} />
          <path className={styles.line} d={path(line)} />
        </g>
      ))}
      {last && <path className={styles.end} d={`M${last[0]} ${last[1]}h0.01`} />}
    </svg>
  );
}

type Place = readonly [x: number, y: number];

function path(line: readonly Place[]): string {
  return line.map(([x, y], index) => `${index === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}

/** Unbroken runs of values as places in the drawing. */
export function linesOf(points: readonly Point[], floor: number): Place[][] {
  const first = points[0]?.at ?? 0;
  const span = Math.max(1, (points.at(-1)?.at ?? 0) - first);
  const top = Math.max(floor, ...points.map((point) => point.value ?? 0)) || 1;
  const lines: Place[][] = [[]];
  for (const { at, value } of points) {
    if (value === null) {
      lines.push([]);
      continue;
    }
    const x = pad + ((at - first) / span) * (width - 2 * pad);
    const y = height - pad - (value / top) * (height - 2 * pad);
    lines.at(-1)?.push([x, y]);
  }
  return lines.filter((line) => line.length > 0);
}
