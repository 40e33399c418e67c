import { useQuery } from "@tanstack/react-query";
import { Answer } from "../../ui/answer";
import { bytes, count, words } from "../../ui/format";
import { Card } from "../../ui/layout";
import { usageQuery } from "./queries";
import styles from "./organizations.module.css";

/** What the organization takes of the platform, as far as that is known. */
export function Usage({ org, members }: { org: string; members: string | undefined }) {
  const query = useQuery(usageQuery(org));
  return (
    <Card title="Usage">
      <Answer query={query} failure="The usage did not come." rows={2} height={20}>
        {(usage) => (
          <dl className={styles.usage}>
            <dt>Members</dt>
            <dd>{members}</dd>
            <dt>Files</dt>
            <dd>{count(usage.files)}</dd>
            <dt>Stored</dt>
            <dd>
              {words(bytes(usage.bytes_used))}
              {usage.bytes_max == null ? ", without a limit" : ` of ${words(bytes(usage.bytes_max))}`}
            </dd>
            {usage.bytes_reserved > 0 && (
              <>
                <dt>Kept for uploads</dt>
                <dd>{words(bytes(usage.bytes_reserved))}</dd>
              </>
            )}
            {usage.requests && (
              <>
                <dt>Your requests</dt>
                <dd>
                  {count(usage.requests.used)} of {count(usage.requests.limit)} in {usage.requests.seconds} s
                </dd>
              </>
            )}
          </dl>
        )}
      </Answer>
    </Card>
  );
}
