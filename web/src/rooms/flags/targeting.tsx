import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { Button } from "../../ui/button";
import { meQuery } from "../sessions/queries";
import { newRuleId, sameAs } from "./draft";
import { EvaluationsCard } from "./evaluations";
import { ImpactCard } from "./impact";
import { Notice } from "./parts";
import { Otherwise, OverridesCard, PrerequisitesCard, RestCard } from "./others";
import type { Versioned } from "./queries";
import { Said, useReorder } from "./reorder";
import { whyNotChange } from "./rights";
import { RuleCard } from "./rule";
import { SaveBar } from "./save_bar";
import type { Environment, Flag, Targeting } from "./types";
import { useDraft, type Drafting } from "./use_draft";
import { WhoGetsWhat } from "./who";
import { ruleName, wouldStayOff } from "./words";
import styles from "./editor.module.css";

export interface EditorProps {
  flag: Flag;
  drafting: Drafting;
  /** Why nothing may be changed here. */
  why: string | undefined;
}

/** One draft of all that decides, what it would answer, and what saving it changes. */
export function TargetingTab({ flag, environment, targeting }: { flag: Flag; environment: Environment; targeting: Versioned<Targeting> }) {
  const { data: signed } = useQuery(meQuery);
  const drafting = useDraft(targeting.value);
  const why = flag.archived_at ? "It is archived. Restore it first." : signed && whyNotChange(signed.me, environment.protected);
  const props = { flag, drafting, why };
  const off = targeting.value.enabled && !flag.archived_at && !drafting.isDirty ? wouldStayOff(drafting.draft, flag.variants) : undefined;
  return (
    <>
      {off && (
        <Notice
          title={`It is on, and everybody gets ${off.off}.`}
          action={
            <Button onPress={() => drafting.change({ type: "set", change: { fallthrough: { variant: off.on } } })} {...(why !== undefined && { why })}>
              Serve {off.on} otherwise
            </Button>
          }
        >
          No rule names anybody, and otherwise it serves {off.off}.
        </Notice>
      )}
      <div className={styles.columns}>
        <div className={styles.column}>
          <Rules {...props} />
          <OverridesCard {...props} />
          <PrerequisitesCard {...props} environment={environment} />
          <RestCard {...props} />
          <EvaluationsCard flag={flag} environment={environment} />
        </div>
        <div className={styles.column}>
          <WhoGetsWhat flag={flag} environment={environment} draft={drafting.draft} />
          <ImpactCard flag={flag} environment={environment} drafting={drafting} />
        </div>
      </div>
      <SaveBar flag={flag} environment={environment} targeting={targeting} drafting={drafting} why={why} />
    </>
  );
}

function Rules({ flag, drafting, why }: EditorProps) {
  const { draft, base, change } = drafting;
  const reorder = useReorder(
    draft.rules.map((rule) => rule.id),
    (id, to) => change({ type: "move_rule", id, to }),
  );
  const add = () => {
    const first = flag.variants[0]?.key ?? "";
    change({ type: "add_rule", rule: { id: newRuleId(draft.rules), enabled: true, if: [{ attribute: "user_id", op: "in", values: [] }], serve: { variant: first } } });
  };
  return (
    <section className={styles.rules} aria-label="Rules">
      <div className={styles.rulesHead}>
        <h2>Rules</h2>
        <span className={styles.note}>Read from the top; the first match decides.</span>
        <Button icon={<Plus size={15} aria-hidden="true" />} onPress={add} {...(why !== undefined && { why })}>
          Add rule
        </Button>
      </div>
      {why !== undefined && <p className={styles.note}>{why}</p>}
      <Said>{reorder.words}</Said>
      {draft.rules.length > 0 && (
        <ol className={styles.ruleList} data-rows="">
          {draft.rules.map((rule, index) => (
            <RuleCard
              key={rule.id}
              flag={flag}
              rule={rule}
              index={index}
              isEdited={!base.rules.some((each) => sameAs(each, rule))}
              isHeld={reorder.held === rule.id}
              handle={reorder.handleProps(rule.id, ruleName(rule, index))}
              why={why}
              onChange={(part) => change({ type: "change_rule", id: rule.id, change: part })}
              onDelete={() => change({ type: "delete_rule", id: rule.id })}
            />
          ))}
        </ol>
      )}
      <Otherwise flag={flag} drafting={drafting} why={why} />
    </section>
  );
}
