import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { FormEvent } from "react";
import type { Job, JobState, Me } from "../../api/types";
import { Answer } from "../../ui/answer";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { plural } from "../../ui/format";
import { Card, Empty, Verdict } from "../../ui/layout";
import { Badge, Dot } from "../../ui/mark";
import { More } from "../../ui/more";
import { Time } from "../../ui/time";
import { meQuery } from "../sessions/queries";
import { jobsQuery } from "./queries";
import { filterOf, isFiltered, jobStates, searchOf, toneOfJob, type JobSearch, type Side } from "./state";
import { Views } from "./views";
import styles from "./queues.module.css";

/** Where is this job, and what became of it? */
export function JobsPage() {
  const search = useSearch({ from: "/shell/jobs/search" });
  const { data: signed } = useQuery(meQuery);
  if (!signed) return null;
  return <Jobs me={signed.me} search={search} />;
}

function sentenceOf(shown: number | undefined, more: boolean, filtered: boolean, failed: boolean): string {
  if (shown === undefined) return failed ? "The jobs are not known." : "Reading the jobs.";
  if (shown === 0) return filtered ? "No job is like that." : "There is no job yet.";
  const number = plural(shown, filtered ? "such job" : "job");
  return more ? `The newest ${number}.` : `${number} ${shown === 1 ? "is" : "are"} known.`;
}

function Jobs({ me, search }: { me: Me; search: JobSearch }) {
  const side = search.side ?? "organization";
  const query = useInfiniteQuery(jobsQuery(side, filterOf(search)));
  const jobs = query.data?.pages.flatMap((page) => page.data);
  return (
    <div className={styles.page}>
      <Verdict tone={query.error && !jobs ? "crit" : "ok"} sentence={sentenceOf(jobs?.length, query.hasNextPage, isFiltered(search), query.error !== null)}>
        Those that wait, run or are dead, and those that ended within the time that their queue keeps them.
      </Verdict>
      <Views me={me} side={side} at="/jobs/search" />
      <Search search={search} />
      <Card label="Jobs">
        <Answer query={query} failure="The jobs did not come." height={54}>
          {() =>
            jobs && jobs.length > 0 ? (
              <ul className={styles.list} data-list="links">
                {jobs.map((job) => (
                  <Row key={job.id} job={job} side={side} />
                ))}
              </ul>
            ) : (
              <Empty title={isFiltered(search) ? "No job is like that." : "There is no job yet."}>
                {isFiltered(search) ? (
                  <Link to="/jobs/search" search={side === "platform" ? { side } : {}} className={styles.name}>
                    Show all
                  </Link>
                ) : (
                  <p>Jobs are added over the API, or with acme jobs enqueue.</p>
                )}
              </Empty>
            )
          }
        </Answer>
        <More query={query} what="jobs" />
      </Card>
    </div>
  );
}

function Search({ search }: { search: JobSearch }) {
  const navigate = useNavigate();
  const look = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const words = Object.fromEntries(new FormData(event.currentTarget));
    void navigate({ to: "/jobs/search", search: searchOf({ ...words, side: search.side }) });
  };
  // Another address, by a link, fills the fields anew.
  return (
    <form key={JSON.stringify(search)} className={styles.search} role="search" aria-label="Jobs" onSubmit={look}>
      <Field label="Queue" name="queue" defaultValue={search.queue ?? ""} maxLength={63} mono />
      <Field label="Kind" name="kind" defaultValue={search.kind ?? ""} maxLength={63} mono />
      <Field label="Key" name="key" defaultValue={search.key ?? ""} maxLength={200} mono />
      <Field label="Added by" name="user" defaultValue={search.user ?? ""} maxLength={40} mono />
      <Field label="Error" name="error_type" defaultValue={search.error_type ?? ""} maxLength={200} mono />
      <StateChoice state={search.state} />
      <div className={styles.searchActs}>
        <Button kind="primary" type="submit">
          Search
        </Button>
      </div>
    </form>
  );
}

function StateChoice({ state }: { state: JobState | undefined }) {
  return (
    <label className={styles.state}>
      <span>State</span>
      <select name="state" defaultValue={state ?? ""} className={styles.select}>
        <option value="">any</option>
        {jobStates.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </label>
  );
}

function Row({ job, side }: { job: Job; side: Side }) {
  return (
    <li className={styles.row} data-testid="job">
      <Dot tone={toneOfJob(job.state)} />
      <div className={styles.text}>
        <Link to="/jobs/$id" params={{ id: job.id }} search={side === "platform" ? { side } : {}} className={styles.name}>
          {job.kind}
        </Link>{" "}
        <Badge tone={toneOfJob(job.state)}>{job.state}</Badge>
        <div className={styles.note}>
          <code>{job.id}</code> in <code>{job.queue}</code>
          {job.key && (
            <>
              , key <code>{job.key}</code>
            </>
          )}
          {job.attempt > 0 && `, attempt ${job.attempt}`}, added <Time at={job.created_at} />
        </div>
        {job.error && (
          <div className={styles.note}>
            {job.error.type}: {job.error.message}
          </div>
        )}
      </div>
    </li>
  );
}
