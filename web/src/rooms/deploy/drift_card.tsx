import type { UseQueryResult } from "@tanstack/react-query";
import type { Drift } from "../../api/types";
import { Answer } from "../../ui/answer";
import { Card, CommandLine } from "../../ui/layout";
import { Time } from "../../ui/time";
import { deviationInWords, lookOf } from "./drift";
import styles from "./deploy.module.css";

/** When somebody last looked, what he found, and the command for it. Nothing here is done by a button: a repair is a plan that one reads first. */
export function DriftCard({ query, current }: { query: UseQueryResult<Drift>; current: string | null | undefined }) {
  const looked = query.data?.looked_at;
  return (
    <Card
      title="Drift"
      note={
        looked && (
          <>
            looked for <Time at={looked} />
          </>
        )
      }
    >
      <Answer query={query} failure="The last look for drift did not come." rows={1} height={60}>
        {(drift) => {
          const look = lookOf(drift, current);
          return look.found.size === 0 ? <Nothing words={look.words} /> : <Found drift={drift} />;
        }}
      </Answer>
    </Card>
  );
}

function Nothing({ words }: { words: string }) {
  return (
    <div className={styles.driftNow}>
      <p>{words}</p>
      <CommandLine>acme drift show</CommandLine>
    </div>
  );
}

function Found({ drift }: { drift: Drift }) {
  return (
    <>
      <ul className={styles.deviations}>
        {drift.data.map((each) => (
          <li key={`${each.where} ${each.what}`} data-testid="deviation">
            <p>
              <code>{each.where}</code> {deviationInWords(each)}
            </p>
            <p className={styles.quiet}>
              first seen <Time at={each.since} />
            </p>
          </li>
        ))}
      </ul>
      <div className={styles.driftNow}>
        <p>What would be done about it, with nothing changed:</p>
        <CommandLine>acme drift repair --dry-run</CommandLine>
      </div>
    </>
  );
}
