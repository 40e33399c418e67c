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

const line = (page) => page.getByTestId("flag").filter({ hasText: "file-preview" });
const preview = (page) => page.getByRole("button", { name: "Preview notes.txt" });

async function goToFlags(page) {
  await page.goto(`${url}/settings/flags`);
  await page.getByRole("heading", { level: 1, name: /flag/ }).waitFor();
  await untilCount(line(page), 1);
}

/** What the dashboard was told of its flag when the page came, which is before a line could have the button. */
async function goToFiles(page, wanted) {
  await until(
    async () => {
      const told = page.waitForResponse((response) => response.url().endsWith("/ofrep/v1/evaluate/flags"));
      await page.goto(`${url}/files`);
      await page.getByRole("button", { name: "Download notes.txt" }).or(page.getByRole("link", { name: "Download notes.txt" })).first().waitFor();
      const { flags } = await (await told).json();
      return flags.find((flag) => flag.key === "file-preview")?.value;
    },
    (seen) => seen === wanted,
    `the flag should be ${wanted}`,
  );
}

test("the platform makes the flag by itself, off: a file has no preview", async () => {
  const { page } = opened;
  // Its hour may be far.
  const run = "/v1/platform/schedules/flags.make_own:trigger";
  await until(() => page.evaluate(async (run) => (await fetch(run, { method: "POST" })).status, run), (seen) => seen === 201, "the schedule should run");
  await until(() => page.evaluate(async () => (await fetch("/v1/admin/flags/file-preview")).status), (seen) => seen === 200, "the job should make the flag");
  await page.goto(`${url}/files`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.locator("input[type=file]").first().setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("Ship it on Friday.\n") });
  await page.getByText("notes.txt").first().waitFor();
  await goToFiles(page, undefined);
  await untilCount(preview(page), 0);
});

test("it is switched on, and the file can be looked at", async () => {
  const { page } = opened;
  await goToFlags(page);
  await line(page).getByRole("switch").click();
  await until(() => line(page).getByRole("switch").isChecked(), Boolean, "it should be on");
  await goToFiles(page, true);
  await preview(page).click();
  await untilText(page.getByRole("dialog"), /Ship it on Friday\./);
  await inspectThemes(page, "file-preview", 1440);
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
});

test("it is switched off with a reason, and the preview is gone", async () => {
  const { page, complaints } = opened;
  await goToFlags(page);
  await line(page).getByRole("switch").click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByRole("textbox").fill("Nobody may look.");
  await dialog.getByRole("button", { name: "Switch off" }).click();
  await untilCount(dialog, 0);
  await goToFiles(page, undefined);
  await untilCount(preview(page), 0);
  assert.deepEqual(complaints, []);
});
