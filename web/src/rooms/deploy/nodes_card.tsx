import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { DeploymentDetail, Fleet } from "../../api/types";
import { percent, words } from "../../ui/format";
import { Answer } from "../../ui/answer";
import { Card } from "../../ui/layout";
import { Dot, Sha, Unseen } from "../../ui/mark";
import { nodeState, serving, shareOf } from "./fleet";
import { fleetQuery } from "./queries";
import { isRunning } from "./state";
import styles from "./deploy.module.css";

/** The machines are asked, so it is not asked more often than a person looks. */
const refetch_ms = 4_000;

/** Where the release runs by now, and what traffic each node gets. */
export function NodesCard({ detail }: { detail: DeploymentDetail }) {
  const query = useQuery({ ...fleetQuery, refetchInterval: isRunning(detail) ? refetch_ms : false });
  const { data } = query;
  const have = data?.nodes.filter((node) => node.release === detail.release).length;
  return (
    <Card title="Nodes" note={data && `${have} of ${data.nodes.length} have it`} aside={<Link to="/fleet">Fleet</Link>}>
      <Answer query={query} failure="The machines did not answer." rows={6} height={20}>
        {(fleet) => (
          <>
            <Split fleet={fleet} release={detail.release} />
            <ul className={styles.nodeRows}>
              {fleet.nodes.map((node) => {
                const { tone, word } = nodeState(node);
                return (
                  <li key={node.name} data-has={node.release === detail.release || undefined}>
                    <Dot tone={tone} />
                    <code>{node.name}</code>
                    <span className={styles.quiet}>{word}</span>
                    <span className={styles.nodeShare}>{node.role === "serve" ? words(percent(shareOf(node, fleet))) : ""}</span>
                    <Sha value={node.release} />
                  </li>
                );
              })}
            </ul>
          </>
        )}
      </Answer>
    </Card>
  );
}

function Split({ fleet, release }: { fleet: Fleet; release: string }) {
  const own = serving(fleet)
    .filter((node) => node.release === release)
    .reduce((sum, node) => sum + shareOf(node, fleet), 0);
  return (
    <div className={styles.split}>
      <div className={styles.splitBar} aria-hidden="true">
        <span style={{ width: `${own * 100}%` }} />
      </div>
      <div className={styles.splitWords}>
        <span>
          <strong>{words(percent(own))}</strong> <Sha value={release} />
        </span>
        <span>
          <strong>{words(percent(1 - own))}</strong> others<Unseen> of the traffic</Unseen>
        </span>
      </div>
    </div>
  );
}
