// Feature flags of this dashboard, read as every program reads them: over OFREP, with the session.
import { queryOptions, useQuery } from "@tanstack/react-query";

interface Evaluated {
  key: string;
  value?: unknown;
}

/** Values by name; a flag that is off, or that nobody knows, is not among them. */
export type Flags = ReadonlyMap<string, unknown>;

export function flagsOf(answer: unknown): Flags {
  const { flags } = (answer ?? {}) as { flags?: Evaluated[] };
  return new Map((flags ?? []).flatMap((flag) => (flag.value === undefined ? [] : [[flag.key, flag.value] as const])));
}

export const ownFlagsQuery = queryOptions({
  // Beside those of Settings > Feature Flags: what is published asks for them anew.
  queryKey: ["flags", "own"],
  queryFn: async ({ signal }): Promise<Flags> => {
    const answer = await fetch("/ofrep/v1/evaluate/flags", {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ context: {} }),
      signal,
    });
    // Without an answer each flag has its default: nothing on a page may fail because of flags.
    return answer.ok ? flagsOf(await answer.json()) : new Map();
  },
  staleTime: 30_000,
  refetchInterval: 60_000,
  retry: false,
});

/** Whether a boolean flag is on for whoever is signed in; `fallback` while that is not known. */
export function useFlag(key: string, fallback = false): boolean {
  const value = useQuery(ownFlagsQuery).data?.get(key);
  return typeof value === "boolean" ? value : fallback;
}
