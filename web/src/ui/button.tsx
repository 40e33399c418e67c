import type { ReactNode } from "react";
import { Button as AriaButton, Tooltip, TooltipTrigger, type ButtonProps as AriaProps } from "react-aria-components";
import { Unseen } from "./mark";
import styles from "./button.module.css";

export interface ButtonProps extends Omit<AriaProps, "className" | "children" | "style"> {
  kind?: "plain" | "primary" | "danger" | "quiet";
  icon?: ReactNode;
  /** Its width is kept and its label stays while it works. */
  busy?: boolean;
  wide?: boolean;
  children: ReactNode;
}

/** Busy is not isPending: React Aria would announce it by the id of a button that is gone when the work is done. */
export function Button({ kind = "plain", icon, busy = false, wide = false, children, onPress, type, ...rest }: ButtonProps) {
  return (
    <AriaButton
      {...rest}
      type={busy ? "button" : type}
      onPress={busy ? undefined : onPress}
      className={styles.button}
      data-kind={kind}
      data-wide={wide || undefined}
      data-busy={busy || undefined}
    >
      {icon}
      <span className={styles.label}>{children}</span>
      {busy && <Unseen>, working</Unseen>}
    </AriaButton>
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
