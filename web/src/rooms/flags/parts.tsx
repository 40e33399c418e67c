import type { ReactNode } from "react";
import { Unseen } from "../../ui/mark";
import type { Variant } from "./types";
import { colorOf, type Color } from "./state";
import styles from "./flags.module.css";

/** A switch that says where it stands. Its change may be asked about first, so it is told and not trusted. */
export function Switch({ label, on, why, onChange }: { label: string; on: boolean; why?: string | undefined; onChange: (on: boolean) => void }) {
  return (
    <label className={styles.switch} title={why}>
      <input type="checkbox" role="switch" checked={on} disabled={why !== undefined} onChange={(event) => onChange(event.target.checked)} />
      <span className={styles.track} aria-hidden="true" />
      <Unseen>
        {label}
        {why && `, not possible: ${why}`}
      </Unseen>
    </label>
  );
}

export function Swatch({ color }: { color: Color }) {
  return <span className={styles.swatch} data-color={color} aria-hidden="true" />;
}

export function VariantName({ variant, variants }: { variant: string | null | undefined; variants: readonly Variant[] }) {
  const keys = variants.map((each) => each.key);
  return (
    <span className={styles.variant}>
      <Swatch color={colorOf(variant, keys)} />
      <strong>{variant ?? "the caller's default"}</strong>
    </span>
  );
}

/** Parts of a whole, as wide as they are many. The numbers stand beside it in words. */
export function Split({ parts }: { parts: readonly { key: string; share: number; color: Color }[] }) {
  return (
    <svg className={styles.split} viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      {placed(parts).map(({ key, color, at, share }) => (
        <rect key={key} data-color={color} x={at} width={Math.max(0, share - 0.5)} y="0" height="8" />
      ))}
    </svg>
  );
}

function placed(parts: readonly { key: string; share: number; color: Color }[]) {
  let at = 0;
  return parts.map((part) => {
    const here = { ...part, at };
    at += part.share;
    return here;
  });
}

export function Notice({ tone = "warn", title, children, action }: { tone?: "warn" | "active" | "crit"; title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <section className={styles.notice} data-tone={tone} aria-label={title}>
      <div>
        <strong>{title}</strong>
        {children && <div>{children}</div>}
      </div>
      {action}
    </section>
  );
}
