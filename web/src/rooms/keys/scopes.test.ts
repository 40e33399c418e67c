import { describe, expect, it } from "vitest";
import document from "../../../openapi.json";
import { scopesFor } from "./scopes";

interface Operation {
  security?: Record<string, string[]>[];
}

describe("scopes", () => {
  it("are those that some route of the API asks for", () => {
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path) as Operation[]);
    const asked = new Set(operations.flatMap(({ security }) => (security ?? []).flatMap((each) => each.key ?? [])));
    for (const scope of asked) expect(scopesFor(true)).toContain(scope);
    for (const scope of scopesFor(true)) expect([...asked].some((each) => each.split(":")[0] === scope.split(":")[0]), scope).toBe(true);
  });

  it("of a service account are those of no person", () => {
    expect(scopesFor(false)).not.toContain("me:read");
    expect(scopesFor(false)).toContain("files:write");
  });
});
