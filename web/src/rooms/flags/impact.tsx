import { useQuery } from "@tanstack/react-query";
import { ArrowRight } from "lucide-react";
import { useState } from "react";
import { asProblem } from "../../api/problem";
import { Button } from "../../ui/button";
import { count } from "../../ui/format";
import { Card, Failure, Skeleton } from "../../ui/layout";
import { Dot } from "../../ui/mark";
import { VariantName } from "./parts";
import { impactQuery } from "./queries";
import type { Environment, Flag, Impact } from "./types";
import type { Drafting } from "./use_draft";
import { useSettledValue } from "../../ui/use_settled";
import { problemsOf } from "./words";
import styles from "./editor.module.css";

const typing_ms = 500;

/** Who gets another variant when the draft is saved, counted over the installation's users; of one that is off also once it is on. */
export function ImpactCard({ flag, environment, drafting }: { flag: Flag; environment: Environment; drafting: Drafting }) {
  const { draft, isDirty } = drafting;
  const [looks, setLooks] = useState(false);
  const isAsked = isDirty || (looks && !draft.enabled);
  const isWhole = problemsOf(draft, flag.variants).length === 0;
  const asked = useSettledValue(draft, typing_ms);
  const query = useQuery({ ...impactQuery(flag.key, environment.key, asked), enabled: isAsked && isWhole });
  const problem = query.error ? asProblem(query.error) : null;
  return (
    <Card title="What saving changes" note={query.data && isAsked ? `${count(query.data.units)} users counted` : undefined}>
      <div className={styles.impact} role="status" aria-label="What saving changes">
        {!isDirty && <p className={styles.note}>Nothing: the draft is what is live{draft.enabled ? "" : ", and it is off"}.</p>}
        {!isDirty && !draft.enabled && !looks && !flag.archived_at && (
          <div>
            <Button onPress={() => setLooks(true)}>Count what switching it on changes</Button>
          </div>
        )}
        {isAsked && !isWhole && <p className={styles.note}>The draft is not whole yet.</p>}
        {isAsked && isWhole && problem && problem.status !== 422 && <Failure what="It was not counted." problem={problem} retry={() => void query.refetch()} />}
        {isAsked && isWhole && problem?.status === 422 && <p className={styles.note}>The draft cannot be evaluated yet: {problem.fields[0]?.detail ?? problem.message}</p>}
        {isAsked && isWhole && !problem && (query.data ? <Counted flag={flag} impact={query.data} isDirty={isDirty} /> : <Skeleton height={40} />)}
      </div>
    </Card>
  );
}

function Counted({ flag, impact, isDirty }: { flag: Flag; impact: Impact; isDirty: boolean }) {
  const isQuiet = impact.if_on && impact.moves.length === 0;
  return (
    <>
      {isQuiet && isDirty && <p>Nothing yet: it is off, and stays so.</p>}
      {!isQuiet && <Moves flag={flag} counted={impact} />}
      {impact.if_on && (
        <>
          <h3 className={styles.ifOn}>Once it is switched on</h3>
          <Moves flag={flag} counted={impact.if_on} />
        </>
      )}
      <p className={styles.note}>Counted over accounts with their organization; regions and other attributes are not known of them.</p>
    </>
  );
}

function Moves({ flag, counted }: { flag: Flag; counted: Pick<Impact, "moves" | "kept"> }) {
  const lose = counted.moves.filter((move) => move.from !== null && move.from !== "off").reduce((sum, move) => sum + move.count, 0);
  return (
    <>
      <ul className={styles.moves}>
        {counted.moves.map((move) => (
          <li key={`${move.from} ${move.to}`}>
            <VariantName variant={move.from} variants={flag.variants} />
            <ArrowRight size={13} aria-label="becomes" />
            <VariantName variant={move.to} variants={flag.variants} />
            <strong className={styles.figure}>{count(move.count)}</strong>
          </li>
        ))}
        <li>
          <span className={styles.note}>keep what they have</span>
          <span className={styles.figure}>{count(counted.kept)}</span>
        </li>
      </ul>
      <p className={styles.verdict}>
        <Dot tone={lose > 0 ? "warn" : "ok"} />
        {lose > 0 ? `${count(lose)} lose the variant that they have.` : "Nobody loses a variant."}
      </p>
    </>
  );
}
