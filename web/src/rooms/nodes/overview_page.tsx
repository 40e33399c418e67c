import { useRouteContext } from "@tanstack/react-router";
import { asProblem } from "../../api/problem";
import type { Nodes } from "../../api/types";
import { Card, Failure, Skeleton, Verdict } from "../../ui/layout";
import { maySeeNodes } from "../sessions/queries";
import { useNodes } from "./feed";
import { Fleet } from "./fleet";
import { Signals } from "./signals";
import { evidenceOf, verdictOf } from "./state";
import { clock } from "../../ui/format";
import styles from "./nodes.module.css";

export function OverviewPage() {
  const { me } = useRouteContext({ from: "/shell" });
  if (!maySeeNodes(me)) {
    return (
      <Verdict tone="idle" sentence={`Welcome to ${me.org.name}.`}>
        How the installation fares is shown to people with a platform role. An administrator of the platform can give you one.
      </Verdict>
    );
  }
  return <Overview />;
}

export function Overview() {
  const { data, error, refetch, stale } = useNodes();
  if (data) return <Known nodes={data} stale={stale} />;
  if (error) {
    return (
      <>
        <Verdict tone="crit" sentence="The state of the nodes is not known." />
        <Card label="Nodes">
          <Failure what="The list of nodes did not come." problem={asProblem(error)} retry={() => void refetch()} />
        </Card>
      </>
    );
  }
  return (
    <>
      <Verdict tone="idle" sentence="Asking the nodes." />
      <div className={styles.signals} aria-busy="true">
        {[1, 2, 3, 4].map((each) => (
          <Skeleton key={each} height={140} />
        ))}
      </div>
      <Skeleton height={320} />
    </>
  );
}

function Known({ nodes, stale }: { nodes: Nodes; stale: boolean }) {
  const verdict = verdictOf(nodes);
  return (
    <div className={styles.overview} data-stale={stale || undefined}>
      {stale ? (
        <Verdict tone="warn" sentence={`This was the state at ${clock(Date.parse(nodes.as_of))} UTC.`}>
          Nothing newer has come since. The page connects again by itself. Then: {verdict.sentence}
        </Verdict>
      ) : (
        <Verdict tone={verdict.tone} sentence={verdict.sentence}>
          {evidenceOf(nodes)}
        </Verdict>
      )}
      <Signals nodes={nodes} />
      <Fleet nodes={nodes} />
    </div>
  );
}
