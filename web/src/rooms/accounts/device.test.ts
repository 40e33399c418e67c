import { expect, test } from "vitest";
import { deviceOf } from "./device";

test("a browser is named with its system, the newest claim first", () => {
  expect(deviceOf("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36")).toBe("Chrome on Linux");
  expect(deviceOf("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0")).toBe("Edge on Windows");
  expect(deviceOf("curl/7.88.1")).toBe("curl");
});

test("what is not known is shown as it came, and nothing as nothing", () => {
  expect(deviceOf("x".repeat(60))).toBe(`${"x".repeat(40)}…`);
  expect(deviceOf(null)).toBe("Unknown device");
});
