import { Percent, Plus, Trash2 } from "lucide-react";
import { Button, IconButton } from "../../ui/button";
import { Badge } from "../../ui/mark";
import { ClauseEditor } from "./clause";
import { PercentField, Pick } from "./fields";
import { Switch } from "./parts";
import { Handle, type HandleProps } from "./reorder";
import { ServeEditor } from "./serve";
import type { Clause, Flag, Rule } from "./types";
import { ruleName, whole_weight } from "./words";
import styles from "./editor.module.css";

export interface RuleProps {
  flag: Flag;
  rule: Rule;
  index: number;
  isEdited: boolean;
  isHeld: boolean;
  handle: HandleProps;
  why: string | undefined;
  onChange: (change: Partial<Rule>) => void;
  onDelete: () => void;
}

/** A sentence: if …, serve …. */
export function RuleCard({ flag, rule, index, isEdited, isHeld, handle, why, onChange, onDelete }: RuleProps) {
  const name = ruleName(rule, index);
  const isOn = rule.enabled !== false;
  return (
    <li className={styles.rule} data-row={rule.id} data-held={isHeld || undefined} data-off={!isOn || undefined} aria-label={name} data-testid="rule">
      <fieldset disabled={why !== undefined}>
        <legend className={styles.unseen}>{name}</legend>
        <div className={styles.ruleHead}>
          <Handle {...handle} />
          <span className={styles.number} aria-hidden="true">
            {index + 1}
          </span>
          <input className={styles.ruleName} aria-label={`Name of rule ${index + 1}`} value={rule.name ?? ""} placeholder={`Rule ${index + 1}`} maxLength={100} onChange={(event) => onChange({ name: event.target.value || undefined })} />
          {isEdited && <Badge tone="active">edited</Badge>}
          {!isOn && <span className={styles.note}>off</span>}
          <Switch label={`${name} is used`} on={isOn} why={why} onChange={(enabled) => onChange({ enabled })} />
          <IconButton label={`Delete ${name}`} isDisabled={why !== undefined} onPress={onDelete}>
            <Trash2 size={15} aria-hidden="true" />
          </IconButton>
        </div>
        <div className={styles.ruleBody}>
          <Conditions rule={rule} name={name} why={why} onChange={onChange} />
          <div className={styles.line}>
            <span className={styles.word}>serve</span>
            <ServeEditor label={name} serve={rule.serve} variants={flag.variants} onChange={(serve) => onChange({ serve })} />
          </div>
        </div>
      </fieldset>
    </li>
  );
}

const units = [
  ["", "users"],
  ["org_id", "organizations"],
  ["device_id", "devices"],
] as const;

function Conditions({ rule, name, why, onChange }: { rule: Rule; name: string; why: string | undefined; onChange: RuleProps["onChange"] }) {
  const clauses = rule.if ?? [];
  const put = (at: number, next: Clause | undefined) => onChange({ if: clauses.flatMap((clause, index) => (index !== at ? clause : (next ?? []))) });
  const hasRollout = rule.rollout !== undefined;
  const by = rule.bucket_by?.length === 1 ? (rule.bucket_by[0] ?? "") : "";
  return (
    <>
      {clauses.map((clause, index) => (
        <div key={index} className={styles.line}>
          <span className={styles.word}>{index === 0 ? "if" : "and"}</span>
          <ClauseEditor clause={clause} label={`${name}, condition ${index + 1}`} onChange={(next) => put(index, next)} onDelete={() => put(index, undefined)} />
        </div>
      ))}
      {clauses.length === 0 && !hasRollout && (
        <div className={styles.line}>
          <span className={styles.word}>if</span>
          <span className={styles.note}>always</span>
        </div>
      )}
      {hasRollout && (
        <div className={styles.line}>
          <span className={styles.word}>{clauses.length === 0 ? "if" : "and"}</span>
          <div className={styles.clause}>
            <span>percentage of</span>
            <Pick label={`${name}, percentage of whom`} value={by} options={by && !units.some(([unit]) => unit === by) ? [...units, [by, by]] : units} onChange={(unit) => onChange({ bucket_by: unit ? [unit] : undefined })} />
            <span>is under</span>
            <PercentField label={`${name}, percentage`} weight={rule.rollout ?? whole_weight} onChange={(rollout) => onChange({ rollout })} />
            <IconButton label={`Delete the percentage of ${name}`} onPress={() => onChange({ rollout: undefined, bucket_by: undefined, hash: undefined })}>
              <Trash2 size={14} aria-hidden="true" />
            </IconButton>
          </div>
        </div>
      )}
      <div className={styles.line}>
        <span className={styles.word} />
        <div className={styles.adds}>
          <Button kind="quiet" icon={<Plus size={14} aria-hidden="true" />} isDisabled={why !== undefined} onPress={() => onChange({ if: [...clauses, { attribute: "region", op: "in", values: [] }] })}>
            Condition
          </Button>
          {!hasRollout && (
            <Button kind="quiet" icon={<Percent size={14} aria-hidden="true" />} isDisabled={why !== undefined} onPress={() => onChange({ rollout: 10_000 })}>
              Percentage
            </Button>
          )}
        </div>
      </div>
    </>
  );
}
