import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import type { User } from "../../api/types";

const page_size = 100;
const found_max = 10;
const known_for_ms = 300_000;

interface Page {
  data: User[];
  next_cursor: string | null;
}

export const usersQuery = infiniteQueryOptions({
  queryKey: ["users"],
  queryFn: async ({ pageParam, signal }): Promise<Page> => {
    const query = { limit: page_size, ...(pageParam ? { cursor: pageParam } : {}) };
    const page = await body(api.GET("/v1/admin/users", { params: { query }, signal }));
    return { data: page.data, next_cursor: page.next_cursor ?? null };
  },
  initialPageParam: "",
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

/** The first of those whose name or address holds that part, of all where it is "". */
export const peopleQuery = (part: string) =>
  queryOptions({
    queryKey: ["users", "part", part],
    queryFn: async ({ signal }): Promise<User[]> => (await body(api.GET("/v1/admin/users", { params: { query: { limit: found_max, ...(part && { q: part }) } }, signal }))).data,
  });

export const personQuery = (id: string) =>
  queryOptions({
    queryKey: ["users", "one", id],
    queryFn: ({ signal }) => body(api.GET("/v1/admin/users/{id}", { params: { path: { id } }, signal })),
    staleTime: known_for_ms,
    retry: false,
  });

/** Against the version that is there now: who grants a role says what it shall be, whatever it was. */
export async function administer(id: string, change: { state?: User["state"]; platform_role?: User["platform_role"] }): Promise<void> {
  const { response } = await api.GET("/v1/admin/users/{id}", { params: { path: { id } } });
  await api.PATCH("/v1/admin/users/{id}", {
    params: { path: { id }, header: { "If-Match": response.headers.get("etag") ?? "" } },
    body: change,
    headers: { "Content-Type": "application/merge-patch+json" },
  });
}

export async function endSessions(id: string): Promise<void> {
  await api.POST("/v1/admin/users/{id}:revoke_sessions", { params: { path: { id } } });
}
