// Addresses of uploads that are not finished, over a reload: one list for each user and organization.

import type { Kept } from "./upload";

const kept_max = 20;

const keyOf = (owner: string) => `acme.uploads.${owner}`;

function isKept(value: unknown): value is Kept {
  if (typeof value !== "object" || value === null) return false;
  const { name, size, modified, address } = value as Record<string, unknown>;
  // Only an address of ours is ever asked with a session.
  return typeof name === "string" && typeof size === "number" && typeof modified === "number" && typeof address === "string" && address.startsWith("/v1/uploads/");
}

/** A browser may keep nothing, or have kept something else. */
export function readKept(owner: string): Kept[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(keyOf(owner)) ?? "[]");
    return Array.isArray(value) ? value.filter(isKept) : [];
  } catch {
    return [];
  }
}

function write(owner: string, all: readonly Kept[]): void {
  try {
    if (all.length === 0) localStorage.removeItem(keyOf(owner));
    else localStorage.setItem(keyOf(owner), JSON.stringify(all.slice(-kept_max)));
  } catch {
    // Full or forbidden: then a reload begins anew.
  }
}

export function keep(owner: string, { name, size, modified, address }: Kept): void {
  write(owner, [...readKept(owner).filter((each) => each.address !== address), { name, size, modified, address }]);
}

export function forget(owner: string, address: string): void {
  write(
    owner,
    readKept(owner).filter((each) => each.address !== address),
  );
}
