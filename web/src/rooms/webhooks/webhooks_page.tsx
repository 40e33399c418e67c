import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Webhook } from "../../api/types";
import { Answer } from "../../ui/answer";
import { Card, Empty, Verdict } from "../../ui/layout";
import { Badge, Dot } from "../../ui/mark";
import { mayInvite } from "../organizations/rules";
import { meQuery } from "../sessions/queries";
import { NewWebhook } from "./new_webhook";
import { webhooksQuery } from "./queries";
import { sentenceOfAll, shortUrl, toneOf, toneOfAll, wordOf } from "./state";
import styles from "./webhooks.module.css";

/** Which programs are told what happens here, and does it reach them? */
export function WebhooksPage() {
  const { data: signed } = useQuery(meQuery);
  if (!signed) return null;
  return mayInvite(signed.me.org.role) ? <Webhooks /> : <NotForMembers />;
}

export function NotForMembers() {
  return (
    <Verdict tone="idle" sentence="Webhooks are set up by administrators.">
      Your role in this organization is member. Its owners and administrators can see this page.
    </Verdict>
  );
}

function Webhooks() {
  const query = useQuery(webhooksQuery);
  const failed = query.error !== null && !query.data;
  return (
    <div className={styles.page}>
      <Verdict tone={toneOfAll(query.data, failed)} sentence={sentenceOfAll(query.data, failed)}>
        What happens in the organization is sent as signed POSTs, and tried again for three days.
      </Verdict>
      <div className={styles.columns}>
        <Card title="Webhooks">
          <Answer query={query} failure="The webhooks did not come." rows={3} height={44}>
            {(webhooks) =>
              webhooks.length > 0 ? (
                <ul className={styles.list} data-list="links">
                  {webhooks.map((webhook) => (
                    <Row key={webhook.id} webhook={webhook} />
                  ))}
                </ul>
              ) : (
                <Empty title="There is no webhook yet.">
                  <p>A webhook tells a program of yours when a file is there or somebody joins.</p>
                </Empty>
              )
            }
          </Answer>
        </Card>
        <NewWebhook />
      </div>
    </div>
  );
}

function Row({ webhook }: { webhook: Webhook }) {
  return (
    <li className={styles.row} data-testid="webhook">
      <Dot tone={toneOf(webhook)} />
      <div className={styles.text}>
        <Link to="/webhooks/$id" params={{ id: webhook.id }} className={styles.name}>
          {webhook.description || shortUrl(webhook.url)}
        </Link>
        <div className={styles.note}>
          {webhook.description && <code>{shortUrl(webhook.url)}</code>} {webhook.event_types.includes("*") ? "all events" : webhook.event_types.join(", ")}
        </div>
      </div>
      <Badge tone={toneOf(webhook)}>{wordOf(webhook)}</Badge>
    </li>
  );
}
