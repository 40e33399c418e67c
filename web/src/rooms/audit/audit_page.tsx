import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { FormEvent } from "react";
import type { AuditEntry } from "../../api/types";
import { Answer } from "../../ui/answer";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { plural } from "../../ui/format";
import { Card, CommandLine, Empty, Verdict } from "../../ui/layout";
import { More } from "../../ui/more";
import { Time } from "../../ui/time";
import { auditQuery } from "./queries";
import { changesOf, filterKeys, filterOf, isFiltered, type Change, type Filter } from "./state";
import styles from "./audit.module.css";

/** Who changed what, and from where? */
export function AuditPage() {
  const filter = useSearch({ from: "/shell/platform/audit" });
  const query = useInfiniteQuery(auditQuery(filter));
  const entries = query.data?.pages.flatMap((page) => page.data);
  return (
    <div className={styles.page}>
      <Verdict tone={query.error && !entries ? "crit" : "ok"} sentence={sentenceOf(entries?.length, query.hasNextPage, isFiltered(filter), query.error !== null)}>
        Each change is written together with what it changed, and sealed a moment later: no entry can be changed unseen.
      </Verdict>
      <Search filter={filter} />
      <Card label="Entries">
        <Answer query={query} failure="The entries did not come." height={44}>
          {() => (entries && entries.length > 0 ? <Entries entries={entries} /> : <Nothing filter={filter} />)}
        </Answer>
        <More query={query} what="entries" />
      </Card>
      <Card title="Is it whole?">
        <div className={styles.whole}>
          <p>Computes the chain of seals again and names each row that does not fit. Export takes entries elsewhere.</p>
          <CommandLine>{"acme audit verify\nacme audit export --format csv"}</CommandLine>
        </div>
      </Card>
    </div>
  );
}

function Search({ filter }: { filter: Filter }) {
  const navigate = useNavigate();
  const search = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const words = Object.fromEntries(new FormData(event.currentTarget));
    void navigate({ to: "/audit", search: filterOf(words) });
  };
  // Another address, by a link in a row, fills the fields anew.
  return (
    <form key={filterKeys.map((key) => filter[key] ?? "").join("\n")} className={styles.search} role="search" aria-label="Entries" onSubmit={search}>
      <Field label="Who" name="actor" defaultValue={filter.actor ?? ""} maxLength={200} mono />
      <Field label="What" name="action" defaultValue={filter.action ?? ""} maxLength={200} mono />
      <Field label="To which" name="target" defaultValue={filter.target ?? ""} maxLength={200} mono />
      <div className={styles.searchActs}>
        <Button kind="primary" type="submit">
          Search
        </Button>
        {isFiltered(filter) && (
          <Link to="/audit" search={{}}>
            Show all
          </Link>
        )}
      </div>
    </form>
  );
}

/** The roles are written out: on a phone the rows are grids, and display takes a table its meaning. */
function Entries({ entries }: { entries: readonly AuditEntry[] }) {
  return (
    <table className={styles.table} role="table" aria-label="Entries">
      <thead role="rowgroup">
        <tr role="row">
          {["When", "Who", "What", "To which", "Change"].map((name) => (
            <th key={name} role="columnheader" scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup" data-list="rows">
        {entries.map((entry) => (
          <Row key={entry.id} entry={entry} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ entry }: { entry: AuditEntry }) {
  return (
    <tr role="row" data-testid="entry">
      <td role="cell" className={styles.when}>
        <Time at={entry.created_at} />
      </td>
      <td role="cell" className={styles.who}>
        <Narrow name="actor" value={entry.actor} />
        {entry.ip && <span className={styles.from}>from {entry.ip}</span>}
      </td>
      <td role="cell" className={styles.what}>
        <Narrow name="action" value={entry.action} />
      </td>
      <td role="cell" className={styles.target}>
        <Narrow name="target" value={entry.target} />
      </td>
      <td role="cell" className={styles.change}>
        <Changes changes={changesOf(entry.before, entry.after)} />
        {entry.request_id && <span className={styles.from}>request {entry.request_id}</span>}
      </td>
    </tr>
  );
}

/** A word that leads to all entries with it. */
function Narrow({ name, value }: { name: keyof Filter; value: string }) {
  if (value === "") return null;
  return (
    <Link to="/audit" search={{ [name]: value }} className={styles.narrow}>
      {value}
    </Link>
  );
}

function Changes({ changes }: { changes: readonly Change[] }) {
  if (changes.length === 0) return null;
  return (
    <dl className={styles.changes}>
      {changes.map(({ name, before, after }) => (
        <div key={name}>
          <dt>{name || "value"}</dt>
          <dd>
            {before !== undefined && <del>{before}</del>}
            {before !== undefined && after !== undefined && " → "}
            {after !== undefined && <ins>{after}</ins>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Nothing({ filter }: { filter: Filter }) {
  if (isFiltered(filter)) {
    return (
      <Empty title="No entry is like that.">
        <p>
          The words must be whole: an id such as <code>usr_01…</code>, an action such as <code>files.delete</code>. <Link to="/audit" search={{}}>Show all</Link>
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="Changes will be listed here.">
      <p>Whatever somebody changes, here, over the API or at a terminal, appears with who it was and from where.</p>
    </Empty>
  );
}

function sentenceOf(shown: number | undefined, more: boolean, filtered: boolean, failed: boolean): string {
  if (shown === undefined) return failed ? "The audit is not known." : "Reading the audit.";
  if (shown === 0) return filtered ? "No such change is known." : "Nothing was changed yet.";
  const number = plural(shown, filtered ? "such change" : "change");
  return more ? `The newest ${number}.` : `${number} ${shown === 1 ? "is" : "are"} known.`;
}
