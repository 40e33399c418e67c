import type { ReactNode } from "react";
import { Button as AriaButton, Tooltip, TooltipTrigger, type ButtonProps as AriaProps } from "react-aria-components";
import { Unseen } from "./mark";
import { toast } from "./toasts";
import styles from "./button.module.css";

export interface ButtonProps extends Omit<AriaProps, "className" | "children" | "style"> {
  /** risk: what leads to a dialog that asks; danger: what does it. */
  kind?: "plain" | "primary" | "danger" | "risk" | "quiet";
  icon?: ReactNode;
  /** Its width is kept and its label stays while it works. */
  busy?: boolean;
  wide?: boolean;
  /** Why it cannot be pressed now. It keeps the focus, says so, and does nothing. */
  why?: string;
  children: ReactNode;
}

/** Busy is not isPending: React Aria would announce it by the id of a button that is gone when the work is done. */
export function Button({ kind = "plain", icon, busy = false, wide = false, why, children, onPress, type, ...rest }: ButtonProps) {
  const button = (
    <AriaButton
      {...rest}
      type={busy || why ? "button" : type}
      onPress={why ? () => toast(why, "idle") : busy ? undefined : onPress}
      className={styles.button}
      data-kind={kind}
      data-wide={wide || undefined}
      data-busy={busy || undefined}
      data-barred={why !== undefined || undefined}
    >
      {icon}
      <span className={styles.label}>{children}</span>
      {busy && <Unseen>, working</Unseen>}
      {why && <Unseen>, not possible: {why}</Unseen>}
    </AriaButton>
  );
  if (!why) return button;
  return (
    <TooltipTrigger delay={300}>
      {button}
      <Tooltip className={styles.tip} offset={6}>
        {why}
      </Tooltip>
    </TooltipTrigger>
  );
}

export interface IconButtonProps extends Omit<AriaProps, "className" | "children" | "style"> {
  /** What it does: the tip and the name for screen readers. */
  label: string;
  children: ReactNode;
}

export function IconButton({ label, children, ...rest }: IconButtonProps) {
  return (
    <TooltipTrigger delay={500}>
      <AriaButton {...rest} aria-label={label} className={styles.icon}>
        {children}
      </AriaButton>
      <Tooltip className={styles.tip} offset={6}>
        {label}
      </Tooltip>
    </TooltipTrigger>
  );
}
