import { expect, test } from "vitest";
import { sentenceOf } from "./usage_bar";

test("the words say what is used, of how much, and what uploads may still take", () => {
  const mebibyte = 1024 * 1024;
  expect(sentenceOf({ bytes_used: 3 * mebibyte, bytes_reserved: 0, bytes_max: 10 * mebibyte, files: 2 })).toBe("3 MiB of 10 MiB used");
  expect(sentenceOf({ bytes_used: 0, bytes_reserved: mebibyte, bytes_max: 10 * mebibyte, files: 0 })).toBe("0 B of 10 MiB used, 1 MiB kept for uploads");
});
