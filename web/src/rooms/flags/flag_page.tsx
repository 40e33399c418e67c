import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { Power } from "lucide-react";
import { Suspense, lazy } from "react";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import { Button } from "../../ui/button";
import { day } from "../../ui/format";
import { Card, Failure, Skeleton, Verdict } from "../../ui/layout";
import { toast } from "../../ui/toasts";
import { meQuery } from "../sessions/queries";
import { EnvironmentLinks } from "./environments";
import { FlagsFeed } from "./feed";
import { Notice } from "./parts";
import { environmentsQuery, flagQuery, flagsKey, restoreFlag, settled, summaryQuery, targetingQuery, type Versioned } from "./queries";
import { whyNotChange } from "./rights";
import { environmentOf, kindWords, tabOf, tabs, type Tab } from "./state";
import { useSwitching } from "./switching";
import { TargetingTab } from "./targeting";
import type { Environment, Flag, Targeting } from "./types";
import styles from "./flags.module.css";

// What few open each time.
const Facts = lazy(async () => ({ default: (await import("./facts")).Facts }));
const Code = lazy(async () => ({ default: (await import("./code")).Code }));
const History = lazy(async () => ({ default: (await import("./history")).History }));

const address = "/shell/platform/settings/flags/$key/{-$tab}";

/** Who gets what, and what would this change do? */
export function FlagPage() {
  const { key } = useParams({ from: address });
  const { environment: wanted } = useSearch({ from: address });
  const environments = useQuery(environmentsQuery);
  const environment = environmentOf(environments.data ?? [], wanted);
  const flag = useQuery(flagQuery(key));
  const targeting = useQuery(targetingQuery(key, environment?.key ?? ""));
  if (flag.data && environments.data && environment && targeting.data) {
    return (
      <>
        <FlagsFeed />
        <Known key={`${key} ${environment.key}`} flag={flag.data} environments={environments.data} environment={environment} targeting={targeting.data} />
      </>
    );
  }
  const error = flag.error ?? environments.error ?? targeting.error;
  const problem = error ? asProblem(error) : null;
  if (problem?.status === 404) {
    return (
      <Verdict tone="idle" sentence="There is no such flag.">
        Nobody made it, or its key is another one. <Link to="/settings/flags">All flags</Link>
      </Verdict>
    );
  }
  if (problem) {
    return (
      <>
        <Verdict tone="crit" sentence="The flag is not known." />
        <Card label="Flag">
          <Failure what="It did not come." problem={problem} retry={() => void cache.refetchQueries({ queryKey: flagsKey })} />
        </Card>
      </>
    );
  }
  return (
    <div className={styles.page} aria-busy="true">
      <Verdict tone="idle" sentence="Reading the flag." />
      <Skeleton height={40} />
      <Skeleton height={420} />
    </div>
  );
}

interface KnownProps {
  flag: Versioned<Flag>;
  environments: readonly Environment[];
  environment: Environment;
  targeting: Versioned<Targeting>;
}

function Known({ flag, environments, environment, targeting }: KnownProps) {
  const { tab } = useParams({ from: address });
  const { data: summary } = useQuery(summaryQuery(environment.key));
  const { value } = flag;
  const at = tabOf(tab);
  const { enabled, disabled_reason: reason } = targeting.value;
  const where = environment.name.toLowerCase();
  const sentence = value.archived_at ? `${value.name} is archived.` : `${value.name} is ${enabled ? "on" : "off"} in ${where}.`;
  return (
    <div className={styles.page}>
      <Verdict
        tone={!value.archived_at && enabled ? "ok" : "idle"}
        sentence={sentence}
        actions={
          <>
            <EnvironmentLinks environments={environments} at={environment.key} to="." />
            {value.archived_at ? <Restore flag={value} /> : <PowerButton flag={value} environment={environment} targeting={targeting.value} />}
          </>
        }
      >
        <Evidence flag={value} />
        {!enabled && reason && <> · switched off: {reason}</>}
      </Verdict>
      {summary?.evaluation_is_on === false && (
        <Notice title="Evaluation is off.">
          Every flag answers the default of its caller until the platform starts with <code>ENABLE_FEATURE_FLAGS=true</code>. What is saved here is kept.
        </Notice>
      )}
      {value.stale.length > 0 && !value.archived_at && (
        <Notice title="This flag can go.">{value.stale.map((each) => each.detail).join(" ")} Take it out of the code, then archive it under Variants.</Notice>
      )}
      <Tabs flag={value} at={at} />
      {at === "targeting" && <TargetingTab flag={value} environment={environment} targeting={targeting} />}
      <Suspense fallback={<div aria-busy="true"><Skeleton height={320} /></div>}>
        {at === "variants" && <Facts flag={flag} />}
        {at === "code" && <Code flag={value} />}
        {at === "history" && <History flag={flag} environment={environment} targeting={targeting} />}
      </Suspense>
    </div>
  );
}

function Evidence({ flag }: { flag: Flag }) {
  return (
    <>
      <Link to="/settings/flags">Feature flags</Link> · <code>{flag.key}</code> · {kindWords[flag.kind]}
      {flag.owner_name && <> · owned by {flag.owner_name}</>}
      {flag.expected_removal_at ? <> · removal planned for {day(Date.parse(flag.expected_removal_at))}</> : flag.permanent && <> · stays</>}
      <br />
      {flag.description}
    </>
  );
}

function Tabs({ flag, at }: { flag: Flag; at: Tab }) {
  const counts: Partial<Record<Tab, number>> = { variants: flag.variants.length, code: flag.references.length };
  return (
    <nav aria-label="Parts of the flag" className={styles.tabs}>
      {(Object.entries(tabs) as [Tab, string][]).map(([tab, name]) => (
        <Link
          key={tab}
          to="/settings/flags/$key/{-$tab}"
          params={{ key: flag.key, tab: tab === "targeting" ? undefined : tab }}
          search={(before: { environment?: string }) => (before.environment ? { environment: before.environment } : {})}
          aria-current={tab === at ? "page" : undefined}
          activeOptions={{ exact: true }}
        >
          {name}
          {counts[tab] !== undefined && <span className={styles.viewCount}>{counts[tab]}</span>}
        </Link>
      ))}
    </nav>
  );
}

function PowerButton({ flag, environment, targeting }: { flag: Flag; environment: Environment; targeting: Targeting }) {
  const { enabled } = targeting;
  const where = environment.name.toLowerCase();
  const off = `Everybody in ${where} gets ${targeting.off_value === undefined ? "the default of the caller" : "the value for “off”"} within a second. Its rules stay as they are, and Switch on brings them back.`;
  const { why, busy, press, dialog } = useSwitching(flag, environment, enabled, enabled ? off : `Its rules decide again in ${where} within a second.`);
  return (
    <>
      <Button kind={enabled ? "risk" : "plain"} icon={<Power size={15} aria-hidden="true" />} busy={busy} onPress={press} {...(why !== undefined && { why })}>
        {enabled ? "Switch off" : "Switch on"}
      </Button>
      {dialog}
    </>
  );
}

function Restore({ flag }: { flag: Flag }) {
  const { data: signed } = useQuery(meQuery);
  const restore = useMutation({
    mutationFn: () => restoreFlag(flag.key),
    onSuccess: () => (toast(`${flag.key} is back, and off everywhere. Its rules are as they were.`), settled()),
    onError: (error) => toast(`${flag.key} was not restored. ${asProblem(error).message}`, "crit"),
  });
  const why = signed && whyNotChange(signed.me, false);
  return (
    <Button onPress={() => restore.mutate()} busy={restore.isPending} {...(why !== undefined && { why })}>
      Restore
    </Button>
  );
}
