import { Card, CommandLine, Empty } from "../../ui/layout";
import { Sha } from "../../ui/mark";
import { Time } from "../../ui/time";
import type { Flag } from "./types";
import styles from "./flags.module.css";

/** Where programs name it, as their builds report, and how one asks for it. */
export function Code({ flag }: { flag: Flag }) {
  return (
    <div className={styles.facts}>
      <Card title="References" note="As builds report them.">
        {flag.references.length > 0 ? (
          <ul className={styles.references}>
            {flag.references.map((each) => (
              <li key={`${each.repo} ${each.path} ${each.line}`}>
                <code>
                  {each.path}:{each.line}
                </code>
                <span className={styles.note}>
                  {each.repo} <Sha value={each.commit} /> {each.reported_at && <Time at={each.reported_at} />}
                </span>
              </li>
            ))}
          </ul>
        ) : (
          <Empty title="No build has reported a reference.">
            <p>A build tells where its sources name a flag, and which flags none names any more can go.</p>
            <CommandLine>{`PUT /v1/flags/${flag.key}/references\n{"data": [{"repo": "shop", "path": "src/checkout.ts", "line": 12, "commit": "7c41e9a"}]}`}</CommandLine>
          </Empty>
        )}
      </Card>
      <Card title="Ask for it" note="OFREP, which the OpenFeature SDKs speak.">
        <div className={styles.cardForm}>
          <CommandLine what="request">{`POST /ofrep/v1/evaluate/flags/${flag.key}\n{"context": {"targetingKey": "usr_…"}}`}</CommandLine>
        </div>
      </Card>
    </div>
  );
}
