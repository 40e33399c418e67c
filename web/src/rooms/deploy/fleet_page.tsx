import { useQuery } from "@tanstack/react-query";
import { useRouteContext } from "@tanstack/react-router";
import type { Fleet } from "../../api/types";
import { clock, percent, shortOf, words } from "../../ui/format";
import { Answer } from "../../ui/answer";
import { Card, Verdict } from "../../ui/layout";
import { useLiveness } from "../../ui/live_context";
import { Badge, Dot, Sha } from "../../ui/mark";
import { useRunning } from "./feed";
import { lookOf, type Look } from "./drift";
import { DriftCard } from "./drift_card";
import { fleetVerdict, nodeState, shareOf } from "./fleet";
import { FreezeButton, FreezeCard } from "./freeze";
import { whyNot, DeploymentLink } from "./parts";
import { currentQuery, driftQuery, fleetQuery } from "./queries";
import { changesNodes, stateOf } from "./state";
import styles from "./deploy.module.css";

/** The machines and the balancer are asked each time: nothing here is remembered. */
const refetch_ms = 5_000;

/** Are all nodes as they should be? */
export function FleetPage() {
  const { me } = useRouteContext({ from: "/shell" });
  const query = useQuery({ ...fleetQuery, refetchInterval: refetch_ms });
  const drift = useQuery({ ...driftQuery, refetchInterval: refetch_ms });
  const current = useQuery(currentQuery);
  const running = useRunning();
  const { stale } = useLiveness();
  const { data, error } = query;
  const role = whyNot(me);
  const isOld = data !== undefined && (stale || query.isRefetchError);
  const isChanging = running !== undefined && changesNodes(running);
  const deploying = isChanging ? `${shortOf(running.release)}, ${stateOf(running).word}` : undefined;
  const verdict = data && fleetVerdict(data, drift.data, current.data?.release, deploying);
  const look = drift.data && !isChanging ? lookOf(drift.data, current.data?.release) : undefined;
  return (
    <div className={styles.page} data-stale={isOld || undefined}>
      {isOld ? (
        <Verdict tone="warn" sentence={`This was the state at ${clock(Date.parse(data.as_of))} UTC.`} actions={<FreezeButton why={role} />}>
          Nothing newer has come since. The page asks again by itself. Then: {verdict?.sentence}
        </Verdict>
      ) : verdict ? (
        <Verdict tone={verdict.tone} sentence={verdict.sentence} actions={<FreezeButton why={role} />}>
          {verdict.evidence}
          {running && (
            <>
              {" "}
              <DeploymentLink id={running.id}>Look at it</DeploymentLink>
            </>
          )}
        </Verdict>
      ) : (
        <Verdict tone={error ? "crit" : "idle"} sentence={error ? "The nodes are not known." : "Asking the machines."} />
      )}
      <div className={styles.columns}>
        <div className={styles.column}>
          <Card title="Nodes" note="as their machines and the balancer have them" aside={data && `${clock(Date.parse(data.as_of))} UTC`}>
            <Answer query={query} failure="The machines did not answer." rows={6}>
              {(fleet) => <Nodes fleet={fleet} look={look} isDeploying={isChanging} />}
            </Answer>
          </Card>
        </div>
        <div className={styles.column}>
          <FreezeCard role={role} me={me} />
          <DriftCard query={drift} current={current.data?.release} />
        </div>
      </div>
    </div>
  );
}

function Nodes({ fleet, look, isDeploying }: { fleet: Fleet; look: Look | undefined; isDeploying: boolean }) {
  return (
    <table className={styles.fleet} role="table" aria-label="Nodes">
      <thead role="rowgroup">
        <tr role="row">
          {["Node", "Release", "State", "Traffic", "Weight", "Drift"].map((name) => (
            <th key={name} role="columnheader" scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {fleet.nodes.map((node) => {
          const { tone, word } = nodeState(node);
          const serves = node.role === "serve";
          return (
            <tr key={node.name} role="row" data-testid="fleet-node" data-serves={serves || undefined}>
              <th role="rowheader" scope="row">
                <code title={node.address}>{node.name}</code>
                <span className={styles.quiet}>{serves ? "application node" : node.role}</span>
              </th>
              <td role="cell">
                <Sha value={node.release} />
              </td>
              <td role="cell">
                <span className={styles.state}>
                  <Dot tone={tone} /> {word}
                </span>
              </td>
              <td role="cell" data-label="of the traffic">
                {serves ? words(percent(shareOf(node, fleet))) : "–"}
              </td>
              <td role="cell" data-label="weight">
                {serves ? node.weight : "–"}
              </td>
              <td role="cell" className={styles.drift} data-none={!look?.found.has(node.name) || undefined}>
                {look?.found.has(node.name) ? <Badge tone="warn">drift</Badge> : <span className={styles.quiet}>{isDeploying ? "it changes" : look?.compared ? "none" : "–"}</span>}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
