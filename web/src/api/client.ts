import createClient, { type Middleware } from "openapi-fetch";
import { Problem, problemOf } from "./problem";
import { readRelease } from "./release";
import type { paths } from "./schema";

type Listener = () => void;

/** Told when an answer says 401 although somebody was signed in. */
const lost = new Set<Listener>();

export function onSessionLost(listener: Listener): () => void {
  lost.add(listener);
  return () => lost.delete(listener);
}

export function sessionLost(): void {
  for (const listener of lost) listener();
}

// An answer to these says something of the words typed, not of the session.
const entrances = ["/v1/auth/login", "/v1/auth/link", "/v1/auth/password", "/v1/auth/email", "/v1/auth/invitation"];

/** Milliseconds to add to this machine's clock to get the server's. Countdowns and ages use it. */
export const serverClock = { offset: 0, now: () => Date.now() + serverClock.offset };

function readClock(response: Response): void {
  const date = Date.parse(response.headers.get("date") ?? "");
  if (Number.isNaN(date)) return;
  // The header counts whole seconds, so an offset below two of them says nothing.
  const offset = date - Date.now();
  serverClock.offset = Math.abs(offset) < 2000 ? 0 : offset;
}

const problems: Middleware = {
  async onResponse({ request, response }) {
    readClock(response);
    readRelease(response.headers.get("x-acme-release"));
    if (response.ok) return undefined;
    const path = new URL(request.url).pathname;
    if (response.status === 401 && !entrances.some((entrance) => path.startsWith(entrance))) sessionLost();
    throw problemOf(response.status, await response.text(), (name) => response.headers.get(name));
  },
  onError({ error }) {
    // An abort is the caller's own doing and stays what it is.
    if (error instanceof DOMException && error.name === "AbortError") return error;
    return Problem.unreachable();
  },
};

export const api = createClient<paths>({
  baseUrl: typeof location === "undefined" ? "/" : location.origin,
  credentials: "same-origin",
  headers: { Accept: "application/json, application/problem+json" },
  fetch: (request) => fetch(request),
});
api.use(problems);

/** The body of an answer that must have one. */
export async function body<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer;
  if (data === undefined) throw new Problem(0, { title: "The answer was empty." });
  return data;
}

/** One key per intent: a repeat after a lost answer has no second effect. */
export function idempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
