import { useQuery } from "@tanstack/react-query";
import { Meter } from "react-aria-components";
import type { Usage } from "../../api/types";
import { bytes, words } from "../../ui/format";
import { usageQuery } from "./queries";
import styles from "./files.module.css";

/** What the organization's files take of what they may. Where there is no limit there is no bar. */
export function UsageBar({ org }: { org: string }) {
  const { data } = useQuery(usageQuery(org));
  if (!data || data.bytes_max === null) return null;
  const { bytes_used: used, bytes_reserved: reserved, bytes_max: most } = data;
  const share = (part: number) => `${Math.min(100, (part / Math.max(1, most)) * 100)}%`;
  return (
    <Meter aria-label="Storage of your organization" value={used + reserved} maxValue={Math.max(1, most)} valueLabel={sentenceOf(data)} className={styles.usage}>
      <div className={styles.usageBar} data-full={used + reserved >= most * 0.9 || undefined}>
        <div style={{ width: share(used) }} />
        <div data-reserved="" style={{ width: share(reserved) }} />
      </div>
      <span>{sentenceOf(data)}</span>
    </Meter>
  );
}

export function sentenceOf({ bytes_used, bytes_reserved, bytes_max }: Usage): string {
  const kept = bytes_reserved > 0 ? `, ${words(bytes(bytes_reserved))} kept for uploads` : "";
  return `${words(bytes(bytes_used))} of ${words(bytes(bytes_max ?? 0))} used${kept}`;
}
