import { Link } from "@tanstack/react-router";
import { memo } from "react";
import { Sparkline } from "../../charts/sparkline";
import { serverClock } from "../../api/client";
import { Badge } from "../../ui/mark";
import { Time } from "../../ui/time";
import { RowMenu, type RowMenuProps } from "./row_menu";
import { Split, Switch } from "./parts";
import { colorOf, kindWords } from "./state";
import { useSwitching } from "./switching";
import type { Environment, FlagSummary } from "./types";
import { evaluationsIn, shareOf, staleInWords } from "./words";
import styles from "./flags.module.css";

const hour_ms = 3_600_000;

/** Of a thousand: drawn again only when something of its own has changed. */
export const FlagRow = memo(function FlagRow({ flag, environment, environments, search }: RowMenuProps) {
  const stale = staleInWords(flag.stale);
  return (
    <tr role="row" className={styles.row} data-testid="flag" data-off={!flag.enabled || undefined}>
      <td role="cell" className={styles.cellSwitch}>{flag.archived_at ? null : <RowSwitch flag={flag} environment={environment} />}</td>
      <td role="cell" className={styles.cellName}>
        <Link to="/settings/flags/$key/{-$tab}" params={{ key: flag.key }} search={search} className={styles.name}>
          {flag.name}
        </Link>
        <div className={styles.note}>
          <code>{flag.key}</code> <span>{kindWords[flag.kind]}{flag.owner_name && ` · ${flag.owner_name}`}</span>
        </div>
      </td>
      <td role="cell" className={styles.cellServes}>
        <div>{flag.archived_at ? "archived" : flag.serves}</div>
        {stale && <span title={flag.stale.map((each) => each.detail).join(" ")}><Badge tone="warn">{stale}</Badge></span>}
      </td>
      <td role="cell" className={styles.cellShares}>
        <Shares flag={flag} />
      </td>
      <td role="cell" className={styles.cellCount}>
        <Hours flag={flag} />
        <span>{evaluationsIn(flag.evaluations_24h)}</span>
      </td>
      <td role="cell" className={styles.cellChanged}>
        <Time at={flag.updated_at} />
        {flag.updated_by_name && <div className={styles.note}>{flag.updated_by_name}</div>}
      </td>
      <td role="cell" className={styles.cellMore}>
        <RowMenu flag={flag} environment={environment} environments={environments} search={search} />
      </td>
    </tr>
  );
});

function Shares({ flag }: { flag: FlagSummary }) {
  const all = flag.shares_24h.reduce((sum, each) => sum + each.count, 0);
  if (all === 0) return <span className={styles.note}>not evaluated</span>;
  const keys = flag.shares_24h.map((each) => each.variant);
  return (
    <>
      <Split parts={flag.shares_24h.map((each) => ({ key: each.variant, share: (each.count / all) * 100, color: colorOf(each.variant, keys) }))} />
      <div className={styles.note}>{flag.shares_24h.map((each) => `${each.variant} ${shareOf(each.count, all)}`).join(" · ")}</div>
    </>
  );
}

function Hours({ flag }: { flag: FlagSummary }) {
  if (flag.hours_24h.length < 2 || flag.evaluations_24h === 0) return null;
  const now = serverClock.now();
  const points = flag.hours_24h.map((value, index) => ({ at: now - (flag.hours_24h.length - index) * hour_ms, value }));
  return (
    <span className={styles.spark}>
      <Sparkline points={points} label={`Evaluations of ${flag.key}, hour by hour`} />
    </span>
  );
}

function RowSwitch({ flag, environment }: { flag: FlagSummary; environment: Environment }) {
  const where = environment.name.toLowerCase();
  const { why, press, dialog } = useSwitching(flag, environment, flag.enabled, flag.enabled ? `Everybody in ${where} gets the value for “off” within a second. Its rules stay as they are.` : `Its rules decide again in ${where} within a second.`);
  return (
    <>
      <Switch label={`${flag.name} in ${environment.name}`} on={flag.enabled} why={why} onChange={press} />
      {dialog}
    </>
  );
}
