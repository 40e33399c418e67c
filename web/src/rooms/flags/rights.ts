import type { Me } from "../../api/types";

/** Why this person may not change a flag, or undefined. The API decides; this says it beforehand. */
export function whyNotChange(me: Me, isProtected: boolean): string | undefined {
  if (me.platform_role === "admin") return undefined;
  if (me.platform_role !== "operator") return "Operators and administrators of the platform change flags.";
  return isProtected ? "Administrators of the platform change flags of a protected environment. You can switch one off." : undefined;
}

/** Which environments there are, and which are protected. */
export function whyNotAdminister(me: Me): string | undefined {
  return me.platform_role === "admin" ? undefined : "Administrators of the platform change environments.";
}

/** Whoever acts may switch a flag off, everywhere. */
export function whyNotKill(me: Me): string | undefined {
  return me.platform_role === "admin" || me.platform_role === "operator" ? undefined : "Operators and administrators of the platform switch flags off.";
}
