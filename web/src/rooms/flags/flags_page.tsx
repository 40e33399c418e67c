import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Plus, Search as Glass, SlidersHorizontal, Upload } from "lucide-react";
import { Suspense, lazy, useDeferredValue, useEffect, useMemo, useState } from "react";
import { Answer } from "../../ui/answer";
import { Button, IconButton } from "../../ui/button";
import { count, list, plural } from "../../ui/format";
import { Card, CommandLine, Empty, Verdict } from "../../ui/layout";
import { Unseen } from "../../ui/mark";
import { More } from "../../ui/more";
import { Time } from "../../ui/time";
import { meQuery } from "../sessions/queries";
import { EnvironmentLinks } from "./environments";
import { FlagsFeed } from "./feed";
import { FlagRow } from "./flag_row";
import { ImportDialog } from "./import";
import { NewFlagDialog } from "./new_flag";
import { Notice } from "./parts";
import { environmentsQuery, flagsQuery, summaryQuery } from "./queries";
import { whyNotChange } from "./rights";
import { environmentOf, sentenceOf, toneOf, views, type View } from "./state";
import type { Environment, FlagSummary, Summary } from "./types";
import { useSettled } from "../../ui/use_settled";
import styles from "./flags.module.css";

// What few open each time.
const EnvironmentsDialog = lazy(async () => ({ default: (await import("./environments_dialog")).EnvironmentsDialog }));

/** Which flags are on, what do they serve, which can go? */
export function FlagsPage() {
  const search = useSearch({ from: "/shell/platform/settings/flags" });
  const { data: signed } = useQuery(meQuery);
  const environments = useQuery(environmentsQuery);
  const environment = environmentOf(environments.data ?? [], search.environment);
  const summary = useQuery(summaryQuery(environment?.key ?? ""));
  const [open, setOpen] = useState<"new" | "import" | "environments">();
  const failed = (summary.error ?? environments.error) !== null;
  const why = signed && whyNotChange(signed.me, false);
  const barred = why !== undefined && { why };
  return (
    <div className={styles.page}>
      <FlagsFeed />
      <Verdict
        tone={toneOf(summary.data, failed)}
        sentence={sentenceOf(summary.data, environment, failed)}
        actions={
          <>
            <Button icon={<Upload size={15} aria-hidden="true" />} onPress={() => setOpen("import")} {...barred}>
              Import
            </Button>
            <Button kind="primary" icon={<Plus size={15} aria-hidden="true" />} onPress={() => setOpen("new")} {...barred}>
              New flag
            </Button>
          </>
        }
      >
        <Published summary={summary.data} />
      </Verdict>
      {summary.data?.evaluation_is_on === false && <EvaluationIsOff />}
      <div className={styles.filters}>
        {environments.data && environment && (
          <div className={styles.where}>
            <EnvironmentLinks environments={environments.data} at={environment.key} to="/settings/flags" />
            <IconButton label="Environments" onPress={() => setOpen("environments")}>
              <SlidersHorizontal size={15} aria-hidden="true" />
            </IconButton>
          </div>
        )}
        <Views at={search.view ?? "all"} summary={summary.data} />
        <SearchBox />
      </div>
      <Card label="Flags">
        <Answer query={environments} failure="The environments did not come." rows={6} height={54}>
          {(all) => environment && <Rows environment={environment} environments={all} view={search.view} q={search.q} search={search.environment ? { environment: search.environment } : {}} why={why} onNew={() => setOpen("new")} />}
        </Answer>
      </Card>
      {environment && <Removable environment={environment} summary={summary.data} />}
      {open === "new" && <NewFlagDialog environment={environment?.key ?? ""} onClose={() => setOpen(undefined)} />}
      {open === "environments" && environments.data && (
        <Suspense>
          <EnvironmentsDialog environments={environments.data} onClose={() => setOpen(undefined)} />
        </Suspense>
      )}
      {open === "import" && environment && <ImportDialog environment={environment} onClose={() => setOpen(undefined)} />}
    </div>
  );
}

function Published({ summary }: { summary: Summary | undefined }) {
  return (
    <>
      {summary && summary.version > 0 ? (
        <>
          Rule set {count(summary.version)}
          {summary.published_at && (
            <>
              , published <Time at={summary.published_at} />
            </>
          )}
          . A change is on every node within a second.
        </>
      ) : (
        "A change is on every node within a second."
      )}{" "}
      <Link to="/settings/segments">Segments</Link>
      {summary && (
        <>
          {" · "}
          <a href={`/v1/admin/flags:export?environment=${encodeURIComponent(summary.environment)}`} download={`flags-${summary.environment}.json`}>
            Export
          </a>
        </>
      )}
    </>
  );
}

function EvaluationIsOff() {
  return (
    <Notice title="Evaluation is off.">
      Every flag answers the default of its caller. What is changed here is kept, and holds when the platform starts with <code>ENABLE_FEATURE_FLAGS=true</code>.
    </Notice>
  );
}

function Views({ at, summary }: { at: View; summary: Summary | undefined }) {
  const counts: Partial<Record<View, number | undefined>> = { all: summary?.flags, on: summary?.on, experiments: summary?.experiments, remove: summary?.removable, archived: summary?.archived };
  return (
    <nav aria-label="Filter" className={styles.views}>
      {(Object.entries(views) as [View, string][]).map(([view, name]) => (
        <Link
          key={view}
          to="/settings/flags"
          search={(before) => ({ ...(before.environment && { environment: before.environment }), ...(before.q && { q: before.q }), ...(view !== "all" && { view }) })}
          aria-current={view === at ? "page" : undefined}
          activeOptions={{ exact: true }}
        >
          {name}
          {counts[view] !== undefined && <span className={styles.viewCount}>{count(counts[view])}</span>}
        </Link>
      ))}
    </nav>
  );
}

/** What is typed is in the address a moment later, so a search is a link too. */
function SearchBox() {
  const { q } = useSearch({ from: "/shell/platform/settings/flags" });
  const navigate = useNavigate();
  const [typed, setTyped] = useState(q ?? "");
  const settled = useSettled(typed.trim());
  useEffect(() => {
    if (settled === (q ?? "")) return;
    void navigate({ to: "/settings/flags", search: ({ q: _, ...rest }) => ({ ...rest, ...(settled && { q: settled }) }), replace: true });
    // Only what was typed leads there, not an address that changes by itself.
  }, [settled]);
  useEffect(() => {
    if (q === undefined) setTyped("");
  }, [q]);
  return (
    <div className={styles.searchPlace} role="search" aria-label="Flags">
      <label className={styles.search}>
        <Glass size={14} aria-hidden="true" />
        <Unseen>Filter by key, name, tag or owner</Unseen>
        <input type="search" value={typed} maxLength={200} placeholder="Filter by key, name, tag or owner" onChange={(event) => setTyped(event.target.value)} />
      </label>
    </div>
  );
}

interface RowsProps {
  environment: Environment;
  environments: readonly Environment[];
  view: View | undefined;
  q: string | undefined;
  search: { environment?: string };
  why: string | undefined;
  onNew: () => void;
}

const columns = ["On", "Flag", "Serves", "Last 24 h, by variant", "Evaluations", "Changed", ""];

/** The roles are written out: the rows are grids, and display takes a table its meaning. */
function Rows({ environment, environments, view, q, search, why, onNew }: RowsProps) {
  const query = useInfiniteQuery(flagsQuery(environment.key, view, q));
  const { environment: at } = search;
  const links = useMemo(() => (at === undefined ? {} : { environment: at }), [at]);
  const loaded = useMemo(() => query.data?.pages.flatMap((page) => page.data) ?? [], [query.data]);
  // Hundreds of rows are drawn between what somebody does, and not in the way of it.
  const flags = useDeferredValue(loaded);
  return (
    <>
      <Answer query={query} failure="The flags did not come." rows={6} height={54}>
        {() =>
          loaded.length > 0 ? (
            <div className={styles.tableBox}>
              <table className={styles.table} role="table" aria-label="Flags">
                <thead role="rowgroup">
                  <tr role="row" className={styles.head}>
                    {columns.map((name) => (
                      <th key={name} role="columnheader" scope="col">
                        {name || <Unseen>Act</Unseen>}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody role="rowgroup" data-list="links">
                  {flags.map((flag) => (
                    <FlagRow key={flag.key} flag={flag} environment={environment} environments={environments} search={links} />
                  ))}
                </tbody>
              </table>
            </div>
          ) : (
            <Nothing view={view} q={q} onNew={onNew} why={why} />
          )
        }
      </Answer>
      <More query={query} what="flags" isByItself={flags === loaded} />
    </>
  );
}

function Nothing({ view, q, onNew, why }: { view: View | undefined; q: string | undefined; onNew: () => void; why: string | undefined }) {
  if (q || view) {
    return (
      <Empty title={q ? `No flag matches “${q}”${view ? ` in ${views[view]}` : ""}.` : `No flag is in ${views[view ?? "all"]}.`}>
        <Link to="/settings/flags" search={({ environment }) => (environment ? { environment } : {})}>
          Show all flags
        </Link>
      </Empty>
    );
  }
  return (
    <Empty title="No flags yet.">
      <p>A flag decides at run time who gets what: a share of users, an organization, a region. It can be switched off everywhere within a second.</p>
      <Button onPress={onNew} {...(why !== undefined && { why })}>
        New flag
      </Button>
      <CommandLine>acme flags create file-preview --type bool --description "Shows files without a download"</CommandLine>
    </Empty>
  );
}

/** Those that have done their work, named: at most so many. */
const named_max = 5;

function Removable({ environment, summary }: { environment: Environment; summary: Summary | undefined }) {
  const some = (summary?.removable ?? 0) > 0;
  const query = useInfiniteQuery({ ...flagsQuery(environment.key, "remove", undefined), enabled: some });
  const flags: FlagSummary[] = query.data?.pages.flatMap((page) => page.data) ?? [];
  if (!some || !summary || flags.length === 0) return null;
  return (
    <Notice
      title={`${plural(summary.removable, "flag has", "flags have")} done their work.`}
      action={
        <Link to="/settings/flags" search={({ environment: at }) => ({ ...(at && { environment: at }), view: "remove" as const })}>
          Show them
        </Link>
      }
    >
      {list(flags.slice(0, named_max).map((flag) => `${flag.key} (${flag.stale.map((each) => each.detail).join(" ")})`))}. Take them out of the code, then archive them.
    </Notice>
  );
}
