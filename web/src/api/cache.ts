import { QueryClient } from "@tanstack/react-query";
import { Problem } from "./problem";

const tries_max = 2;

/** What the caller caused is not tried again; what broke on the way is, twice. */
export function mayRetry(failures: number, error: unknown): boolean {
  if (error instanceof Problem && error.status !== 0 && error.status < 500) return false;
  return failures < tries_max;
}

export const cache = new QueryClient({
  defaultOptions: {
    queries: { retry: mayRetry, retryDelay: (failures) => Math.random() * 500 * 2 ** failures, staleTime: 10_000 },
    mutations: { retry: false },
  },
});
