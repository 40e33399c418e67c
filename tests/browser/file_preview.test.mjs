// The Files page's own flag, as an administrator of the platform switches it on and off. ACME_URL is the address of a
// running platform that evaluates flags, ACME_LINK a sign-in link of its administrator.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inspectThemes, need, openBrowser, openPage, until, untilCount, untilText } from "./support.mjs";

const url = need("ACME_URL").replace(/\/$/, "");

let chromium;
let opened;

before(async () => {
  chromium = await openBrowser();
  opened = await openPage(chromium.browser);
  const target = new URL(need("ACME_LINK"));
  await opened.page.goto(`${url}${target.pathname}${target.hash}`);
  await opened.page.getByRole("button", { name: "Sign in" }).click();
  await opened.page.waitForURL(`${url}/`);
});

after(() => chromium?.close());

const preview = (page) => page.getByRole("button", { name: "Preview notes.txt" });

async function goToFlag(page, is) {
  await page.goto(`${url}/settings/flags/file-preview`);
  await page.getByRole("heading", { level: 1, name: `File preview is ${is} in production.` }).waitFor();
}

/** Opens the page until a file has so many buttons to look at it: each node knows of a change a moment later. */
function untilPreviews(page, wanted) {
  return until(
    async () => {
      const told = page.waitForResponse((response) => response.url().endsWith("/ofrep/v1/evaluate/flags"));
      await Promise.all([told, page.goto(`${url}/files`)]);
      await page.getByRole("link", { name: "Download notes.txt" }).waitFor();
      return preview(page).count();
    },
    (seen) => seen === wanted,
    "so many buttons should be there",
  );
}

test("the flag is there from the start, off: a file has no preview", async () => {
  const { page } = opened;
  await page.goto(`${url}/files`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.locator("input[type=file]").first().setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("Ship it on Friday.\n") });
  await page.getByRole("link", { name: "Download notes.txt" }).waitFor();
  await untilPreviews(page, 0);
});

test("served to everybody and switched on, the file can be looked at", async () => {
  const { page } = opened;
  await goToFlag(page, "off");
  await page.getByLabel("Otherwise, serve").selectOption("on");
  const bar = page.getByRole("region", { name: "Draft" });
  await bar.getByRole("button", { name: "Save" }).click();
  await untilCount(bar, 0);
  await page.getByRole("button", { name: "Switch on" }).click();
  await page.getByRole("heading", { level: 1, name: "File preview is on in production." }).waitFor();
  await untilPreviews(page, 1);
  await preview(page).click();
  await untilText(page.getByRole("dialog"), /Ship it on Friday\./);
  await inspectThemes(page, "file-preview", 1440);
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
});

test("switched off with a reason, the preview is gone", async () => {
  const { page, complaints } = opened;
  await goToFlag(page, "on");
  await page.getByRole("button", { name: "Switch off" }).click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByRole("textbox").fill("Nobody may look.");
  await dialog.getByRole("button", { name: "Switch off" }).click();
  await untilCount(dialog, 0);
  await untilPreviews(page, 0);
  assert.deepEqual(complaints, []);
});
