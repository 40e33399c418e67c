import type { Second } from "../../api/problem";

/** A code in the address, with which the platform led somebody back from a provider. */
export function problemIn(problem: unknown): string | undefined {
  return typeof problem === "string" && /^[a-z_]{1,40}\.[a-z_]{1,40}$/.test(problem) ? problem : undefined;
}

const sentences: Record<string, string> = {
  "identities.provider_unavailable": "The provider does not answer as it should. Try later, or sign in another way.",
  "identities.flight_invalid": "It began in another browser, or more than ten minutes ago. Begin again.",
  "identities.denied": "The provider did not sign you in, or you called it off there.",
  "identities.code_refused": "The provider does not confirm it. Try again.",
  "identities.token_invalid": "What the provider says of you cannot be verified. If it happens again, tell an administrator.",
  "identities.email_unverified": "The provider has not verified an address of yours, so no account can be made with it.",
  "identities.sign_in_first": "There is an account with this address. Sign in to it as before, then connect the other one under Account.",
  "identities.taken": "Another user signs in with that account.",
  "identities.too_many": "No more than ten can be connected. Disconnect one first.",
  "accounts.sign_up_closed": "Accounts are made by an administrator here.",
  "sessions.no_user": "This user cannot sign in.",
  "sessions.too_many_tries": "Too many tries. Wait a while.",
};

export function sentenceOf(problem: string): string {
  return sentences[problem] ?? "Begin again.";
}

/** Where the platform leads the browser to the provider, and after that back to `next`. */
export function startOf(provider: string, next: string | undefined): string {
  const query = next === undefined || next === "/" ? "" : `?next=${encodeURIComponent(next)}`;
  return `/v1/auth/oidc/${encodeURIComponent(provider)}/start${query}`;
}

/** Somebody comes back from a provider whose second factor is still asked for: in the fragment, which is sent to nobody. */
export function secondIn(fragment: string): Second | undefined {
  const query = new URLSearchParams(fragment.replace(/^#/, ""));
  const token = query.get("mfa_token");
  return token ? { token, methods: (query.get("methods") ?? "").split(",") } : undefined;
}
