// Chromium in front of a running platform, and what every page must stand.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const require = createRequire(join(root, "web/package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const flags =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";

export const screens = process.env.ACME_SCREENSHOTS ?? join(root, "build/screenshots");

export const widths = [1440, 390];

export function need(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: it must come from a running platform`);
  return value;
}

export async function openBrowser() {
  mkdirSync(screens, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), "acme-browser-"));
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: flags.split(" "),
    downloadsPath: folder,
  });
  return {
    browser,
    folder,
    close: async () => {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A page that remembers everything Chromium complained about: errors of scripts, breaches of the policy. */
export async function openPage(browser, { width = 1440, theme = "light", storageState } = {}) {
  const context = await browser.newContext({
    viewport: { width, height: width < 760 ? 844 : 900 },
    colorScheme: theme,
    // With a coarse pointer, as a phone has it.
    hasTouch: width < 760,
    isMobile: width < 760,
    timezoneId: "Europe/Paris",
    reducedMotion: "reduce",
    storageState,
  });
  const complaints = [];
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
  });
  const page = await context.newPage();
  page.setDefaultTimeout(patience_ms);
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // The network's own words about a refused or lost request; tests that cause one assert on it.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) complaints.push(message.text());
  });
  return { page, context, complaints };
}

const patience_ms = 30_000;

/** Asks until the answer is as it should be. A page that has just come, or has just been told, is not there at once. */
export async function until(ask, isRight, what, timeout = patience_ms) {
  const deadline = Date.now() + timeout;
  for (;;) {
    const seen = await ask();
    if (isRight(seen)) return seen;
    assert.ok(Date.now() < deadline, `${what}: ${seen}`);
    await pause(50);
  }
}

/** Until so many of them are there. */
export function untilCount(locator, count) {
  return until(() => locator.count(), (seen) => seen === count, `${locator}, of which ${count} should be there`);
}

/** Until the part says so. */
export function untilText(locator, words) {
  return until(() => locator.innerText(), (seen) => words.test(seen), `${locator} should say ${words}`);
}

/** Until the keyboard is on what is called so. */
export function untilFocused(page, name) {
  return until(() => page.evaluate(() => document.activeElement.textContent.replaceAll("\u00a0", " ")), (seen) => seen === name, `the focus should be on ${name}`);
}

/** G and a letter, until the page is there: they belong together for a second, and on a busy machine the letter may come too late. */
export function untilWentBy(page, letter, ask, isRight) {
  const press = async () => {
    const seen = await ask();
    if (isRight(seen)) return seen;
    await page.keyboard.press("g");
    await page.keyboard.press(letter);
    await pause(500);
    return ask();
  };
  return until(press, isRight, `G ${letter.toUpperCase()} should lead there`);
}

const everything = { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] };
const contrast = { type: "rule", values: ["color-contrast"] };

/** No violation of WCAG 2.2 AA that axe can see, nothing that scrolls sideways. Takes the picture first, when every card has its answer. */
export async function inspect(page, name, { width, theme }, rules = everything) {
  await untilCount(page.locator("[aria-busy=true]"), 0);
  await photograph(page, join(screens, `${name}-${width}-${theme}.png`));
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(sideways, 0, `${name} scrolls ${sideways} px sideways at ${width}`);
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe);
  const { violations } = await page.evaluate((runOnly) => globalThis.axe.run({ runOnly }), rules);
  const words = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.target.join(" ")).join("; ")}`);
  assert.deepEqual(words, [], `${name} at ${width}, ${theme}`);
}

/** The same, light and dark: the system changes its mind, and the page follows. Only its colors are others then. */
export async function inspectThemes(page, name, width) {
  await page.emulateMedia({ colorScheme: "light" });
  await inspect(page, name, { width, theme: "light" });
  await page.emulateMedia({ colorScheme: "dark" });
  await inspect(page, name, { width, theme: "dark" }, contrast);
}

/** The whole page, or what a dialog leaves to see of it. `fullPage` would make a phone one that has no finger. */
async function photograph(page, path) {
  const { width, height } = page.viewportSize();
  const whole = await page.evaluate(() => (document.querySelector("[role=dialog], [role=alertdialog]") ? 0 : document.documentElement.scrollHeight));
  if (whole > height) await page.setViewportSize({ width, height: whole });
  await page.screenshot({ path });
  if (whole > height) await page.setViewportSize({ width, height });
}

/** A finger stays on it for as long as `staying` lasts. */
export async function hold(page, target, staying) {
  await target.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await target.boundingBox();
  const touch = await page.context().newCDPSession(page);
  await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x: x + width / 2, y: y + height / 2 }] });
  await staying();
  await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await touch.detach();
}

/** Forwards bytes to the platform until it is cut: how a browser loses its node. */
export async function openWire(target) {
  const { hostname, port } = new URL(target);
  const open = new Set();
  let isCut = false;
  const server = net.createServer((near) => {
    if (isCut) {
      near.destroy();
      return;
    }
    const far = net.connect(Number(port || 80), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      open.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut: () => {
      isCut = true;
      for (const socket of open) socket.destroy();
    },
    mend: () => {
      isCut = false;
    },
    close: () => {
      isCut = true;
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
