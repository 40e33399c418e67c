import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useRouteContext, useSearch } from "@tanstack/react-router";
import type { CurrentRelease, Deployment } from "../../api/types";
import { Answer } from "../../ui/answer";
import { duration, shortOf } from "../../ui/format";
import { Card, CommandLine, Empty, ThumbBar, Verdict, WideOnly } from "../../ui/layout";
import { useLiveness } from "../../ui/live_context";
import { Whole } from "../../ui/mark";
import { More } from "../../ui/more";
import { Time } from "../../ui/time";
import { DeployButton } from "./deploy_button";
import { useRunning } from "./feed";
import { Figures } from "./figures";
import { Actor, DeploymentLink, FromTo, StateBadge, whyNot } from "./parts";
import { currentQuery, deploymentsQuery, releasesQuery } from "./queries";
import { ReleaseList } from "./release_list";
import { RollBack } from "./roll_back";
import { outcomeInWords, stateOf, views, type Verdict as Words, type View } from "./state";
import styles from "./deploy.module.css";

/** What went out, when, and did it stay? */
export function ReleasesPage() {
  const { me } = useRouteContext({ from: "/shell" });
  const current = useQuery(currentQuery);
  const releases = useQuery(releasesQuery);
  const running = useRunning();
  const { stale } = useLiveness();
  const role = whyNot(me);
  const verdict = verdictOf(current.data, running, current.isError);
  const rollback = (
    <RollBack
      to={current.data?.rollback_to ?? undefined}
      from={current.data?.release ?? undefined}
      why={role ?? (running && running.kind === "rollback" ? "A rollback runs already." : undefined)}
      label={current.data?.rollback_to ? `Roll back to ${shortOf(current.data.rollback_to)}` : "Roll back"}
    />
  );
  const deploy = <DeployButton releases={releases.data?.data} why={role} />;
  return (
    <div className={styles.page} data-stale={stale || undefined}>
      <Verdict
        tone={verdict.tone}
        sentence={verdict.sentence}
        actions={
          <>
            <WideOnly>{rollback}</WideOnly>
            {deploy}
          </>
        }
      >
        {stale ? `Nothing newer has come since the connection was lost. ${verdict.evidence}` : verdict.evidence}
        {running && (
          <>
            {" "}
            <DeploymentLink id={running.id}>Look at it</DeploymentLink>
          </>
        )}
      </Verdict>
      <Figures />
      <div className={styles.columns}>
        <div className={styles.column}>
          <History />
        </div>
        <div className={styles.column}>
          <ReleaseList query={releases} current={current.data} role={role} />
        </div>
      </div>
      <ThumbBar>{rollback}</ThumbBar>
    </div>
  );
}

function verdictOf(current: CurrentRelease | undefined, running: Deployment | undefined, failed: boolean): Words {
  if (running) {
    const { tone, word } = stateOf(running);
    const name = shortOf(running.release);
    const sentence = running.kind === "rollback" ? `Everything returns to ${name}.` : running.state === "succeeded" ? `${name} runs everywhere and is being watched.` : `${name} is on its way: ${word}.`;
    return { tone: tone === "idle" ? "active" : tone, sentence, evidence: current?.release ? `${shortOf(current.release)} is the current release.` : "" };
  }
  if (!current) return failed ? { tone: "crit", sentence: "The current release is not known.", evidence: "" } : { tone: "idle", sentence: "Reading the releases.", evidence: "" };
  if (!current.release) return { tone: "idle", sentence: "Nothing runs yet.", evidence: "" };
  const name = shortOf(current.release);
  const good = current.known_good === current.release;
  const back = current.rollback_to ? `A rollback returns to ${shortOf(current.rollback_to)}.` : "No other release was good here, so there is nothing to return to.";
  return good ? { tone: "ok", sentence: `${name} runs in ${current.environment} and is known good.`, evidence: back } : { tone: "active", sentence: `${name} runs in ${current.environment}.`, evidence: back };
}

function History() {
  const { state } = useSearch({ from: "/shell/platform/releases" });
  const query = useInfiniteQuery(deploymentsQuery(state));
  return (
    <Card title="History" aside={<Views />}>
      <Answer query={query} failure="The history did not come.">
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.data);
          if (rows.length > 0) return <Table rows={rows} />;
          return state === undefined ? <Nothing /> : <NoneOf view={state} />;
        }}
      </Answer>
      <More query={query} what="releases" />
    </Card>
  );
}

const whole_address = { exact: true, includeSearch: true } as const;
const here = { "aria-current": "true" } as const;

/** The filter is in the address, so each view is a link. */
function Views() {
  return (
    <nav aria-label="Filter by state" className={styles.views}>
      <Link to="/releases" search={{}} className={styles.view} activeOptions={whole_address} activeProps={here}>
        All
      </Link>
      {Object.entries(views).map(([view, { name }]) => (
        <Link key={view} to="/releases" search={{ state: view as View }} className={styles.view} activeOptions={whole_address} activeProps={here}>
          {name}
        </Link>
      ))}
    </nav>
  );
}

function Table({ rows }: { rows: readonly Deployment[] }) {
  const { me } = useRouteContext({ from: "/shell" });
  return (
    <table className={styles.history} role="table" aria-label="History">
      <thead role="rowgroup">
        <tr role="row">
          {["Release", "State", "Begun", "Took", "By", "Why"].map((name) => (
            <th key={name} role="columnheader" scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup" data-list="links">
        {rows.map((row) => (
          <tr key={row.id} role="row" data-testid="deployment">
            <th role="rowheader" scope="row">
              <DeploymentLink id={row.id}>
                <FromTo deployment={row} />
              </DeploymentLink>
              {row.kind === "rollback" && <span className={styles.kind}>rollback</span>}
            </th>
            <td role="cell">
              <StateBadge deployment={row} />
            </td>
            <td role="cell">
              <Time at={row.begun_at} />
            </td>
            <td role="cell" data-label="took">
              {row.ended_at ? duration(Date.parse(row.ended_at) - Date.parse(row.begun_at)) : "–"}
            </td>
            <td role="cell" data-label="by">
              <Actor name={row.actor} me={me} />
            </td>
            <td role="cell" className={styles.why} title={row.outcome || row.reason}>
              <Whole>{outcomeInWords(row.outcome) || row.reason}</Whole>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Nothing() {
  return (
    <Empty title="Nothing has been deployed yet.">
      <p>What was built is brought to the machines, and then to the nodes:</p>
      <CommandLine>{`acme release add build/release/acme\nacme deploy run RELEASE`}</CommandLine>
    </Empty>
  );
}

function NoneOf({ view }: { view: View }) {
  return (
    <Empty title={`No deployment is in this view: ${views[view].name.toLowerCase()}.`}>
      <Link to="/releases" search={{}}>
        Show all
      </Link>
    </Empty>
  );
}
