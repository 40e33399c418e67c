import { describe, expect, it } from "vitest";
import { requestsOf } from "./requests";

describe("requestsOf", () => {
  it("reads what the platform says of the quota", () => {
    const headers = new Headers({ RateLimit: '"user";r=598;t=3', "RateLimit-Policy": '"user";q=600;w=60' });
    expect(requestsOf(headers)).toEqual({ used: 2, limit: 600, seconds: 60 });
  });

  it("reads one's own of several quotas", () => {
    const headers = new Headers({ RateLimit: '"user";r=598;t=3, "org";r=7;t=60', "RateLimit-Policy": '"user";q=600;w=60, "org";q=900;w=60' });
    expect(requestsOf(headers)).toEqual({ used: 2, limit: 600, seconds: 60 });
  });

  it("says nothing where nothing is said", () => {
    expect(requestsOf(new Headers())).toBeUndefined();
    expect(requestsOf(new Headers({ RateLimit: "odd" }))).toBeUndefined();
  });
});
