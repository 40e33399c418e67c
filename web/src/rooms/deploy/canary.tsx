import { Check, CircleHelp, X } from "lucide-react";
import { Fragment } from "react";
import type { DeploymentCheck, DeploymentDetail, DeploymentSample, DeploymentWindow } from "../../api/types";
import { CrosshairProvider } from "../../charts/crosshair";
import { TimeSeries, type Series } from "../../charts/time_series";
import { clock, milliseconds, percent, plural, words } from "../../ui/format";
import { Card } from "../../ui/layout";
import { Sha, Unseen, Whole } from "../../ui/mark";
import { pointsOf } from "./canary_data";
import { Guide } from "./parts";
import { checkLimit, checkName, checkValue, close_share, distinct, isHeld, mark_ms, mark_words, marksInWords, marksOf, samplesOfCanary, stepOf, type Mark } from "./state";
import styles from "./deploy.module.css";

/** The thing under judgement beside what it is held against, and what has been found. */
export function CanaryCard({ detail, now }: { detail: DeploymentDetail; now: number }) {
  const samples = samplesOfCanary(detail);
  const last = samples.at(-1);
  if (!last) return null;
  const node = stepOf(detail, "canary")?.nodes ?? detail.canary;
  const stable = last.stable?.nodes;
  return (
    <Card label="Canary against baseline">
      <div className={styles.canaryHead}>
        <h2>Canary against baseline</h2>
        <span className={styles.legend}>
          <span className={styles.keySubject} aria-hidden="true" /> canary <Sha value={detail.release} /> on {node}
        </span>
        <span className={styles.legend}>
          <span className={styles.keyBaseline} aria-hidden="true" /> baseline <Sha value={detail.from_release || detail.known_good} />
          {stable !== undefined && ` on ${plural(stable, "node")}`}
        </span>
      </div>
      <Marks detail={detail} now={now} />
      <Charts detail={detail} samples={samples} now={now} />
      {last.checks && last.checks.length > 0 && <Checks checks={distinct(last.checks)} />}
    </Card>
  );
}

function Marks({ detail, now }: { detail: DeploymentDetail; now: number }) {
  const marks = marksOf(detail, now);
  const first = marks[0];
  const end = (marks.at(-1)?.at ?? 0) + mark_ms;
  const held = isHeld(detail);
  return (
    <div className={styles.evaluations}>
      <div className={styles.evaluationsHead}>
        <span>{marksInWords(marks)}</span>
        <span className={styles.quiet}>
          one per 10 s, the worse of its two <Guide at="judge" />
        </span>
      </div>
      <div className={styles.marks} role="img" aria-label={`${marks.length} evaluations: ${marksInWords(marks)}`}>
        {marks.map((mark) => (
          <span key={mark.at} className={styles.mark} data-kind={mark.kind} title={titleOf(mark)} />
        ))}
      </div>
      <div className={styles.marksTimes}>
        <span>{first && clock(first.at)}</span>
        <span>
          {clock(end)} {held ? "held beyond it" : stepOf(detail, "judge")?.ended_at ? "" : "promote"}
        </span>
      </div>
    </div>
  );
}

function titleOf(mark: Mark): string {
  return `${clock(mark.at)} UTC: ${mark_words[mark.kind]}`;
}

function Charts({ detail, samples, now }: { detail: DeploymentDetail; samples: readonly DeploymentSample[]; now: number }) {
  const judging = stepOf(detail, "judge");
  const last = samples.at(-1);
  if (!judging || !last) return null;
  const from = Date.parse(judging.begun_at);
  const ended = judging.ended_at === null ? undefined : Date.parse(judging.ended_at);
  const to = Math.max(from + detail.canary_window_ms, ended ?? now);
  const check = (name: string) => last.checks?.find((each) => each.name === name);
  const p99 = check("p99");
  const cpu = check("cpu");
  const errors = check("error_ratio");
  const subject = (pick: Pick): Series => ({ name: "canary", kind: "subject", points: pointsOf(samples, pick) });
  const baseline = (pick: Pick): Series => ({ name: "baseline", kind: "baseline", points: pointsOf(samples, pick) });
  const span = { from, to, now: ended ?? now };
  const ms = (value: number) => words(milliseconds(value));
  const ratio = (value: number) => words(percent(value));
  const counted = cpu !== undefined && cpu.requests >= judged_min;
  return (
    <CrosshairProvider>
      <div className={styles.charts}>
        <TimeSeries
          title="Error rate"
          aside={errors && <Against check={errors} />}
          series={[
            subject((sample) => ratioOf(sample.canary_minute)),
            baseline((sample) => ratioOf(sample.stable_minute)),
          ]}
          limit={errors && errors.limit > 0 ? { value: errors.limit, words: `rolls back above ${ratio(errors.limit)}` } : undefined}
          unit={ratio}
          {...span}
        />
        <TimeSeries
          title="Latency p99"
          aside={p99 && <Against check={p99} />}
          series={[subject((sample) => sample.canary_minute?.p99_ms), baseline((sample) => sample.stable_minute?.p99_ms)]}
          limit={p99 && p99.limit > 0 ? { value: p99.limit * 1000, words: `fails above ${ms(p99.limit * 1000)}` } : undefined}
          unit={ms}
          {...span}
        />
        <TimeSeries
          title="CPU per request"
          aside={counted && <Against check={cpu} />}
          series={[subject((sample) => cpuOf(sample.canary_minute)), baseline((sample) => cpuOf(sample.stable_minute))]}
          limit={counted && cpu.limit > 0 ? { value: cpu.limit * 1000, words: `fails above ${ms(cpu.limit * 1000)}` } : undefined}
          unit={ms}
          {...span}
        />
      </div>
    </CrosshairProvider>
  );
}

/** Below it CPU is judged by the core and not by the request. */
const judged_min = 50;

type Pick = (sample: DeploymentSample) => number | null | undefined;

/** Without a request there is no share of failures. */
function ratioOf(window: DeploymentWindow | undefined): number | null {
  return window?.requests ? (window.error_ratio ?? null) : null;
}

/** Nor a time per request. */
function cpuOf(window: DeploymentWindow | undefined): number | null {
  return window?.requests ? (window.cpu_ms_per_request ?? null) : null;
}

function Against({ check }: { check: DeploymentCheck }) {
  return (
    <span className={styles.against} data-verdict={check.verdict}>
      <VerdictIcon verdict={check.verdict} /> {checkValue(check, check.canary)}
      {check.stable !== null && ` vs ${checkValue(check, check.stable)}`}
    </span>
  );
}

const verdict_words = { pass: "holds", fail: "does not hold", inconclusive: "too little to judge" } as const;

function VerdictIcon({ verdict }: { verdict: DeploymentCheck["verdict"] }) {
  const Icon = { pass: Check, fail: X, inconclusive: CircleHelp }[verdict];
  return (
    <>
      <Icon size={13} aria-hidden="true" />
      <Unseen>{verdict_words[verdict]}: </Unseen>
    </>
  );
}

function Checks({ checks }: { checks: readonly DeploymentCheck[] }) {
  return (
    <table className={styles.checks} role="table" aria-label="Checks">
      <thead role="rowgroup">
        <tr role="row">
          {["Check", "Canary", "Baseline", "Limit", "Used of limit", "Evidence"].map((name) => (
            <th key={name} role="columnheader" scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {checks.map((check) => (
          <Fragment key={check.name}>
            <tr role="row" data-verdict={check.verdict}>
              <th role="rowheader" scope="row">
                <VerdictIcon verdict={check.verdict} /> {checkName(check.name)}
              </th>
              <td role="cell" data-label="Canary" className={styles.figure}>
                {checkValue(check, check.canary)}
              </td>
              <td role="cell" data-label="Baseline">
                {checkValue(check, check.stable)}
              </td>
              <td role="cell" data-label="Limit">
                {checkLimit(check)}
              </td>
              <td role="cell" className={styles.usedCell}>
                {check.limit > 0 ? <Used check={check} /> : null}
              </td>
              <td role="cell" className={styles.evidence}>
                {check.requests > 0 ? plural(check.requests, "request") : check.verdict === "pass" ? check.reason : ""}
              </td>
            </tr>
            {check.verdict !== "pass" && check.reason && (
              <tr role="row" data-verdict={check.verdict} className={styles.reason}>
                <td role="cell" colSpan={6}>
                  <Whole>{check.reason}</Whole>
                </td>
              </tr>
            )}
          </Fragment>
        ))}
      </tbody>
    </table>
  );
}

/** Above the limit it is red only where that fails: with few requests it may be chance. */
function Used({ check }: { check: DeploymentCheck }) {
  const { share_of_limit: share, verdict } = check;
  const part = Math.round(Math.min(1, Math.max(0, share)) * 100);
  return (
    <span className={styles.used} data-over={verdict === "fail" || undefined} data-close={(verdict !== "fail" && share >= close_share) || undefined}>
      <span style={{ width: `${part}%` }} aria-hidden="true" />
      <Unseen>{words(percent(share))} of the limit</Unseen>
    </span>
  );
}
