import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import type { ReactNode } from "react";
import { asProblem } from "../../api/problem";
import { Button } from "../../ui/button";
import { Card } from "../../ui/layout";
import { Unseen } from "../../ui/mark";
import { default_units } from "./draft";
import { Deletable, Pick, Tags, TextBox } from "./fields";
import { flagQuery, flagsQuery } from "./queries";
import { ServeEditor } from "./serve";
import { typedOf, valueIn } from "./state";
import type { EditorProps } from "./targeting";
import type { Environment, Override, Prerequisite } from "./types";
import { useSettled } from "../../ui/use_settled";
import { useState } from "react";
import styles from "./editor.module.css";

export function Otherwise({ flag, drafting, why }: EditorProps) {
  return (
    <fieldset className={styles.otherwise} disabled={why !== undefined}>
      <legend className={styles.unseen}>Otherwise</legend>
      <span className={styles.word}>otherwise serve</span>
      <ServeEditor label="Otherwise" serve={drafting.draft.fallthrough} none="the caller's default" variants={flag.variants} onChange={(fallthrough) => drafting.change({ type: "set", change: { fallthrough } })} />
    </fieldset>
  );
}

/** A card with lines that are added and deleted; without one it is its head. */
function Lines({ title, note, why, what, onAdd, children }: { title: string; note: string; why: string | undefined; what: string; onAdd: () => void; children: ReactNode[] }) {
  return (
    <Card
      title={title}
      note={note}
      aside={
        <Button icon={<Plus size={14} aria-hidden="true" />} onPress={onAdd} {...(why !== undefined && { why })}>
          Add<Unseen> {what}</Unseen>
        </Button>
      }
    >
      {children.length > 0 && (
        <fieldset className={styles.lines} disabled={why !== undefined}>
          <legend className={styles.unseen}>{title}</legend>
          {children}
        </fieldset>
      )}
    </Card>
  );
}

const kinds = [
  ["user", "user"],
  ["org", "organization"],
] as const;

export function OverridesCard({ flag, drafting, why }: EditorProps) {
  const { overrides } = drafting.draft;
  const keys = flag.variants.map((variant) => [variant.key, variant.key] as const);
  const set = (next: Override[]) => drafting.change({ type: "set", change: { overrides: next } });
  const put = (at: number, part: Partial<Override>) => set(overrides.map((each, index) => (index === at ? cleaned({ ...each, ...part }) : each)));
  return (
    <Lines title="Overrides" note="They decide before every rule." why={why} what="override" onAdd={() => set([...overrides, { kind: "user", id: "", variant: flag.variants[0]?.key ?? "" }])}>
      {overrides.map((each, index) => (
        <Deletable key={index} label={`Delete override ${index + 1}`} isDisabled={why !== undefined} onDelete={() => set(overrides.filter((_, at) => at !== index))}>
          <Pick label={`Override ${index + 1}, of what`} value={each.kind} options={kinds} onChange={(kind) => put(index, { kind })} />
          <TextBox label={`Override ${index + 1}, id`} value={each.id} placeholder={each.kind === "user" ? "usr_…" : "org_…"} onChange={(id) => put(index, { id: id.trim() })} />
          <span>gets</span>
          <Pick label={`Override ${index + 1}, variant`} value={each.variant} options={keys} onChange={(variant) => put(index, { variant })} />
          <label className={styles.until}>
            until
            <input type="datetime-local" aria-label={`Override ${index + 1}, until, UTC`} value={each.expires_at?.slice(0, 16) ?? ""} onChange={(event) => put(index, { expires_at: event.target.value ? `${event.target.value}:00Z` : undefined })} />
            UTC
          </label>
        </Deletable>
      ))}
    </Lines>
  );
}

function cleaned(override: Override): Override {
  const { expires_at, ...rest } = override;
  return expires_at === undefined ? rest : override;
}

export function PrerequisitesCard({ flag, environment, drafting, why }: EditorProps & { environment: Environment }) {
  const { prerequisites } = drafting.draft;
  const set = (next: Prerequisite[]) => drafting.change({ type: "set", change: { prerequisites: next } });
  const put = (at: number, part: Partial<Prerequisite>) => set(prerequisites.map((each, index) => (index === at ? { ...each, ...part } : each)));
  return (
    <Lines title="Prerequisites" note="Unless all hold, it answers as if it were off." why={why} what="prerequisite" onAdd={() => set([...prerequisites, { flag: "", variants: ["on"] }])}>
      {prerequisites.map((each, index) => (
        <Deletable key={index} label={`Delete prerequisite ${index + 1}`} isDisabled={why !== undefined} onDelete={() => set(prerequisites.filter((_, at) => at !== index))}>
          <PrerequisiteWords label={`Prerequisite ${index + 1}`} own={flag.key} environment={environment} prerequisite={each} onChange={(part) => put(index, part)} />
        </Deletable>
      ))}
    </Lines>
  );
}

interface PrerequisiteWordsProps {
  label: string;
  /** The flag that has it. */
  own: string;
  environment: Environment;
  prerequisite: Prerequisite;
  onChange: (part: Partial<Prerequisite>) => void;
}

/** Which flags and which variants there are is suggested while one types. */
function PrerequisiteWords({ label, own, environment, prerequisite, onChange }: PrerequisiteWordsProps) {
  const { flag, variants } = prerequisite;
  const typed = useSettled(flag);
  const others = useInfiniteQuery(flagsQuery(environment.key, undefined, typed || undefined));
  const other = useQuery({ ...flagQuery(typed), enabled: typed !== "" });
  const keys = others.data?.pages[0]?.data.map((each) => each.key).filter((key) => key !== own);
  const isUnknown = typed === flag && other.error !== null && asProblem(other.error).status === 404;
  return (
    <>
      <span>flag</span>
      <TextBox label={`${label}, flag`} value={flag} placeholder="its key" suggestions={keys} onChange={(key) => onChange({ flag: key.trim() })} />
      <span>serves one of</span>
      <Tags label={`${label}, variants`} values={variants} suggestions={other.data?.value.variants.map((each) => each.key)} onChange={(next) => onChange({ variants: next })} />
      {isUnknown && (
        <span className={styles.wrong} role="alert">
          there is no such flag
        </span>
      )}
    </>
  );
}

export function RestCard({ flag, drafting, why }: EditorProps) {
  const { draft, change } = drafting;
  const [typed, setTyped] = useState<string>();
  const has = draft.off_value !== undefined;
  const shown = typed ?? (has ? typedOf(flag.type, draft.off_value) : "");
  const wrong = typed !== undefined ? valueIn(flag.type, typed).problem : undefined;
  const off = (text: string) => {
    setTyped(text);
    const { value, problem } = valueIn(flag.type, text);
    if (!problem) change({ type: "set", change: { off_value: value } });
  };
  const firsts = { bool: "false", string: "", int: "0", double: "0", json: "{}" } as const;
  return (
    <Card title="When off, and whom percentages count" note="Rarely changed.">
      <fieldset className={styles.lines} disabled={why !== undefined}>
        <legend className={styles.unseen}>Rest</legend>
        <div className={styles.clause}>
          <span>When it is off, answer</span>
          <Pick
            label="Answer when off"
            value={has ? "value" : "default"}
            options={[
              ["default", "the caller's default"],
              ["value", "a value"],
            ]}
            onChange={(choice) => {
              setTyped(undefined);
              change({ type: "set", change: { off_value: choice === "value" ? valueIn(flag.type, firsts[flag.type]).value : undefined } });
            }}
          />
          {has && <TextBox label="Value when off" value={shown} onChange={off} />}
          {wrong && (
            <span className={styles.wrong} role="alert">
              {wrong}
            </span>
          )}
        </div>
        <div className={styles.clause}>
          <span>Percentages and splits go by</span>
          <Tags label="Units" values={draft.bucket_by ?? default_units} onChange={(bucket_by) => change({ type: "set", change: { bucket_by: bucket_by.length > 0 && bucket_by.join() !== default_units.join() ? bucket_by : undefined } })} />
          <span className={styles.note}>the first that is known</span>
        </div>
      </fieldset>
    </Card>
  );
}
