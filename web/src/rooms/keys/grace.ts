/** How long what is replaced goes on, in seconds, and what that is called. */
export const graces = [
  ["0", "at once"],
  ["3600", "after an hour"],
  ["86400", "after a day"],
  ["604800", "after a week"],
] as const satisfies readonly (readonly [string, string])[];

export type Grace = (typeof graces)[number][0];
