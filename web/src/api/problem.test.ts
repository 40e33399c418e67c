import { expect, test } from "vitest";
import { mayRetry } from "./cache";
import { Problem, asProblem, problemOf } from "./problem";

const header = (values: Record<string, string>) => (name: string) => values[name] ?? null;

test("problem+json keeps its words, its code and its request id", () => {
  const problem = problemOf(422, '{"title":"Invalid","detail":"The name is empty.","code":"accounts.name","request_id":"req_1","errors":[{"pointer":"/name","code":"empty","detail":"Type a name."}]}', header({}));
  expect(problem.message).toBe("The name is empty.");
  expect(problem.requestId).toBe("req_1");
  expect(problem.fieldErrors).toEqual({ name: "Type a name." });
});

test("a page of the balancer becomes words of the status", () => {
  const problem = problemOf(503, "<html><body>503", header({ "x-request-id": "req_2", "retry-after": "3" }));
  expect(problem.message).toContain("busy or restarting");
  expect(problem.requestId).toBe("req_2");
  expect(problem.retryAfter).toBe(3);
});

test("no answer at all is a problem too", () => {
  expect(asProblem(new TypeError("Failed to fetch")).status).toBe(0);
});

test("what the caller caused is not tried again, what broke on the way is, twice", () => {
  expect(mayRetry(0, new Problem(403, {}))).toBe(false);
  expect(mayRetry(0, new Problem(502, {}))).toBe(true);
  expect(mayRetry(1, Problem.unreachable())).toBe(true);
  expect(mayRetry(2, Problem.unreachable())).toBe(false);
});
