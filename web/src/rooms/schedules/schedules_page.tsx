import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schedule } from "../../api/types";
import { Answer } from "../../ui/answer";
import { Card, Empty, Verdict } from "../../ui/layout";
import { Badge, Dot } from "../../ui/mark";
import { mayInvite } from "../organizations/rules";
import { maySeeNodes, meQuery } from "../sessions/queries";
import { useLiveSchedules } from "./live";
import { NewScheduleCard } from "./new_schedule";
import { schedulesQuery, type Owner } from "./queries";
import { localOf, ruleOf, sentenceOfAll, toneOf, toneOfAll, wordOf } from "./state";
import styles from "./schedules.module.css";

/** What runs next; did the last runs end well? */
export function SchedulesPage() {
  const { data: signed } = useQuery(meQuery);
  const query = useQuery(schedulesQuery("organization"));
  const isLost = useLiveSchedules("organization");
  if (!signed) return null;
  const failed = query.error !== null && !query.data;
  const makes = mayInvite(signed.me.org.role);
  return (
    <div className={styles.page}>
      <Verdict tone={toneOfAll(query.data, failed)} sentence={sentenceOfAll(query.data, failed)}>
        {isLost ? "This is as it was a moment ago: reconnecting." : "Each moment becomes one job, however many schedulers run. What nobody ran in time is run late or written down."}
      </Verdict>
      <div className={makes ? styles.columns : styles.page}>
        <Card title="Schedules">
          <Answer query={query} failure="The schedules did not come." rows={3} height={54}>
            {(schedules) =>
              schedules.length > 0 ? (
                <Rows schedules={schedules} owner="organization" />
              ) : (
                <Empty title="There is no schedule yet.">
                  <p>A schedule puts a job into a queue at each of its times: every night, on the first Tuesday, every 90 seconds.</p>
                </Empty>
              )
            }
          </Answer>
        </Card>
        {makes && <NewScheduleCard />}
      </div>
      {maySeeNodes(signed.me) && <OfPlatform />}
    </div>
  );
}

function OfPlatform() {
  const query = useQuery(schedulesQuery("platform"));
  useLiveSchedules("platform");
  return (
    <Card title="The platform's own" note="They come with the program.">
      <Answer query={query} failure="The platform's schedules did not come." rows={6} height={54}>
        {(schedules) => <Rows schedules={schedules} owner="platform" />}
      </Answer>
    </Card>
  );
}

function Rows({ schedules, owner }: { schedules: readonly Schedule[]; owner: Owner }) {
  return (
    <ul className={styles.list} data-list="links">
      {schedules.map((schedule) => (
        <li key={schedule.name} className={styles.row} data-testid="schedule">
          <Dot tone={toneOf(schedule)} />
          <div className={styles.text}>
            <Link to="/schedules/$name" params={{ name: schedule.name }} search={owner === "platform" ? { of: "platform" } : {}} className={styles.name}>
              {schedule.name}
            </Link>
            <div className={styles.note}>
              <code>{ruleOf(schedule)}</code> {schedule.zone !== "UTC" && schedule.zone} · {schedule.kind}
            </div>
          </div>
          <div className={styles.when}>{schedule.paused_at ? "–" : schedule.next_runs[0] ? localOf(schedule.next_runs[0]) : "never again"}</div>
          <Badge tone={toneOf(schedule)}>{wordOf(schedule)}</Badge>
        </li>
      ))}
    </ul>
  );
}
