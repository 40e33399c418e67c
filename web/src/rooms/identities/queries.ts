import { queryOptions } from "@tanstack/react-query";
import { api, body } from "../../api/client";

/** Where people can sign in beside this platform; mostly nowhere. */
export const providersQuery = queryOptions({
  queryKey: ["sign-in-providers"],
  queryFn: ({ signal }) => body(api.GET("/v1/auth/oidc/providers", { signal })),
  staleTime: 60_000,
});

export const identitiesQuery = queryOptions({
  queryKey: ["me", "identities"],
  queryFn: ({ signal }) => body(api.GET("/v1/me/identities", { signal })),
});

/** Says where the browser is to go. */
export async function connect(provider: string): Promise<string> {
  return (await body(api.POST("/v1/me/identities", { body: { provider } }))).location;
}

export async function disconnect(id: string): Promise<void> {
  await api.DELETE("/v1/me/identities/{id}", { params: { path: { id } } });
}
