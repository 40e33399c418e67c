import { queryOptions } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { Problem } from "../../api/problem";
import type { Me } from "../../api/types";

export interface Signed {
  me: Me;
  /** For If-Match of the next change. */
  etag: string;
}

export async function fetchMe(signal?: AbortSignal): Promise<Signed> {
  const { data, response } = await api.GET("/v1/me", { signal });
  if (!data) throw new Problem(0, { title: "The answer was empty." });
  return { me: data, etag: response.headers.get("etag") ?? "" };
}

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => fetchMe(signal),
  staleTime: 60_000,
});

export async function signIn(email: string, password: string): Promise<void> {
  await body(api.POST("/v1/auth/login", { body: { email, password } }));
}

export async function signInByLink(token: string): Promise<void> {
  await body(api.POST("/v1/auth/link", { body: { token } }));
}

export async function signOut(everywhere: boolean): Promise<void> {
  await api.POST(everywhere ? "/v1/auth/logout_all" : "/v1/auth/logout");
}

export function maySeeNodes(me: Me): boolean {
  return me.platform_role !== null && me.platform_role !== undefined;
}
