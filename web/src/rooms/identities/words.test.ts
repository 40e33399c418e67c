import { expect, test } from "vitest";
import { problemIn, secondIn, sentenceOf, startOf } from "./words";

test("only a code is taken from the address, and what is not known has a sentence too", () => {
  expect(problemIn("identities.denied")).toBe("identities.denied");
  expect(problemIn("<b>You won</b>")).toBeUndefined();
  expect(problemIn(["identities.denied"])).toBeUndefined();
  expect(sentenceOf("identities.taken")).toMatch(/Another user/);
  expect(sentenceOf("http.timeout")).toBe("Begin again.");
});

test("the way to a provider says where one wanted to go", () => {
  expect(startOf("google", undefined)).toBe("/v1/auth/oidc/google/start");
  expect(startOf("google", "/")).toBe("/v1/auth/oidc/google/start");
  expect(startOf("google", "/files?a=b&c")).toBe("/v1/auth/oidc/google/start?next=%2Ffiles%3Fa%3Db%26c");
});

test("the second step is read from the fragment", () => {
  expect(secondIn("#mfa_token=a.b%2Bc&methods=totp,recovery")).toEqual({ token: "a.b+c", methods: ["totp", "recovery"] });
  expect(secondIn("")).toBeUndefined();
  expect(secondIn("#token=a")).toBeUndefined();
});
