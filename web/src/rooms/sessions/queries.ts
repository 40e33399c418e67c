import { queryOptions } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { Problem } from "../../api/problem";
import type { Me, SignInOptions } from "../../api/types";
import { usePasskeyOf, type Credential } from "./passkey";

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

/** What the second step of a sign-in brings. */
export type Presented = { method: "totp" | "recovery"; code: string } | { method: "webauthn"; credential: Credential };

export async function passSecond(token: string, presented: Presented): Promise<void> {
  await body(api.POST("/v1/auth/mfa/verify", { body: { mfa_token: token, ...presented } }));
}

/** A passkey of whoever did the first step. */
export async function answerByPasskey(token: string): Promise<Presented> {
  const { public_key } = await body(api.POST("/v1/auth/webauthn/options", { body: { mfa_token: token } }));
  return { method: "webauthn", credential: await usePasskeyOf(public_key) };
}

export async function signInByPasskey(): Promise<void> {
  const { public_key } = await body(api.POST("/v1/auth/webauthn/options", { body: {} }));
  await body(api.POST("/v1/auth/webauthn/verify", { body: { credential: await usePasskeyOf(public_key) } }));
}

export async function signInByLink(token: string): Promise<void> {
  await body(api.POST("/v1/auth/link", { body: { token } }));
}

/** What a mail said: its link, or its code with the address it was sent to. */
export type Proof = { token: string } | { email: string; code: string };

/** Who may make an account here, and where mails go. */
export const optionsQuery = queryOptions({
  queryKey: ["sign-in-options"],
  queryFn: ({ signal }) => body(api.GET("/v1/auth/options", { signal })),
  staleTime: 60_000,
});

export async function signUp(email: string, name: string, password: string): Promise<SignInOptions["mail"]> {
  return (await body(api.POST("/v1/auth/signup", { body: { email, name, password } }))).mail;
}

export async function verifyEmail(proof: Proof, password: string): Promise<void> {
  await body(api.POST("/v1/auth/email/verify", { body: { ...proof, password } }));
}

export async function forgotPassword(email: string): Promise<SignInOptions["mail"]> {
  return (await body(api.POST("/v1/auth/password/forgot", { body: { email } }))).mail;
}

export async function resetPassword(proof: Proof, next: string, second?: Presented): Promise<void> {
  await api.POST("/v1/auth/password/reset", { body: { ...proof, new: next, second } });
}

export async function signOut(everywhere: boolean): Promise<void> {
  await api.POST(everywhere ? "/v1/auth/logout_all" : "/v1/auth/logout");
}

export function maySeeNodes(me: Me): boolean {
  return me.platform_role !== null && me.platform_role !== undefined;
}

/** Of the platform. */
export function isAdministrator(me: Me): boolean {
  return me.platform_role === "admin";
}
