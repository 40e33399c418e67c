import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import type { Webhook } from "../../api/types";
import { Button } from "../../ui/button";
import { ConfirmTyped } from "../../ui/confirm";
import { Card, Failure, Skeleton, Verdict } from "../../ui/layout";
import { Time } from "../../ui/time";
import { toast } from "../../ui/toasts";
import { mayInvite } from "../organizations/rules";
import { meQuery } from "../sessions/queries";
import { Deliveries } from "./deliveries";
import { deleteWebhook, rotateSecret, sendTest, setEnabled, webhookQuery, webhooksKey } from "./queries";
import { Secret } from "./secret";
import { sentenceOf, shortUrl, toneOf } from "./state";
import { NotForMembers } from "./webhooks_page";
import styles from "./webhooks.module.css";

const grace_seconds = 86_400;

/** Does what happens reach this program, and what became of each event? */
export function WebhookPage() {
  const { id } = useParams({ from: "/shell/webhooks/$id" });
  const { data: signed } = useQuery(meQuery);
  if (!signed) return null;
  return mayInvite(signed.me.org.role) ? <Shown id={id} /> : <NotForMembers />;
}

function Shown({ id }: { id: string }) {
  const { data, error, refetch } = useQuery(webhookQuery(id));
  if (data) return <Known webhook={data} />;
  const problem = error ? asProblem(error) : null;
  if (problem?.status === 404) {
    return (
      <Verdict tone="idle" sentence="There is no such webhook.">
        It may have been deleted. <Link to="/webhooks">All webhooks</Link>
      </Verdict>
    );
  }
  if (problem) {
    return (
      <>
        <Verdict tone="crit" sentence="The webhook is not known." />
        <Card label="Webhook">
          <Failure what="It did not come." problem={problem} retry={() => void refetch()} />
        </Card>
      </>
    );
  }
  return (
    <div className={styles.page} aria-busy="true">
      <Verdict tone="idle" sentence="Reading the webhook." />
      <Skeleton height={120} />
      <Skeleton height={420} />
    </div>
  );
}

const settled = () => cache.invalidateQueries({ queryKey: webhooksKey });

function Known({ webhook }: { webhook: Webhook }) {
  return (
    <div className={styles.page}>
      <Verdict tone={toneOf(webhook)} sentence={sentenceOf(webhook)}>
        <Link to="/webhooks">Webhooks</Link> · <code className={styles.url}>{webhook.url}</code>
      </Verdict>
      <Setup webhook={webhook} />
      <Deliveries webhook={webhook} />
    </div>
  );
}

function Setup({ webhook }: { webhook: Webhook }) {
  const { id } = webhook;
  const test = useMutation({
    mutationFn: () => sendTest(id),
    onSuccess: () => (toast("A test is on its way."), settled()),
  });
  const enable = useMutation({
    mutationFn: (enabled: boolean) => setEnabled(id, enabled),
    onSuccess: (_, enabled) => (toast(enabled ? "The webhook is enabled." : "The webhook is paused."), settled()),
  });
  const rotate = useMutation({ mutationFn: () => rotateSecret(id, grace_seconds), onSuccess: settled });
  const error = test.error ?? enable.error ?? rotate.error;
  return (
    <Card title="Setup">
      <dl className={styles.facts}>
        {webhook.description && <Fact name="What it is for">{webhook.description}</Fact>}
        <Fact name="Events">{webhook.event_types.includes("*") ? "all" : webhook.event_types.join(", ")}</Fact>
        <Fact name="Made">
          <Time at={webhook.created_at} />
        </Fact>
        {webhook.failing_since && (
          <Fact name="Failing since">
            <Time at={webhook.failing_since} />
          </Fact>
        )}
        {webhook.old_secret_until && <Fact name="Secret">The one before signs too, until {webhook.old_secret_until.slice(0, 16).replace("T", " ")} UTC.</Fact>}
      </dl>
      {rotate.data?.secret && <Secret secret={rotate.data.secret}>This is the new secret. The one before signs beside it for a day.</Secret>}
      {error && <Failure what="That did not happen." problem={asProblem(error)} />}
      <div className={styles.foot}>
        <Button kind="primary" onPress={() => test.mutate()} busy={test.isPending} {...(webhook.enabled ? {} : { why: "It is disabled: enable it first." })}>
          Send a test
        </Button>
        <Button onPress={() => enable.mutate(!webhook.enabled)} busy={enable.isPending}>
          {webhook.enabled ? "Pause" : "Enable"}
        </Button>
        <Button onPress={() => rotate.mutate()} busy={rotate.isPending}>
          Rotate the secret
        </Button>
        <Delete webhook={webhook} />
      </div>
    </Card>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Delete({ webhook }: { webhook: Webhook }) {
  const [isOpen, setOpen] = useState(false);
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () => deleteWebhook(webhook.id),
    onSuccess: async () => {
      toast("The webhook was deleted.");
      await navigate({ to: "/webhooks" });
      await settled();
    },
  });
  const name = shortUrl(webhook.url);
  return (
    <>
      <Button kind="risk" onPress={() => setOpen(true)}>
        Delete
      </Button>
      <ConfirmTyped
        title="Delete the webhook"
        verb="Delete"
        name={name}
        effect="What waits is not sent any more, and what was sent is forgotten."
        isOpen={isOpen}
        busy={remove.isPending}
        problem={remove.error ? asProblem(remove.error) : null}
        onConfirm={() => remove.mutate()}
        onClose={() => setOpen(false)}
      />
    </>
  );
}
