import { expect, test } from "vitest";
import type { StoredFile } from "../../api/types";
import type { FilesData } from "./queries";
import { nothing, previewOf, rowsOf, waiting, withFile, withoutFile } from "./state";

function file(id: string): StoredFile {
  return { id, name: `${id}.txt`, content_type: "text/plain", size: 1, sha256: "00".repeat(32), created_at: "2026-11-23T10:00:00.000Z" };
}

const data: FilesData = { pages: [{ data: [file("c"), file("b")], next_cursor: "x" }, { data: [file("b"), file("a")], next_cursor: null }], pageParams: ["", "x"] };
const message = (verb: string, id: string) => ({ topic: "files", id, verb, patch: {} });

test("a file that moved to the next page while reading is shown once", () => {
  expect(rowsOf(data).map(({ id }) => id)).toEqual(["c", "b", "a"]);
});

test("what this page uploaded is shown at once and once", () => {
  const more = withFile(data, file("d"));
  expect(rowsOf(more).map(({ id }) => id)).toEqual(["d", "c", "b", "a"]);
  expect(withFile(more, file("d"))).toBe(more);
  expect(rowsOf(withoutFile(more, "b")).map(({ id }) => id)).toEqual(["d", "c", "a"]);
});

test("what others add waits, once each, and what is shown already does not", () => {
  const shown = rowsOf(data);
  const state = [message("created", "e"), message("created", "e"), message("created", "a")].reduce((each, next) => waiting(each, next, shown), nothing);
  expect(state.created).toEqual(["e"]);
});

test("what others delete is marked if it is shown, and forgotten if it only waited", () => {
  const shown = rowsOf(data);
  const state = [message("created", "e"), message("deleted", "e"), message("deleted", "b")].reduce((each, next) => waiting(each, next, shown), nothing);
  expect(state).toEqual({ created: [], deleted: ["b"] });
});

test("images and texts can be shown on the page, and nothing else", () => {
  const as = (content_type: string, size = 1) => previewOf({ ...file("a"), content_type, size });
  expect(as("image/PNG")).toBe("image");
  expect(as("image/png", 2 ** 30)).toBeUndefined();
  expect(as("text/html; charset=utf-8")).toBe("text");
  expect(as("application/json")).toBe("text");
  expect(as("application/pdf")).toBeUndefined();
  expect(as("")).toBeUndefined();
});
