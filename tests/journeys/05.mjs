// What the fifth journey does in a browser, one visit for each word: `make` signs in and makes a flag that a quarter of the
// administrator's organization gets, looking with the preview at who gets it; `watch` waits until the chart of
// evaluations moves; `off` and `on` switch it. ACME_URL is the platform's address, JOURNEY_SESSION the file in which the
// session is kept, and for `make` ACME_LINK a sign-in link of its administrator.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { need, openBrowser, openPage, until, untilText } from "../browser/support.mjs";

const url = need("ACME_URL").replace(/\/$/, "");
const kept = need("JOURNEY_SESSION");
const visit = process.argv[2];
const flag = `${url}/settings/flags/journey-five`;

const chromium = await openBrowser();

async function signIn(page) {
  const link = new URL(need("ACME_LINK"));
  await page.goto(`${url}${link.pathname}${link.hash}`);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${url}/`);
  return page.evaluate(async () => (await fetch("/v1/me")).json());
}

const isOn = (page, word) => page.getByRole("heading", { level: 1, name: `Journey five is ${word} in production.` }).waitFor();
const answer = (page) => page.getByRole("status", { name: "Answer" });

async function make(page) {
  const { org } = await signIn(page);
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Feature Flags" }).click();
  await page.getByRole("heading", { level: 1, name: /flag/ }).waitFor();
  await page.getByRole("button", { name: "New flag" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Journey five");
  await dialog.getByLabel("Description").fill("A quarter of one organization.");
  await dialog.getByRole("button", { name: "Make flag" }).click();
  await isOn(page, "off");
  await page.getByRole("button", { name: "Add rule" }).click();
  await page.getByLabel("Name of rule 1").fill("A quarter");
  await page.getByLabel("A quarter, condition 1, what").selectOption("organization");
  await page.getByLabel("A quarter, condition 1, values").fill(org.id);
  await page.keyboard.press("Enter");
  await page.getByTestId("rule").first().getByRole("button", { name: "Percentage" }).click();
  await page.getByLabel("A quarter, percentage, in %").fill("25");
  await page.getByLabel("Otherwise, serve").selectOption("off");
  const draft = page.getByRole("region", { name: "Draft" });
  await draft.getByRole("button", { name: "Save" }).click();
  await until(() => draft.count(), (seen) => seen === 0, "the draft should be saved");
  await page.getByRole("button", { name: "Switch on" }).click();
  await isOn(page, "on");
  await preview(page, org.id);
  console.log(org.id);
}

/** Some of the organization get it, others do not, and of another organization nobody does. */
async function preview(page, org) {
  const seen = new Set();
  await page.getByLabel("organization", { exact: true }).fill(org);
  for (let user = 1; user <= 40 && seen.size < 2; ++user) {
    const asked = page.waitForResponse((response) => (response.request().postData() ?? "").includes(`"user-${user}"`));
    await page.getByLabel("user id", { exact: true }).fill(`user-${user}`);
    const { draft, live } = await (await asked).json();
    const { value } = draft ?? live;
    await untilText(answer(page), value ? /on\s+by rule 1/ : /off\s+no rule matched/);
    seen.add(value);
  }
  assert.equal(seen.size, 2, "a quarter should get it, and three quarters not");
  await page.getByLabel("organization", { exact: true }).fill("org_elsewhere");
  await untilText(answer(page), /off\s+no rule matched/);
}

async function watch(page) {
  await page.goto(flag);
  await isOn(page, "on");
  const shares = page.getByRole("list", { name: "Shares" });
  await untilText(shares, /on/);
  const before = await shares.textContent();
  await until(() => shares.textContent(), (seen) => seen !== before, "the chart should move");
}

async function switchTo(page, word) {
  await page.goto(flag);
  await isOn(page, word === "off" ? "on" : "off");
  await page.getByRole("button", { name: `Switch ${word}` }).click();
  if (word === "off") {
    const dialog = page.getByRole("alertdialog");
    await dialog.getByLabel("Why").fill("The journey ends it.");
    await dialog.getByRole("button", { name: "Switch off" }).click();
  }
  await isOn(page, word);
}

try {
  const storageState = visit === "make" ? undefined : JSON.parse(readFileSync(kept, "utf8"));
  const { page, context } = await openPage(chromium.browser, { storageState });
  if (visit === "make") await make(page);
  else if (visit === "watch") await watch(page);
  else await switchTo(page, visit);
  writeFileSync(kept, JSON.stringify(await context.storageState()));
} finally {
  await chromium.close();
}
