// What programs may be allowed. The API has the list too: scopes.test.ts holds them against each other.

/** Rooms of which a program may read, and that it may change. */
export const rooms = ["audit", "deployments", "drift", "drills", "files", "flags", "fleet", "freezes", "jobs", "nodes", "pings", "releases", "schedules", "webhooks"] as const;

/** Who one is: of keys only, for a service account is nobody. */
export const self = "me:read";

export function scopesFor(isPerson: boolean): string[] {
  const scopes = rooms.flatMap((room) => [`${room}:read`, `${room}:write`]);
  return isPerson ? [...scopes, self] : scopes;
}
