import { useQuery } from "@tanstack/react-query";
import { ArrowRight } from "lucide-react";
import { asProblem } from "../../api/problem";
import { count } from "../../ui/format";
import { Card, Failure, Skeleton } from "../../ui/layout";
import { Dot } from "../../ui/mark";
import { VariantName } from "./parts";
import { impactQuery } from "./queries";
import type { Environment, Flag, Impact } from "./types";
import type { Drafting } from "./use_draft";
import { useSettledValue } from "./use_settled";
import { problemsOf } from "./words";
import styles from "./editor.module.css";

const typing_ms = 500;

/** Who gets another variant when the draft is saved, counted over the installation's users. */
export function ImpactCard({ flag, environment, drafting }: { flag: Flag; environment: Environment; drafting: Drafting }) {
  const isWhole = problemsOf(drafting.draft, flag.variants).length === 0;
  const asked = useSettledValue(drafting.draft, typing_ms);
  const query = useQuery({ ...impactQuery(flag.key, environment.key, asked), enabled: drafting.isDirty && isWhole });
  const problem = query.error ? asProblem(query.error) : null;
  return (
    <Card title="What saving changes" note={query.data && drafting.isDirty ? `${count(query.data.units)} users counted` : undefined}>
      <div className={styles.impact} role="status" aria-label="What saving changes">
        {!drafting.isDirty && <p className={styles.note}>Nothing: the draft is what is live.</p>}
        {drafting.isDirty && !isWhole && <p className={styles.note}>The draft is not whole yet.</p>}
        {drafting.isDirty && isWhole && problem && problem.status !== 422 && <Failure what="It was not counted." problem={problem} retry={() => void query.refetch()} />}
        {drafting.isDirty && isWhole && problem?.status === 422 && <p className={styles.note}>The draft cannot be evaluated yet: {problem.fields[0]?.detail ?? problem.message}</p>}
        {drafting.isDirty && isWhole && !problem && (query.data ? <Moves flag={flag} impact={query.data} /> : <Skeleton height={40} />)}
      </div>
    </Card>
  );
}

function Moves({ flag, impact }: { flag: Flag; impact: Impact }) {
  const lose = impact.moves.filter((move) => move.from !== null && move.from !== "off").reduce((sum, move) => sum + move.count, 0);
  return (
    <>
      <ul className={styles.moves}>
        {impact.moves.map((move) => (
          <li key={`${move.from} ${move.to}`}>
            <VariantName variant={move.from} variants={flag.variants} />
            <ArrowRight size={13} aria-label="becomes" />
            <VariantName variant={move.to} variants={flag.variants} />
            <strong className={styles.figure}>{count(move.count)}</strong>
          </li>
        ))}
        <li>
          <span className={styles.note}>keep what they have</span>
          <span className={styles.figure}>{count(impact.kept)}</span>
        </li>
      </ul>
      <p className={styles.verdict}>
        <Dot tone={lose > 0 ? "warn" : "ok"} />
        {lose > 0 ? `${count(lose)} lose the variant that they have.` : "Nobody loses a variant."}
      </p>
      <p className={styles.note}>Counted over accounts with their organization; regions and other attributes are not known of them.</p>
    </>
  );
}
