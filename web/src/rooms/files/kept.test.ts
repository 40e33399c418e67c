import { afterEach, expect, test } from "vitest";
import { forget, keep, readKept } from "./kept";

const one = { name: "a.bin", size: 7, modified: 1, address: "/v1/uploads/upl_1" };

afterEach(() => localStorage.clear());

test("what is kept is of its owner only, and gone when it is forgotten", () => {
  keep("ada", one);
  keep("ada", { ...one, size: 8 });
  expect(readKept("ada")).toEqual([{ ...one, size: 8 }]);
  expect(readKept("bob")).toEqual([]);
  forget("ada", one.address);
  expect(readKept("ada")).toEqual([]);
  expect(localStorage).toHaveLength(0);
});

test("what a browser has kept of something else is not asked for", () => {
  localStorage.setItem("acme.uploads.ada", JSON.stringify([one, { ...one, address: "https://elsewhere.example.com" }, 7, null]));
  expect(readKept("ada")).toEqual([one]);
  localStorage.setItem("acme.uploads.ada", "{");
  expect(readKept("ada")).toEqual([]);
});
