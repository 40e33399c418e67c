// @vitest-environment node
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { budget_bytes, filesOf, pagesOf } from "./size.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

const chunks = new Map([
  ["entry.js", { isEntry: true, imports: ["shared.js"], pages: ["page.js"], styles: ["entry.css"] }],
  ["shared.js", { isEntry: false, imports: ["entry.js"], pages: [], styles: [] }],
  ["page.js", { isEntry: false, imports: ["shared.js"], pages: [], styles: ["page.css"] }],
  ["other.js", { isEntry: false, imports: [], pages: [], styles: [] }],
]);

test("a page weighs the entry, its own chunk and what both import, each once", () => {
  expect(filesOf(chunks, ["entry.js", "page.js"])).toEqual(["entry.css", "entry.js", "page.css", "page.js", "shared.js"]);
  expect(pagesOf(chunks, () => 10)).toMatchObject([{ page: "page.js", bytes: 50 }]);
});

test(`every page loads at most ${budget_bytes / 1000} kB of scripts and styles`, { timeout: 120_000 }, () => {
  const lines = execFileSync(process.execPath, ["tools/size.mjs"], { cwd: root, env: { ...process.env, NODE_ENV: "production", VITEST: "" }, encoding: "utf8" });
  expect(lines).toContain("overview_page");
  expect(lines).not.toContain("OVER");
});

test("the page holds no inline script or style, which the policy would refuse", () => {
  const page = readFileSync(join(root, "index.html"), "utf8");
  expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
});

test("every style sheet names the layers first, so that the order of lazy chunks decides nothing", () => {
  const sheets = readdirSync(join(root, "src"), { recursive: true }).filter((name) => name.endsWith(".css"));
  expect(sheets.length).toBeGreaterThan(5);
  for (const sheet of sheets) {
    expect(readFileSync(join(root, "src", sheet), "utf8"), sheet).toMatch(/^@layer tokens, base, ui, page;/);
  }
});

test("the lock file says what to install and not from where", () => {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  expect(Object.values(lock.packages).some((entry) => "resolved" in entry)).toBe(false);
  expect(existsSync(join(root, ".npmrc"))).toBe(true);
});
