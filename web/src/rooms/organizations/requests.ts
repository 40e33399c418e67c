/** What one's own requests have used of the quota, as every answer says it. */
export interface Requests {
  used: number;
  limit: number;
  seconds: number;
}

/** RateLimit and RateLimit-Policy: `"user";r=598;t=3` and `"user";q=600;w=60`. Source: draft-ietf-httpapi-ratelimit-headers. */
export function requestsOf(headers: Headers): Requests | undefined {
  const number = (header: string, name: string) => Number(new RegExp(`;\\s*${name}=(\\d+)`).exec(headers.get(header) ?? "")?.[1] ?? Number.NaN);
  const limit = number("ratelimit-policy", "q");
  const used = limit - number("ratelimit", "r");
  const seconds = number("ratelimit-policy", "w");
  return Number.isNaN(used) || Number.isNaN(seconds) ? undefined : { used, limit, seconds };
}
