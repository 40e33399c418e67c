import { Plus, Trash2 } from "lucide-react";
import { Button, IconButton } from "../../ui/button";
import { Field } from "../../ui/field";
import { Swatch } from "./parts";
import { colorOf, typedOf, valueIn } from "./state";
import type { ValueType, Variant } from "./types";
import styles from "./flags.module.css";

/** A variant as it is typed. */
export interface Typed {
  key: string;
  value: string;
}

const firsts: Record<ValueType, readonly Typed[]> = {
  bool: [],
  string: [
    { key: "control", value: "" },
    { key: "treatment", value: "" },
  ],
  int: [
    { key: "control", value: "0" },
    { key: "treatment", value: "1" },
  ],
  double: [
    { key: "control", value: "0" },
    { key: "treatment", value: "1" },
  ],
  json: [
    { key: "control", value: "{}" },
    { key: "treatment", value: "{}" },
  ],
};

export const firstVariants = (type: ValueType): readonly Typed[] => firsts[type];

export function typedRows(type: ValueType, variants: readonly Variant[]): Typed[] {
  return variants.map(({ key, value }) => ({ key, value: type === "json" ? JSON.stringify(value, null, 2) : typedOf(type, value) }));
}

/** The variants of what was typed, and the first thing that is wrong. */
export function variantsIn(type: ValueType, rows: readonly Typed[]): { variants: Variant[]; problem?: string } {
  const variants: Variant[] = [];
  const seen = new Set<string>();
  for (const row of rows) {
    const key = row.key.trim();
    if (!key) return { variants, problem: "A variant has no name." };
    if (seen.has(key)) return { variants, problem: `Two variants are called ${key}.` };
    seen.add(key);
    const { value, problem } = valueIn(type, row.value);
    if (problem) return { variants, problem: `The value of ${key} must be ${problem}.` };
    variants.push({ key, value });
  }
  return { variants };
}

const lines_max = 12;

/** As many as it has, and a few where it is one long one. */
function linesOf(text: string): number {
  return Math.min(lines_max, Math.max(2, text.split("\n").length));
}

export function VariantRows({ type, rows, isFixed = false, onChange }: { type: ValueType; rows: readonly Typed[]; isFixed?: boolean; onChange: (rows: readonly Typed[]) => void }) {
  const keys = rows.map((row) => row.key);
  const change = (index: number, part: Partial<Typed>) => onChange(rows.map((row, at) => (at === index ? { ...row, ...part } : row)));
  return (
    <fieldset className={styles.variantRows}>
      <legend>Variants</legend>
      {rows.map((row, index) => (
        <div key={index} className={styles.variantRow} data-long={type === "json" || undefined}>
          <Swatch color={colorOf(row.key, keys)} />
          <Field label={`Variant ${index + 1}`} value={row.key} onChange={(key) => change(index, { key })} maxLength={100} mono isDisabled={isFixed} autoComplete="off" />
          <Field label="Value" aria-label={`Value of variant ${index + 1}`} value={row.value} onChange={(value) => change(index, { value })} mono lines={type === "json" ? linesOf(row.value) : 1} isDisabled={isFixed} autoComplete="off" />
          {!isFixed && (
            <IconButton label={`Delete variant ${row.key || index + 1}`} onPress={() => onChange(rows.filter((_, at) => at !== index))}>
              <Trash2 size={15} aria-hidden="true" />
            </IconButton>
          )}
        </div>
      ))}
      {!isFixed && (
        <div>
          <Button icon={<Plus size={15} aria-hidden="true" />} onPress={() => onChange([...rows, { key: "", value: type === "json" ? "{}" : "" }])}>
            Add variant
          </Button>
        </div>
      )}
    </fieldset>
  );
}
