import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import type { ServiceAccount, ServiceAccountKey } from "../../api/types";
import { organizationKey } from "../organizations/queries";

const page_size = 50;

interface Page {
  data: ServiceAccount[];
  next_cursor: string | null;
}

export const serviceAccountsKey = (org: string) => [...organizationKey, org, "service_accounts"] as const;

export const serviceAccountsQuery = (org: string) =>
  infiniteQueryOptions({
    queryKey: serviceAccountsKey(org),
    queryFn: async ({ pageParam, signal }): Promise<Page> => {
      const query = { limit: page_size, ...(pageParam ? { cursor: pageParam } : {}) };
      const page = await body(api.GET("/v1/orgs/{org}/service_accounts", { params: { path: { org }, query }, signal }));
      return { data: page.data, next_cursor: page.next_cursor ?? null };
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const credentialsQuery = (org: string, id: string) =>
  queryOptions({
    queryKey: [...serviceAccountsKey(org), id, "keys"],
    queryFn: async ({ signal }): Promise<ServiceAccountKey[]> => (await body(api.GET("/v1/orgs/{org}/service_accounts/{id}/keys", { params: { path: { org, id } }, signal }))).data,
  });

export async function makeServiceAccount(org: string, name: string, scopes: string[], org_role: ServiceAccount["org_role"], key: string): Promise<ServiceAccount> {
  return body(api.POST("/v1/orgs/{org}/service_accounts", { params: { path: { org }, header: { "Idempotency-Key": key } }, body: { name, scopes, org_role } }));
}

/** Against the version that is there now: who disables an account says what it shall be, whatever it was. */
export async function setState(org: string, id: string, state: ServiceAccount["state"]): Promise<void> {
  const path = { org, id };
  const { response } = await api.GET("/v1/orgs/{org}/service_accounts/{id}", { params: { path } });
  await api.PATCH("/v1/orgs/{org}/service_accounts/{id}", {
    params: { path, header: { "If-Match": response.headers.get("etag") ?? "" } },
    body: { state },
    headers: { "Content-Type": "application/merge-patch+json" },
  });
}

export async function removeServiceAccount(org: string, id: string): Promise<void> {
  await api.DELETE("/v1/orgs/{org}/service_accounts/{id}", { params: { path: { org, id } } });
}

/** With `grace_seconds` the secrets that are there end so much later. */
export async function makeSecret(org: string, id: string, grace_seconds?: number): Promise<ServiceAccountKey> {
  return body(api.POST("/v1/orgs/{org}/service_accounts/{id}/keys", { params: { path: { org, id } }, body: grace_seconds === undefined ? {} : { grace_seconds } }));
}

export async function addPublicKey(org: string, id: string, public_key: string): Promise<ServiceAccountKey> {
  return body(api.POST("/v1/orgs/{org}/service_accounts/{id}/keys", { params: { path: { org, id } }, body: { public_key } }));
}

export async function endCredential(org: string, id: string, key: string): Promise<void> {
  await api.DELETE("/v1/orgs/{org}/service_accounts/{id}/keys/{key}", { params: { path: { org, id, key } } });
}

export const signingKeysQuery = queryOptions({
  queryKey: ["signing_keys"],
  queryFn: async ({ signal }) => (await body(api.GET("/v1/admin/signing_keys", { signal }))).data,
});

export async function rotateSigningKeys(now: boolean): Promise<void> {
  await api.POST("/v1/admin/signing_keys:rotate", { body: { now } });
}
