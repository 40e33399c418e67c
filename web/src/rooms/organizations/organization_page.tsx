import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { cache } from "../../api/cache";
import type { Me } from "../../api/types";
import { plural } from "../../ui/format";
import { Verdict } from "../../ui/layout";
import { useMessages } from "../../ui/live_context";
import { meQuery } from "../sessions/queries";
import { ServiceAccounts } from "../tokens/service_accounts";
import { Invitations } from "./invitations";
import { Members } from "./members";
import { Organizations } from "./organizations";
import { membersQuery, organizationKey } from "./queries";
import { mayInvite, nameOf } from "./rules";
import { Usage } from "./usage";
import styles from "./organizations.module.css";

export function OrganizationPage() {
  const { data: signed } = useQuery(meQuery);
  useMessages(
    "organizations",
    useCallback(() => {
      // One's own role may be what has changed.
      for (const queryKey of [organizationKey, meQuery.queryKey]) void cache.invalidateQueries({ queryKey });
    }, []),
  );
  return signed ? <Content me={signed.me} /> : null;
}

function Content({ me }: { me: Me }) {
  const query = useInfiniteQuery(membersQuery(me.org.id));
  const members = query.data?.pages.flatMap((page) => page.data);
  return (
    <div className={styles.page}>
      <Verdict tone={query.error && !members ? "crit" : "ok"} sentence={sentenceOf(me.org.name, members?.length, query.hasNextPage, query.error !== null)}>
        {`Your role in it is ${nameOf(me.org.role).toLowerCase()}. ${mayInvite(me.org.role) ? "Invite people by their address." : "Its owners and administrators invite people."}`}
      </Verdict>
      <div className={styles.columns}>
        <div className={styles.column}>
          <Members me={me} query={query} />
          {mayInvite(me.org.role) && <ServiceAccounts me={me} />}
        </div>
        <div className={styles.column}>
          {mayInvite(me.org.role) && <Invitations me={me} />}
          <Usage org={me.org.id} members={members && `${members.length}${query.hasNextPage ? " or more" : ""}`} />
          <Organizations />
        </div>
      </div>
    </div>
  );
}

function sentenceOf(name: string, shown: number | undefined, more: boolean, failed: boolean): string {
  if (shown === undefined) return failed ? `The members of ${name} are not known.` : `Reading who belongs to ${name}.`;
  return `${more ? "More than " : ""}${plural(shown, "person belongs", "people belong")} to ${name}.`;
}
