import { useQuery } from "@tanstack/react-query";
import { Check, Circle, Minus } from "lucide-react";
import { useState } from "react";
import { asProblem } from "../../api/problem";
import { Failure, Skeleton, Card } from "../../ui/layout";
import { Unseen } from "../../ui/mark";
import { meQuery } from "../sessions/queries";
import { VariantName } from "./parts";
import { previewQuery } from "./queries";
import type { Draft, Environment, Explanation, Flag, Rule, Step, Subject } from "./types";
import { useSettledValue } from "../../ui/use_settled";
import { valueInWords } from "./words";
import styles from "./editor.module.css";

const typing_ms = 300;

/** What somebody gets of the draft and why, beside what they get now. */
export function WhoGetsWhat({ flag, environment, draft }: { flag: Flag; environment: Environment; draft: Draft }) {
  const { data: signed } = useQuery(meQuery);
  const [user, setUser] = useState<string>();
  const [org, setOrg] = useState<string>();
  const [region, setRegion] = useState("");
  const [more, setMore] = useState("");
  const subject: Subject = {
    ...filled("user_id", user ?? signed?.me.id ?? ""),
    ...filled("org_id", org ?? signed?.me.org.id ?? ""),
    ...filled("region", region),
    // The schema says "an object"; its generated type would take no names.
    ...(attributesIn(more) as Pick<Subject, "attributes">),
  };
  const asked = useSettledValue({ draft: { ...draft, enabled: true }, subject }, typing_ms);
  const query = useQuery(previewQuery(flag.key, environment.key, asked.draft, asked.subject));
  const problem = query.error ? asProblem(query.error) : null;
  return (
    <Card title="Who gets what" note={draft.enabled ? "of the draft" : "of the draft, as if it were on"}>
      <div className={styles.who}>
        <Row label="user id" value={user ?? signed?.me.id ?? ""} onChange={setUser} />
        <Row label="organization" value={org ?? signed?.me.org.id ?? ""} onChange={setOrg} />
        <Row label="region" value={region} placeholder="eu-west" onChange={setRegion} />
        <Row label="other" value={more} placeholder="plan=pro, beta=true" onChange={setMore} />
      </div>
      {problem && problem.fields.length > 0 && (
        <ul className={styles.problems} role="alert">
          {problem.fields.map((field) => (
            <li key={`${field.pointer} ${field.detail}`}>
              <code>{field.pointer}</code> {field.detail}
            </li>
          ))}
        </ul>
      )}
      {problem && problem.fields.length === 0 && <Failure what="The preview did not come." problem={problem} retry={() => void query.refetch()} />}
      {!query.data && !problem && (
        <div className={styles.answerBox} aria-busy="true">
          <Skeleton height={36} />
        </div>
      )}
      {query.data && !problem && <Answers flag={flag} rules={asked.draft.rules} draft={query.data.draft ?? query.data.live} live={query.data.live} />}
    </Card>
  );
}

function filled<K extends string>(key: K, value: string): Partial<Record<K, string>> {
  return value.trim() ? ({ [key]: value.trim() } as Record<K, string>) : {};
}

/** "plan=pro, beta=true". */
function attributesIn(text: string): { attributes?: Record<string, string> } {
  const pairs = text.split(",").flatMap((pair) => {
    const [name = "", ...value] = pair.split("=");
    return name.trim() && value.length > 0 ? [[name.trim(), value.join("=").trim()] as const] : [];
  });
  return pairs.length > 0 ? { attributes: Object.fromEntries(pairs) } : {};
}

function Row({ label, value, placeholder, onChange }: { label: string; value: string; placeholder?: string; onChange: (value: string) => void }) {
  return (
    <label className={styles.whoRow}>
      <span>{label}</span>
      <input className={styles.text} value={value} placeholder={placeholder} maxLength={256} autoComplete="off" spellCheck={false} onChange={(event) => onChange(event.target.value)} />
    </label>
  );
}

const reasons: Record<Explanation["reason"], string> = { STATIC: "for everybody", TARGETING_MATCH: "by a rule", SPLIT: "by a split", DEFAULT: "no rule matched", DISABLED: "it is off", ERROR: "an error" };

/** What decided, so far as it can be pointed at. */
function decidedBy(answer: Explanation, rules: readonly Rule[]): string {
  const step = (what: string, ok: boolean) => answer.steps.some((each) => each.what === what && each.ok === ok);
  if (step("override", true)) return "by an override";
  if (step("prerequisite", false)) return "a prerequisite does not hold";
  const index = rules.findIndex((rule) => rule.id === answer.rule);
  if (index < 0) return reasons[answer.reason];
  return `by rule ${index + 1}${answer.reason === "SPLIT" ? ", split" : ""}`;
}

function Answers({ flag, rules, draft, live }: { flag: Flag; rules: readonly Rule[]; draft: Explanation; live: Explanation }) {
  const word = (answer: Explanation) => answer.variant ?? (answer.value === null || answer.value === undefined ? "the caller's default" : valueInWords(answer.value));
  return (
    <div role="status" aria-label="Answer" className={styles.answerBox}>
      <div className={styles.answer}>
        <VariantName variant={draft.variant ?? (draft.value === null || draft.value === undefined ? undefined : valueInWords(draft.value))} variants={flag.variants} />
        <span className={styles.note}>{decidedBy(draft, rules)}</span>
        <span className={styles.live}>live now: {word(live)}</span>
      </div>
      <ol className={styles.steps}>
        {draft.steps.map((step, index) => (
          <StepLine key={index} step={step} />
        ))}
      </ol>
    </div>
  );
}

const words = { true: "holds", false: "does not hold", null: "not asked" } as const;

function StepLine({ step }: { step: Step }) {
  const state = String(step.ok) as keyof typeof words;
  const Icon = { true: Check, false: Minus, null: Circle }[state];
  return (
    <li data-ok={state}>
      <Icon size={14} aria-hidden="true" />
      <span>
        {step.text}
        <Unseen> ({words[state]})</Unseen>
      </span>
    </li>
  );
}
