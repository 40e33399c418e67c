import { useQuery } from "@tanstack/react-query";
import { Deletable, Pick, Tags, TextBox } from "./fields";
import { segmentsQuery } from "./queries";
import type { Clause, OpName } from "./types";
import { ops, valuesOf } from "./words";

const subjects = [
  ["user_id", "user id"],
  ["org_id", "organization"],
  ["region", "region"],
  ["device_id", "device id"],
  ["segment", "segment"],
  ["", "other attribute"],
] as const;
type Subject = (typeof subjects)[number][0];

const comparisons = (Object.entries(ops) as [OpName, (typeof ops)[OpName]][])
  .filter(([op]) => op !== "segment")
  .flatMap(([op, { words, negated }]) => [[op, words] as const, [`!${op}`, negated] as const]);
const memberships = [
  ["segment", "includes the subject"],
  ["!segment", "does not include the subject"],
] as const;

const numeric: ReadonlySet<OpName> = new Set<OpName>(["lt", "le", "gt", "ge", "eq"]);

/** A number is sent as one where numbers are compared. */
function typed(op: OpName, values: readonly string[]): unknown[] {
  return numeric.has(op) ? values.map((value) => (value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : value)) : [...values];
}

export function ClauseEditor({ clause, label, onChange, onDelete }: { clause: Clause; label: string; onChange: (clause: Clause) => void; onDelete: () => void }) {
  const isSegment = clause.op === "segment";
  const subject: Subject = isSegment ? "segment" : (subjects.find(([each]) => each !== "segment" && each === clause.attribute)?.[0] ?? "");
  const { data: segments } = useQuery({ ...segmentsQuery, enabled: isSegment });
  const takes = ops[clause.op].takes;
  const values = valuesOf(clause);
  const about = (next: Subject) => {
    if (next === "segment") onChange({ op: "segment", values: [], ...(clause.negate && { negate: true }) });
    else onChange({ ...clause, attribute: next, ...(isSegment && { op: "in", values: [] }) });
  };
  const compare = (next: string) => {
    const op = next.replace("!", "") as OpName;
    const { negate: _, values: __, ...rest } = clause;
    const kept = ops[op].takes === "none" ? undefined : typed(op, ops[op].takes === "one" ? values.slice(0, 1) : values);
    onChange({ ...rest, op, ...(kept && { values: kept }), ...(next.startsWith("!") && { negate: true }) });
  };
  return (
    <Deletable label={`Delete ${label}`} onDelete={onDelete}>
      <Pick label={`${label}, what`} value={subject} options={subjects} onChange={about} />
      {subject === "" && <TextBox label={`${label}, attribute`} value={clause.attribute ?? ""} placeholder="attribute" onChange={(attribute) => onChange({ ...clause, attribute })} />}
      <Pick label={`${label}, comparison`} value={`${clause.negate ? "!" : ""}${clause.op}`} options={isSegment ? memberships : comparisons} onChange={compare} />
      {takes === "several" && <Tags label={`${label}, values`} values={values} suggestions={isSegment ? segments?.map((segment) => segment.key) : undefined} onChange={(next) => onChange({ ...clause, values: next })} />}
      {takes === "one" && <TextBox label={`${label}, value`} value={values[0] ?? ""} placeholder={ops[clause.op].hint ?? ""} onChange={(value) => onChange({ ...clause, values: typed(clause.op, [value]) })} />}
    </Deletable>
  );
}
