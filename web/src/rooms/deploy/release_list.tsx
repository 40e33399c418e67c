import type { UseQueryResult } from "@tanstack/react-query";
import type { CurrentRelease, Release } from "../../api/types";
import { Answer } from "../../ui/answer";
import { Card, Empty } from "../../ui/layout";
import { Badge, Sha, type Tone } from "../../ui/mark";
import { Time } from "../../ui/time";
import { shortOf } from "../../ui/format";
import { DeployButton } from "./deploy_button";
import { RollBack } from "./roll_back";

import styles from "./deploy.module.css";

/** What the machines have and what was good: where one can go from here. */
export function ReleaseList({ query, current, role }: { query: UseQueryResult<{ data: Release[] }>; current: CurrentRelease | undefined; role: string | undefined }) {
  const { data } = query;
  const eligible = data?.data.filter((release) => release.is_eligible).length ?? 0;
  return (
    <Card title="Releases" note={data && (eligible === 0 ? "none to return to" : `${eligible} to return to`)}>
      <Answer query={query} failure="The releases did not come." height={44}>
        {({ data: releases }) =>
          releases.length === 0 ? (
            <Empty title="No release is stored.">
              <p>
                <code>acme release add</code> brings one to the machines.
              </p>
            </Empty>
          ) : (
            <ul className={styles.releases} data-list="rows">
              {releases.map((release) => (
                <Row key={release.id} release={release} from={current?.release ?? undefined} role={role} />
              ))}
            </ul>
          )
        }
      </Answer>
    </Card>
  );
}

function standing(release: Release): { tone: Tone; word: string } {
  if (release.is_current) return { tone: release.is_known_good ? "ok" : "active", word: release.is_known_good ? "runs, known good" : "runs" };
  if (release.is_known_good) return { tone: "ok", word: "known good" };
  if (release.good_at) return { tone: "ok", word: "was good" };
  return { tone: "idle", word: release.first_at === null ? "never deployed" : "not good" };
}

function Row({ release, from, role }: { release: Release; from: string | undefined; role: string | undefined }) {
  const { tone, word } = standing(release);
  const at = release.good_at ?? release.first_at ?? release.added_at;
  return (
    <li data-testid="release">
      <div className={styles.releaseHead}>
        <Sha value={release.id} />
        <Badge tone={tone}>{word}</Badge>
      </div>
      <p className={styles.quiet}>
        {release.good_at ? "good " : release.first_at ? "first deployed " : release.added_at ? "added " : "when it came is not known"}
        {at && <Time at={at} />}
        {release.is_stored === false && " · not on the machines any more"}
      </p>
      <div className={styles.releaseActs}>
        {release.is_eligible && <RollBack to={release.id} from={from} why={role} label={`Roll back to ${shortOf(release.id)}`} />}
        {!release.is_current && release.is_stored !== false && !release.is_eligible && <DeployButton releases={[release]} why={role} only={release} />}
      </div>
    </li>
  );
}
