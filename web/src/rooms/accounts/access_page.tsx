import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { cache } from "../../api/cache";
import type { User } from "../../api/types";
import { plural } from "../../ui/format";
import { Verdict } from "../../ui/layout";
import { useMessages } from "../../ui/live_context";
import { isAdministrator, meQuery } from "../sessions/queries";
import { SigningKeys } from "../tokens/signing_keys";
import { usersQuery } from "./access_queries";
import { AccessUsers } from "./access_users";
import styles from "./accounts.module.css";

/** Who operates this platform, and under which keys do programs call? */
export function AccessPage() {
  const { data: signed } = useQuery(meQuery);
  const query = useInfiniteQuery(usersQuery);
  useMessages(
    "users",
    useCallback(() => void cache.invalidateQueries({ queryKey: usersQuery.queryKey }), []),
  );
  if (!signed) return null;
  const users = query.data?.pages.flatMap((page) => page.data);
  const mayChange = isAdministrator(signed.me);
  return (
    <div className={styles.page}>
      <Verdict tone={query.error && !users ? "crit" : "ok"} sentence={sentenceOf(users, query.hasNextPage, query.error !== null)}>
        A viewer sees everything but secrets, an operator deploys and rolls back, an administrator grants roles. Signing up grants none of them.
      </Verdict>
      <div className={styles.columns}>
        <AccessUsers me={signed.me} query={query} mayChange={mayChange} />
        <div className={styles.column}>
          <SigningKeys mayRotate={mayChange} />
        </div>
      </div>
    </div>
  );
}

function sentenceOf(users: User[] | undefined, more: boolean, failed: boolean): string {
  if (users === undefined) return failed ? "Who has access is not known." : "Reading who has access.";
  const operating = users.filter((user) => user.platform_role !== null && user.state === "active").length;
  return `${more ? "Of the first " : "Of "}${plural(users.length, "person", "people")} ${plural(operating, "operates", "operate")} this platform.`;
}
