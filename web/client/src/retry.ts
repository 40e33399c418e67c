// Repeats of what failed by the way, not by what was asked: only where a repeat does no harm.

export interface RetryOptions {
  /** All tries together. */
  tries_max?: number;
  /** Of the first pause; each one after it is twice as long. */
  pause_ms?: number;
  /** What Retry-After may ask for; the answer is given back as it is beyond that. */
  pause_max_ms?: number;
  /** For tests: waits so long. */
  wait?: (ms: number) => Promise<void>;
}

type Send = (request: Request) => Promise<Response>;

const harmless = new Set(["GET", "HEAD", "OPTIONS"]);
const passing = new Set([429, 502, 503, 504]);

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/**
 * Whether the request may be sent again though nobody knows what became of it: it changes nothing, or it carries a
 * key by which the platform knows it again.
 */
function isRepeatable(request: Request): boolean {
  return harmless.has(request.method) || request.headers.has("Idempotency-Key");
}

/** What a 429 or 503 says of when to come back, in milliseconds. */
function asked(response: Response): number | undefined {
  const header = response.headers.get("retry-after");
  const seconds = Number(header);
  return header && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

/** The same as `send`, over and over while it may help. The last answer is given back, whatever it is. */
export function retried(send: Send, { tries_max = 4, pause_ms = 250, pause_max_ms = 60_000, wait = sleep }: RetryOptions = {}): Send {
  return async (request) => {
    for (let tries = 1; ; ++tries) {
      const isLast = tries >= tries_max;
      // Somebody else draws at another moment: not all come back at once.
      const pause = pause_ms * 2 ** (tries - 1) * (0.5 + Math.random());
      // The body of a request is read once.
      const copy = isLast ? request : request.clone();
      let response: Response;
      try {
        response = await send(copy);
      } catch (error) {
        if (isLast || request.signal.aborted || !isRepeatable(request)) throw error;
        await wait(pause);
        continue;
      }
      // Who is told to come back later was not served, so even what has no key may be sent again.
      const later = asked(response);
      const isSafe = isRepeatable(request) || (response.status === 429 && later !== undefined);
      const takes = later ?? pause;
      if (isLast || !passing.has(response.status) || !isSafe || takes > pause_max_ms) return response;
      await response.body?.cancel();
      await wait(takes);
    }
  };
}
