import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, body, idempotencyKey } from "../../api/client";
import type { Invitation, InvitationOffer, Member, Organization, Role } from "../../api/types";
import { Problem } from "../../api/problem";
import type { Proof } from "../sessions/queries";
import { requestsOf } from "./requests";

const page_size = 50;
const organizations_max = 200;

interface Page<T> {
  data: T[];
  next_cursor: string | null;
}

/** Everything below this key is of the organization of the session. */
export const organizationKey = ["organization"] as const;

export const membersQuery = (org: string) =>
  infiniteQueryOptions({
    queryKey: [...organizationKey, org, "members"],
    queryFn: async ({ pageParam, signal }): Promise<Page<Member>> => {
      const query = { limit: page_size, ...(pageParam ? { cursor: pageParam } : {}) };
      const page = await body(api.GET("/v1/orgs/{org}/members", { params: { path: { org }, query }, signal }));
      return { data: page.data, next_cursor: page.next_cursor ?? null };
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const invitationsQuery = (org: string) =>
  infiniteQueryOptions({
    queryKey: [...organizationKey, org, "invitations"],
    queryFn: async ({ pageParam, signal }): Promise<Page<Invitation>> => {
      const query = { limit: page_size, ...(pageParam ? { cursor: pageParam } : {}) };
      const page = await body(api.GET("/v1/orgs/{org}/invitations", { params: { path: { org }, query }, signal }));
      return { data: page.data, next_cursor: page.next_cursor ?? null };
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const organizationsQuery = queryOptions({
  queryKey: ["organizations"],
  queryFn: async ({ signal }): Promise<Organization[]> => (await body(api.GET("/v1/orgs", { params: { query: { limit: organizations_max } }, signal }))).data,
});

export const usageQuery = (org: string) =>
  queryOptions({
    queryKey: [...organizationKey, org, "usage"],
    queryFn: async ({ signal }) => {
      const { data, response } = await api.GET("/v1/orgs/{org}/usage", { params: { path: { org } }, signal });
      if (!data) throw new Problem(0, { title: "The answer was empty." });
      return { ...data, requests: requestsOf(response.headers) };
    },
  });

/** Against the version that is there now: who changes a role says what it shall be, whatever it was. */
export async function changeRole(org: string, id: string, role: Role): Promise<void> {
  const path = { org, id };
  const { response } = await api.GET("/v1/orgs/{org}/members/{id}", { params: { path } });
  await api.PATCH("/v1/orgs/{org}/members/{id}", {
    params: { path, header: { "If-Match": response.headers.get("etag") ?? "" } },
    body: { role },
    headers: { "Content-Type": "application/merge-patch+json" },
  });
}

export async function removeMember(org: string, id: string): Promise<void> {
  await api.DELETE("/v1/orgs/{org}/members/{id}", { params: { path: { org, id } } });
}

export async function invite(org: string, email: string, role: Role, key: string): Promise<void> {
  await api.POST("/v1/orgs/{org}/invitations", { params: { path: { org }, header: { "Idempotency-Key": key } }, body: { email, role } });
}

export async function resend(org: string, id: string, key: string): Promise<void> {
  await api.POST("/v1/orgs/{org}/invitations/{id}:resend", { params: { path: { org, id }, header: { "Idempotency-Key": key } } });
}

export async function withdraw(org: string, id: string): Promise<void> {
  await api.DELETE("/v1/orgs/{org}/invitations/{id}", { params: { path: { org, id } } });
}

export async function makeOrganization(name: string): Promise<Organization> {
  return body(api.POST("/v1/orgs", { params: { header: { "Idempotency-Key": idempotencyKey() } }, body: { name } }));
}

export async function switchTo(id: string): Promise<void> {
  await api.POST("/v1/orgs/{id}:switch", { params: { path: { id } } });
}

/** Looks, and uses nothing up. */
export async function showInvitation(proof: Proof): Promise<InvitationOffer> {
  return body(api.POST("/v1/auth/invitation/show", { body: proof }));
}

/** As who is signed in, or as somebody new. */
export async function acceptInvitation(proof: Proof, newcomer?: { name: string; password: string }): Promise<void> {
  await api.POST("/v1/auth/invitation/accept", { body: { ...proof, ...newcomer } });
}
