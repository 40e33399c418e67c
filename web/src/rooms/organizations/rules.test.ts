import { describe, expect, it } from "vitest";
import { mayChange, mayInvite, rolesFor } from "./rules";

describe("roles", () => {
  it("lets owners change everybody, and administrators those who are no owners", () => {
    expect(rolesFor("owner", "owner")).toEqual(["member", "admin", "owner"]);
    expect(rolesFor("admin", "member")).toEqual(["member", "admin"]);
    expect(rolesFor("admin", "owner")).toEqual([]);
    expect(rolesFor("member", "member")).toEqual([]);
    expect(mayChange("admin", "member", "owner")).toBe(false);
  });

  it("lets members invite nobody", () => {
    expect(["owner", "admin", "member"].map((role) => mayInvite(role as "owner"))).toEqual([true, true, false]);
  });
});
