import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import { Answer } from "../../ui/answer";
import { Button } from "../../ui/button";
import { Card, Empty } from "../../ui/layout";
import { Unseen } from "../../ui/mark";
import { More } from "../../ui/more";
import { Time } from "../../ui/time";
import { toast } from "../../ui/toasts";
import { meQuery } from "../sessions/queries";
import { ToldDifferences } from "./differences";
import { flagsKey, historyQuery, undoChange, type Versioned } from "./queries";
import { ReasonDialog } from "./reason";
import { whyNotChange } from "./rights";
import type { Change, Environment, Flag, Targeting } from "./types";
import styles from "./flags.module.css";

interface Props {
  flag: Versioned<Flag>;
  environment: Environment;
  targeting: Versioned<Targeting>;
}

/** Who changed what, when and why; each can be taken back, which is a change too. */
export function History({ flag, environment, targeting }: Props) {
  const query = useInfiniteQuery(historyQuery(flag.value.key, environment.key));
  const changes = query.data?.pages.flatMap((page) => page.data);
  return (
    <Card title="History" note={`In ${environment.name.toLowerCase()}, and what holds everywhere.`}>
      <Answer query={query} failure="The history did not come." rows={4} height={54}>
        {() =>
          changes && changes.length > 0 ? (
            <ol className={styles.history}>
              {changes.map((change) => (
                <Row key={change.id} change={change} flag={flag} environment={environment} targeting={targeting} />
              ))}
            </ol>
          ) : (
            <Empty title="Nothing was changed yet." />
          )
        }
      </Answer>
      <More query={query} what="changes" />
    </Card>
  );
}

const actions: Record<Change["action"], string> = {
  create: "made it",
  change: "changed its facts",
  target: "changed the targeting",
  enable: "switched it on",
  kill: "switched it off",
  archive: "archived it",
  restore: "restored it",
  undo: "took a change back",
  import: "imported it",
};
const undoable = new Set<Change["action"]>(["change", "target", "enable", "kill", "undo", "import"]);

function Row({ change, flag, environment, targeting }: Props & { change: Change }) {
  return (
    <li className={styles.change} data-testid="change">
      <div className={styles.changeHead}>
        <span>
          <strong>{change.by_name ?? change.by}</strong> {actions[change.action] ?? change.action} <Time at={change.at} />
        </span>
        <span className={styles.note}>
          {change.environment === null && "everywhere"}
          {change.ruleset_version !== null && ` rule set ${change.ruleset_version}`}
        </span>
        {undoable.has(change.action) && <Undo change={change} flag={flag} environment={environment} targeting={targeting} />}
      </div>
      {change.reason && <p>“{change.reason}”</p>}
      {change.diff.length > 0 && <ToldDifferences label="What changed" differences={change.diff} />}
    </li>
  );
}

function Undo({ change, flag, environment, targeting }: Props & { change: Change }) {
  const { data: signed } = useQuery(meQuery);
  const [asks, setAsks] = useState(false);
  const isHere = change.environment !== null;
  const undo = useMutation({
    mutationFn: (reason: string) => undoChange(flag.value.key, change.id, reason, isHere ? targeting.etag : flag.etag),
    onSuccess: () => {
      setAsks(false);
      toast("The change was taken back.");
      return cache.invalidateQueries({ queryKey: flagsKey });
    },
    onError: (error) => !asks && toast(`Nothing was taken back. ${asProblem(error).message}`, "crit"),
  });
  const why = flag.value.archived_at ? "It is archived. Restore it first." : signed && whyNotChange(signed.me, isHere && environment.protected);
  const press = () => {
    undo.reset();
    if (isHere && environment.protected) setAsks(true);
    else undo.mutate("");
  };
  return (
    <>
      <Button kind="quiet" busy={undo.isPending && !asks} onPress={press} {...(why !== undefined && { why })}>
        Undo<Unseen> what was changed at {change.at}</Unseen>
      </Button>
      <ReasonDialog title="Undo the change" verb="Undo" isOpen={asks} busy={undo.isPending} problem={undo.error ? asProblem(undo.error) : null} onConfirm={(reason) => undo.mutate(reason)} onClose={() => setAsks(false)}>
        What it changed is again as it was before, in {environment.name.toLowerCase()}. What was changed since stays.
      </ReasonDialog>
    </>
  );
}
