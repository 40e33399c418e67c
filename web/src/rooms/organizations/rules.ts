import type { Role } from "../../api/types";

export const roles: readonly Role[] = ["member", "admin", "owner"];

/** What a role is called on the page; "admin" would be the platform's administrator to some. */
export function nameOf(role: Role): string {
  if (role === "owner") return "Owner";
  return role === "admin" ? "Administrator" : "Member";
}

export function mayInvite(own: Role): boolean {
  return own !== "member";
}

/** As the API decides it: administrators change those who are no owners, owners everybody. */
export function mayChange(own: Role, before: Role, after: Role): boolean {
  if (own === "owner") return true;
  return own === "admin" && before !== "owner" && after !== "owner";
}

/** Those that somebody may give to one who has `before`. */
export function rolesFor(own: Role, before: Role): Role[] {
  return roles.filter((after) => mayChange(own, before, after));
}
