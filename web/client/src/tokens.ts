// The tokens of service accounts: asked for before the present one ends, so that no call waits for one.

import { problemOf } from "./problem.js";

/** What is sent to the token endpoint beside the grant. */
export type Proof = () => Promise<Record<string, string>>;

export interface Given {
  token: string;
  /** Seconds. */
  life: number;
}

/** So much of the life is used; and as much more or less, so that not all programs ask at once. */
export const refresh_share = 0.8;
export const refresh_jitter = 0.05;
const retry_pause_ms = 30_000;

const assertion_life_s = 300;
const assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** A secret that the platform has made. */
export function bySecret(client_id: string, client_secret: string): Proof {
  return async () => ({ client_id, client_secret });
}

/** A key of the account's own, of RSA and 4096 bits, imported for RSASSA-PKCS1-v1_5 with SHA-256. */
export function byPrivateKey(client_id: string, url: string, key: CryptoKey): Proof {
  return async () => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: client_id, sub: client_id, aud: `${url}/oauth/token`, jti: crypto.randomUUID(), iat: now, exp: now + assertion_life_s };
    const text = `${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}`;
    const signature = await crypto.subtle.sign("RSASSA-PKCS1-v1_5", key, new TextEncoder().encode(text));
    return { client_id, client_assertion_type: assertion_type, client_assertion: `${text}.${base64url(new Uint8Array(signature))}` };
  };
}

function part(value: object): string {
  return base64url(new TextEncoder().encode(JSON.stringify(value)));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

export class TokenSource {
  readonly #url: string;
  readonly #proof: Proof;
  readonly #send: (request: Request) => Promise<Response>;
  readonly #now: () => number;
  #token: string | undefined;
  #refreshAt = 0;
  #endsAt = 0;
  #asking: Promise<void> | undefined;

  /** `now` in milliseconds. */
  constructor(url: string, proof: Proof, send: (request: Request) => Promise<Response> = (request) => fetch(request), now: () => number = Date.now) {
    this.#url = url;
    this.#proof = proof;
    this.#send = send;
    this.#now = now;
  }

  /** One that is good now. While there is one, nobody waits for the next; one that is not given is asked for again later. */
  async token(): Promise<string> {
    const now = this.#now();
    const isGood = this.#token !== undefined && now < this.#endsAt;
    if (isGood && now < this.#refreshAt) return this.#token as string;
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));
    if (isGood) {
      // It is good to its end: whoever could not give another is asked again a while later.
      this.#asking.catch(() => (this.#refreshAt = this.#now() + retry_pause_ms));
      return this.#token as string;
    }
    await this.#asking;
    return this.#token as string;
  }

  /** The platform refused it: another one is asked for. */
  drop(token: string): void {
    if (token === this.#token) this.#token = undefined;
  }

  async #ask(): Promise<void> {
    const body = new URLSearchParams({ grant_type: "client_credentials", ...(await this.#proof()) });
    const response = await this.#send(new Request(`${this.#url}/oauth/token`, { method: "POST", body }));
    const text = await response.text();
    if (!response.ok) throw problemOf(response.status, text, (name) => response.headers.get(name));
    const given = JSON.parse(text) as { access_token: string; expires_in: number };
    const life = given.expires_in * 1000;
    this.#token = given.access_token;
    this.#endsAt = this.#now() + life;
    this.#refreshAt = this.#now() + life * (refresh_share + refresh_jitter * (2 * Math.random() - 1));
  }
}
