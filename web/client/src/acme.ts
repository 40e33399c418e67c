import createClient, { type Client } from "openapi-fetch";
import { Problem, problemOf } from "./problem.js";
import { retried, type RetryOptions } from "./retry.js";
import type { paths } from "./schema.js";
import { TokenSource, type Proof } from "./tokens.js";

export interface AcmeOptions {
  /** "https://acme.example.com", without a slash at its end. */
  url: string;
  /** A service account's proof of who it is; or an API key; or neither, where a cookie says who calls. */
  account?: Proof;
  key?: string;
  /** False: each request is sent once. */
  retries?: RetryOptions | false;
  /** Told of each answer, before a refusal becomes a Problem. */
  onAnswer?: (request: Request, response: Response) => void;
  credentials?: RequestCredentials;
  fetch?: (request: Request) => Promise<Response>;
}

/** GET, POST and so on for every path of the OpenAPI document. A refusal is thrown as a Problem. */
export type Acme = Client<paths>;

export function createAcme({ url, account, key, retries, onAnswer, credentials, fetch: given }: AcmeOptions): Acme {
  const once = given ?? ((request: Request) => fetch(request));
  const send = retries === false ? once : retried(once, retries);
  const source = account && new TokenSource(url, account, send);
  const acme = createClient<paths>({
    baseUrl: url,
    ...(credentials ? { credentials } : {}),
    headers: { Accept: "application/json, application/problem+json" },
    fetch: source ? (request) => withToken(source, send, request) : (request) => send(key ? signed(request, key) : request),
  });
  acme.use({
    async onResponse({ request, response }) {
      onAnswer?.(request, response);
      if (response.ok) return undefined;
      throw problemOf(response.status, await response.text(), (name) => response.headers.get(name));
    },
    onError({ error }) {
      // An abort is the caller's own doing and stays what it is, and so does why there is no token.
      if (error instanceof Problem || (error instanceof DOMException && error.name === "AbortError")) return error;
      return Problem.unreachable();
    },
  });
  return acme;
}

function signed(request: Request, token: string): Request {
  request.headers.set("Authorization", `Bearer ${token}`);
  return request;
}

/** A token can end before its time: with the key that signed it, or with its account. The next one is tried once. */
async function withToken(source: TokenSource, send: (request: Request) => Promise<Response>, request: Request): Promise<Response> {
  const again = request.clone();
  const token = await source.token();
  const response = await send(signed(request, token));
  if (response.status !== 401) return response;
  source.drop(token);
  await response.body?.cancel();
  return send(signed(again, await source.token()));
}

/** One key per intent: a repeat after a lost answer has no second effect. */
export function idempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
