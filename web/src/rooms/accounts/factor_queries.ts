import { queryOptions } from "@tanstack/react-query";
import { cache } from "../../api/cache";
import { api, body } from "../../api/client";
import type { Passkey, SecondFactors } from "../../api/types";
import { createPasskey } from "../sessions/passkey";

const key = ["me", "mfa"];

export interface Factors {
  state: SecondFactors;
  passkeys: Passkey[];
}

export const factorsQuery = queryOptions({
  queryKey: key,
  queryFn: async ({ signal }): Promise<Factors> => {
    const [state, passkeys] = await Promise.all([body(api.GET("/v1/me/mfa", { signal })), body(api.GET("/v1/me/mfa/webauthn", { signal }))]);
    return { state, passkeys: passkeys.data };
  },
});

export function refreshFactors(): Promise<void> {
  return cache.invalidateQueries({ queryKey: key });
}

export async function beginTotp(): Promise<{ secret: string; uri: string }> {
  return body(api.POST("/v1/me/mfa/totp"));
}

/** Recovery codes, to be shown once; none when there are some already. So below. */
export async function confirmTotp(code: string): Promise<string[]> {
  return (await body(api.POST("/v1/me/mfa/totp/confirm", { body: { code } }))).recovery_codes;
}

export async function removeTotp(): Promise<void> {
  await api.DELETE("/v1/me/mfa/totp");
}

export async function renewRecoveryCodes(): Promise<string[]> {
  return (await body(api.POST("/v1/me/mfa/recovery_codes"))).recovery_codes;
}

export async function addPasskey(name: string): Promise<string[]> {
  const { public_key } = await body(api.POST("/v1/me/mfa/webauthn/options"));
  const credential = await createPasskey(public_key);
  return (await body(api.POST("/v1/me/mfa/webauthn", { body: { name, credential } }))).recovery_codes ?? [];
}

/** Of the version that is there now: a name is no reason to ask twice. */
export async function renamePasskey(id: string, name: string): Promise<void> {
  const path = { id };
  const { response } = await api.GET("/v1/me/mfa/webauthn/{id}", { params: { path } });
  await api.PATCH("/v1/me/mfa/webauthn/{id}", {
    params: { path, header: { "If-Match": response.headers.get("etag") ?? "" } },
    body: { name },
    headers: { "Content-Type": "application/merge-patch+json" },
  });
}

export async function removePasskey(id: string): Promise<void> {
  await api.DELETE("/v1/me/mfa/webauthn/{id}", { params: { path: { id } } });
}
