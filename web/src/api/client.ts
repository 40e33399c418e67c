import { createAcme, idempotencyKey } from "../../client/src/acme";
import { Problem } from "./problem";
import { readRelease } from "./release";

export { idempotencyKey };

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
const entrances = ["/v1/auth/login", "/v1/auth/link", "/v1/auth/password", "/v1/auth/email", "/v1/auth/invitation", "/v1/auth/mfa", "/v1/auth/webauthn"];

/** Milliseconds to add to this machine's clock to get the server's. Countdowns and ages use it. */
export const serverClock = { offset: 0, now: () => Date.now() + serverClock.offset };

function readClock(response: Response): void {
  const date = Date.parse(response.headers.get("date") ?? "");
  if (Number.isNaN(date)) return;
  // The header counts whole seconds, so an offset below two of them says nothing.
  const offset = date - Date.now();
  serverClock.offset = Math.abs(offset) < 2000 ? 0 : offset;
}

export const api = createAcme({
  url: typeof location === "undefined" ? "/" : location.origin,
  credentials: "same-origin",
  // Pages say at once what went wrong, and ask again by themselves.
  retries: false,
  onAnswer: (request, response) => {
    readClock(response);
    readRelease(response.headers.get("x-acme-release"));
    const path = new URL(request.url).pathname;
    if (response.status === 401 && !entrances.some((entrance) => path.startsWith(entrance))) sessionLost();
  },
});

/** The body of an answer that must have one. */
export async function body<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer;
  if (data === undefined) throw new Problem(0, { title: "The answer was empty." });
  return data;
}
