import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import type { DeliveryState, Webhook, WebhookAttempt, WebhookDelivery } from "../../api/types";
import { Answer } from "../../ui/answer";
import { Button } from "../../ui/button";
import { duration, milliseconds, plural, words } from "../../ui/format";
import { Card, Empty, Failure } from "../../ui/layout";
import { Badge, Dot, Unseen } from "../../ui/mark";
import { More } from "../../ui/more";
import { Time } from "../../ui/time";
import { toast } from "../../ui/toasts";
import { useNow } from "../../ui/use_now";
import { deliveriesQuery, deliveryQuery, redeliver, redeliverFailed, webhooksKey } from "./queries";
import { outcomeWords, pretty, toneOfDelivery } from "./state";
import styles from "./webhooks.module.css";

const disabled = "The webhook is disabled: enable it first.";
const settled = () => cache.invalidateQueries({ queryKey: webhooksKey });

export function Deliveries({ webhook }: { webhook: Webhook }) {
  const [state, setState] = useState<DeliveryState | "">("");
  const query = useInfiniteQuery(deliveriesQuery(webhook.id, state));
  const deliveries = query.data?.pages.flatMap((page) => page.data) ?? [];
  const again = useMutation({
    mutationFn: () => redeliverFailed(webhook.id),
    onSuccess: (count) => (toast(count > 0 ? `${plural(count, "delivery is", "deliveries are")} sent again.` : "Nothing has failed."), settled()),
  });
  return (
    <Card title="Deliveries">
      <div className={styles.tools}>
        <StateChoice state={state} onChange={setState} />
        <Button onPress={() => again.mutate()} busy={again.isPending} {...(webhook.enabled ? {} : { why: disabled })}>
          Send again what failed
        </Button>
      </div>
      {again.error && <Failure what="Nothing is sent again." problem={asProblem(again.error)} />}
      <Answer query={query} failure="The deliveries did not come." rows={4} height={44}>
        {() =>
          deliveries.length > 0 ? (
            <ul className={styles.list}>
              {deliveries.map((delivery) => (
                <Row key={delivery.id} webhook={webhook} delivery={delivery} />
              ))}
            </ul>
          ) : (
            <Empty title={state ? `No delivery is ${state}.` : "Nothing was sent yet."}>
              <p>Each event appears here with what was sent and what came back, for 30 days.</p>
            </Empty>
          )
        }
      </Answer>
      <More query={query} what="deliveries" />
    </Card>
  );
}

function StateChoice({ state, onChange }: { state: DeliveryState | ""; onChange: (state: DeliveryState | "") => void }) {
  const id = useId();
  return (
    <div className={styles.choice}>
      <label htmlFor={id}>Show</label>
      <select id={id} className={styles.select} value={state} onChange={(event) => onChange(event.target.value as DeliveryState | "")}>
        <option value="">all</option>
        <option value="pending">pending</option>
        <option value="delivered">delivered</option>
        <option value="failed">failed</option>
      </select>
    </div>
  );
}

function Row({ webhook, delivery }: { webhook: Webhook; delivery: WebhookDelivery }) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  return (
    <li className={styles.delivery} data-testid="delivery">
      <div className={styles.row}>
        <Dot tone={toneOfDelivery(delivery)} />
        <div className={styles.text}>
          <code>{delivery.event_type}</code> <Badge tone={toneOfDelivery(delivery)}>{delivery.state}</Badge>
          <div className={styles.note}>
            <Time at={delivery.created_at} />
            {delivery.last_outcome && `, ${outcomeWords(delivery.last_outcome, delivery.last_status)}`}
            {delivery.waits && ", waits for an earlier one about the same thing"}
            {delivery.next_attempt_at && delivery.attempts > 0 && <Next at={delivery.next_attempt_at} />}
          </div>
        </div>
        <Button onPress={() => setOpen(!isOpen)} aria-expanded={isOpen} aria-controls={id}>
          {isOpen ? "Close" : "Details"}
          <Unseen> of {delivery.id}</Unseen>
        </Button>
      </div>
      <div id={id}>{isOpen && <Details webhook={webhook} delivery={delivery} />}</div>
    </li>
  );
}

function Next({ at }: { at: string }) {
  const left = Date.parse(at) - useNow();
  return <>, next attempt {left > 0 ? `in ${duration(left)}` : "now"}</>;
}

function Details({ webhook, delivery }: { webhook: Webhook; delivery: WebhookDelivery }) {
  const query = useQuery(deliveryQuery(webhook.id, delivery.id));
  const again = useMutation({
    mutationFn: () => redeliver(webhook.id, delivery.id),
    onSuccess: () => (toast("It is sent again."), settled()),
  });
  return (
    <div className={styles.details} data-testid="details">
      <Answer query={query} failure="The delivery did not come." rows={3} height={60}>
        {({ event, body, history }) => (
          <>
            <h3>Request</h3>
            <p className={styles.note}>
              POST <code className={styles.url}>{webhook.url}</code>, webhook-id <code className={styles.url}>{event}</code>
            </p>
            <pre className={styles.body} tabIndex={0} aria-label="Body of the request">
              {pretty(body)}
            </pre>
            <h3>{history.length === 0 ? "No attempt was made yet." : plural(history.length, "attempt")}</h3>
            <ol className={styles.attempts}>
              {history.map((attempt) => (
                <Attempt key={attempt.number} attempt={attempt} />
              ))}
            </ol>
          </>
        )}
      </Answer>
      {again.error && <Failure what="It is not sent again." problem={asProblem(again.error)} />}
      <div className={styles.buttons}>
        <Button onPress={() => again.mutate()} busy={again.isPending} {...(webhook.enabled ? {} : { why: disabled })}>
          Send again
        </Button>
      </div>
    </div>
  );
}

function Attempt({ attempt }: { attempt: WebhookAttempt }) {
  return (
    <li>
      <div>
        <Dot tone={attempt.outcome === "delivered" ? "ok" : "crit"} /> {outcomeWords(attempt.outcome, attempt.status)}{" "}
        <span className={styles.note}>
          <Time at={attempt.at} />, took {words(milliseconds(attempt.duration_ms))}
        </span>
      </div>
      {attempt.response && (
        <pre className={styles.body} tabIndex={0} aria-label={`Response to attempt ${attempt.number}`}>
          {attempt.response}
        </pre>
      )}
    </li>
  );
}
