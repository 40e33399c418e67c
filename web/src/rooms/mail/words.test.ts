import { expect, test } from "vitest";
import { wordsOf } from "./words";

test("an address in a mail is a link, and all else is text", () => {
  expect(wordsOf("Open\nhttp://localhost:8080/verify#token=a.b-_\nnow")).toEqual([
    { text: "Open\n", isLink: false },
    { text: "http://localhost:8080/verify#token=a.b-_", isLink: true },
    { text: "\nnow", isLink: false },
  ]);
  expect(wordsOf("javascript:alert(1)")).toEqual([{ text: "javascript:alert(1)", isLink: false }]);
});
