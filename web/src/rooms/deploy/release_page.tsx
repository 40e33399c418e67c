import { Link, useParams } from "@tanstack/react-router";
import { asProblem } from "../../api/problem";
import type { DeploymentDetail } from "../../api/types";
import { clock } from "../../ui/format";
import { Card, Failure, Skeleton, Verdict } from "../../ui/layout";
import { useNow } from "../../ui/use_now";
import { Actions } from "./actions";
import { CanaryCard } from "./canary";
import { useDeployment } from "./feed";
import { Next } from "./next";
import { NodesCard } from "./nodes_card";
import { Origin } from "./origin";
import { Ring } from "./ring";
import { Stages } from "./stages";
import { isRunning, samplesOfCanary, verdictOf } from "./state";
import { Steps } from "./steps";
import { WatchCard } from "./watch";
import styles from "./deploy.module.css";

/** Is this release good, and what happens next? */
export function ReleasePage() {
  const { id } = useParams({ from: "/shell/platform/releases/$id" });
  const { data, error, stale, dataUpdatedAt, refetch } = useDeployment(id);
  if (data) return <Known detail={data} stale={stale && isRunning(data)} seenAt={dataUpdatedAt} />;
  if (error) {
    const problem = asProblem(error);
    if (problem.status === 404) {
      return (
        <Verdict tone="idle" sentence="There is no such deployment.">
          <code>{id}</code> may have been typed wrong. <Link to="/releases">All that were deployed</Link>
        </Verdict>
      );
    }
    return (
      <>
        <Verdict tone="crit" sentence="The deployment is not known." />
        <Card label="Deployment">
          <Failure what="It did not come." problem={problem} retry={() => void refetch()} />
        </Card>
      </>
    );
  }
  return (
    <div className={styles.page} aria-busy="true">
      <Verdict tone="idle" sentence="Reading the deployment." />
      <Skeleton height={78} />
      <Skeleton height={420} />
    </div>
  );
}

function Known({ detail, stale, seenAt }: { detail: DeploymentDetail; stale: boolean; seenAt: number }) {
  const now = useNow();
  const verdict = verdictOf(detail, now);
  const hasCanary = samplesOfCanary(detail).length > 0;
  return (
    <div className={styles.page} data-stale={stale || undefined}>
      {stale ? (
        <Verdict tone="warn" sentence={`This was the state at ${clock(seenAt)} UTC.`} actions={<Actions detail={detail} />}>
          Nothing newer has come since. The page connects again by itself. Then: {verdict.sentence}
        </Verdict>
      ) : (
        <Verdict tone={verdict.tone} sentence={verdict.sentence} actions={<Actions detail={detail} />}>
          {verdict.evidence}
        </Verdict>
      )}
      <Stages detail={detail} now={now} />
      <div className={styles.columns}>
        <div className={styles.column}>
          {hasCanary && <CanaryCard detail={detail} now={now} />}
          <WatchCard detail={detail} now={now} />
          <Steps detail={detail} />
        </div>
        <div className={styles.column}>
          <Ring detail={detail} now={now} />
          <Next detail={detail} now={now} />
          {isRunning(detail) && <NodesCard detail={detail} />}
          <Origin detail={detail} />
        </div>
      </div>
    </div>
  );
}
