import { useRouteContext } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { DeploymentDetail } from "../../api/types";
import { duration } from "../../ui/format";
import { Card } from "../../ui/layout";
import { Sha } from "../../ui/mark";
import { Time } from "../../ui/time";
import { Actor } from "./parts";
import styles from "./deploy.module.css";

/** Who began it, why, from what to what. */
export function Origin({ detail }: { detail: DeploymentDetail }) {
  const { me } = useRouteContext({ from: "/shell" });
  const rows: [string, ReactNode][] = [
    ["Release", <Sha key="release" value={detail.release} />],
    ["Before", detail.from_release ? <Sha key="before" value={detail.from_release} /> : "–"],
    ["Returns to", detail.known_good ? <Sha key="good" value={detail.known_good} /> : "–"],
    ["Begun by", <Actor key="actor" name={detail.actor} me={me} />],
    ["Begun", <Time key="begun" at={detail.begun_at} />],
  ];
  if (detail.ended_at) {
    rows.push(["Ended", <Time key="ended" at={detail.ended_at} />]);
    rows.push(["Took", duration(Date.parse(detail.ended_at) - Date.parse(detail.begun_at))]);
  }
  if (detail.reason) rows.push(["Reason", detail.reason]);
  if (detail.kind === "release") rows.push(["Canary window", duration(detail.canary_window_ms)]);
  if (detail.wish) {
    rows.push([
      "Asked for",
      <span key="wish">
        {detail.wish}, by <Actor name={detail.wish_by} me={me} />
        {detail.wish_reason && `: ${detail.wish_reason}`}
      </span>,
    ]);
  }
  return (
    <Card title={detail.kind === "rollback" ? "This rollback" : "This deployment"} note={<code>{detail.environment}</code>}>
      <dl className={styles.origin}>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
