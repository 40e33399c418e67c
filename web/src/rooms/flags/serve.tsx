import { Plus, Scale, Trash2 } from "lucide-react";
import { Button, IconButton } from "../../ui/button";
import { PercentField, Pick } from "./fields";
import { Split, Swatch, VariantName } from "./parts";
import { colorOf } from "./state";
import type { Serve, Share, Variant } from "./types";
import { evenly, isImported, percentOf, serveInWords, sumOf, whole_weight } from "./words";
import styles from "./editor.module.css";

const split_choice = " split";
const none_choice = " none";

interface ServeProps<T> {
  /** Whose it is. */
  label: string;
  serve: T;
  /** What it is called when nothing is served, where that may be. */
  none?: undefined extends T ? string : never;
  variants: readonly Variant[];
  onChange: (serve: T) => void;
}

/** One variant, or shares that make 100 %. */
export function ServeEditor<T extends Serve | undefined>({ label, serve: given, none, variants, onChange: tell }: ServeProps<T>) {
  const keys = variants.map((variant) => variant.key);
  const serve: Serve = given ?? {};
  const onChange = (next: Serve | undefined) => tell(next as T);
  const { split } = serve;
  const options = [...(none === undefined ? [] : [[none_choice, none] as const]), ...(serve.variant !== undefined && !keys.includes(serve.variant) ? [[serve.variant, `${serve.variant} (no variant)`] as const] : []), ...keys.map((key) => [key, key] as const), [split_choice, "a split"] as const];
  const choose = (chosen: string) => onChange(chosen === none_choice ? undefined : chosen === split_choice ? { split: evenly(keys) } : { variant: chosen });
  return (
    <div className={styles.serve}>
      <span className={styles.serveHead}>
        {!split && <Swatch color={colorOf(serve.variant, keys)} />}
        <Pick label={`${label}, serve`} value={split ? split_choice : (serve.variant ?? none_choice)} options={options} onChange={choose} />
      </span>
      {split && isImported(serve) && (
        <p className={styles.note}>
          {serveInWords(serve)}, dealt as where it was imported from, so everybody keeps their variant.
        </p>
      )}
      {split && !isImported(serve) && <Shares label={label} split={split} variants={variants} onChange={(next) => onChange({ ...serve, split: next })} />}
    </div>
  );
}

function Shares({ label, split, variants, onChange }: { label: string; split: readonly Share[]; variants: readonly Variant[]; onChange: (split: Share[]) => void }) {
  const keys = variants.map((variant) => variant.key);
  const sum = sumOf(split);
  const missing = keys.filter((key) => !split.some((share) => share.variant === key));
  const put = (variant: string, weight: number) => onChange(split.map((share) => (share.variant === variant ? { ...share, weight } : share)));
  return (
    <div className={styles.shares}>
      <Split parts={split.map((share) => ({ key: share.variant, share: (share.weight / Math.max(sum, whole_weight)) * 100, color: colorOf(share.variant, keys) }))} />
      <ul>
        {split.map((share) => (
          <li key={share.variant}>
            <VariantName variant={share.variant} variants={variants} />
            <PercentField label={`${label}, share of ${share.variant}`} weight={share.weight} onChange={(weight) => put(share.variant, weight)} />
            <IconButton label={`Delete ${share.variant} from the split of ${label}`} onPress={() => onChange(split.filter((each) => each !== share))}>
              <Trash2 size={14} aria-hidden="true" />
            </IconButton>
          </li>
        ))}
      </ul>
      <div className={styles.adds}>
        {missing.map((key) => (
          <Button key={key} kind="quiet" icon={<Plus size={14} aria-hidden="true" />} onPress={() => onChange([...split, { variant: key, weight: Math.max(0, whole_weight - sum) }])}>
            {key}
          </Button>
        ))}
        <Button kind="quiet" icon={<Scale size={14} aria-hidden="true" />} onPress={() => onChange(evenly(split.map((share) => share.variant)))}>
          Even out
        </Button>
        <span className={sum === whole_weight ? styles.note : styles.wrong} role="status">
          {sum === whole_weight ? "100 %" : `${percentOf(sum)} of 100 %`}
        </span>
      </div>
    </div>
  );
}
