// Schedules as an administrator of an organization makes and watches them, on a running platform. ACME_URL is its
// address; ACME_LINK a sign-in link of somebody new.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inspectThemes, need, openBrowser, openPage, until, untilCount, untilText, widths } from "./support.mjs";

const url = need("ACME_URL").replace(/\/$/, "");
const link = need("ACME_LINK");

let chromium;
let main;

before(async () => {
  chromium = await openBrowser();
  main = await openPage(chromium.browser);
  const target = new URL(link);
  await main.page.goto(`${url}${target.pathname}${target.hash}`);
  await main.page.getByRole("button", { name: "Sign in" }).click();
  await main.page.waitForURL(`${url}/`);
});

after(() => chromium?.close());

const form = (page) => page.getByRole("region", { name: "New schedule" });
const preview = (page) => form(page).getByRole("status", { name: "Preview" });

async function goToSchedules(page) {
  await page.goto(`${url}/schedules`);
  await page.getByRole("heading", { level: 1, name: /again and again|schedule/ }).waitFor();
  await form(page).getByLabel("Name").waitFor();
}

test("what is typed shows its next runs, or what is wrong with it and where", async () => {
  const { page } = main;
  await goToSchedules(page);
  await form(page).getByLabel("Time zone").fill("Europe/Berlin");
  await form(page).getByLabel("When", { exact: true }).fill("0 3 * * Mun");
  await untilText(preview(page), /at character 9: expected a weekday/);
  await form(page).getByLabel("When", { exact: true }).fill("0 3 ? * Tue#1");
  const rows = preview(page).locator("tbody tr");
  await untilCount(rows, 10);
  const first = await rows.first().innerText();
  assert.match(first, /Tue .*03:00:00 CES?T/);
  assert.match(first, /0[12]:00:00/);
});

test("a schedule is made, run now, paused and resumed", async () => {
  const { page } = main;
  await form(page).getByLabel("Name").fill("monthly-report");
  await form(page).getByLabel("Kind of job").fill("report.make");
  await form(page).getByLabel("Payload").fill('{"to": "ada"}');
  await form(page).getByRole("button", { name: "Make schedule" }).click();
  await page.getByRole("heading", { level: 1, name: /monthly-report runs next at 03:00 CES?T, Tue/ }).waitFor();
  await untilCount(page.getByRole("table", { name: "Next runs" }).locator("tbody tr"), 10);
  await page.getByRole("button", { name: "Run now" }).click();
  await untilCount(page.getByTestId("run"), 1);
  await untilText(page.getByTestId("run"), /run by hand · job_[0-9a-z]{13}/);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "monthly-report is paused." }).waitFor();
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("heading", { level: 1, name: /monthly-report runs next/ }).waitFor();
});

test("what was due in a time that is past is run after a look", async () => {
  const { page } = main;
  const card = page.getByRole("region", { name: "Backfill" });
  await card.getByLabel("From, UTC").fill("2026-01-01T00:00");
  await card.getByLabel("To, UTC").fill("2026-04-01T00:00");
  await card.getByRole("button", { name: "Show what would run" }).click();
  await untilText(card.getByTestId("backfill"), /^3 moments, the first/);
  await card.getByRole("button", { name: "Run 3 moments" }).click();
  await untilCount(page.getByTestId("run"), 4);
  await untilText(page.getByTestId("run").last(), /backfill/);
});

/** The next ones at 03:00 UTC, as an expression that knows "5 Jan 2027". */
function firstTuesdays(count) {
  const found = [];
  const now = new Date();
  for (let month = now.getUTCMonth(); found.length < count; ++month) {
    const first = new Date(Date.UTC(now.getUTCFullYear(), month, 1, 3));
    const at = new Date(first.getTime() + ((9 - first.getUTCDay()) % 7) * 86_400_000);
    const [, day, name, year] = at.toUTCString().split(" ");
    if (at > now) found.push(`${Number(day)} ${name}t? ${year}`); // "Sept", as the British say
  }
  return found;
}

test("a rule of a calendar shows its next runs too", async () => {
  const { page } = main;
  await goToSchedules(page);
  await form(page).getByLabel("Said by").selectOption("rrule");
  await form(page).getByLabel("Rule").fill("FREQ=MONTHLY;BYDAY=1TU");
  await form(page).getByLabel("Begins, UTC").fill("2026-11-03T03:00");
  await form(page).getByLabel("Time zone").fill("UTC");
  await untilCount(preview(page).locator("tbody tr"), 10);
  const [, second] = firstTuesdays(2);
  await untilText(preview(page).locator("tbody tr").nth(1), new RegExp(`Tue ${second}, 03:00:00 UTC`));
});

test("a name that is taken, and a payload that is none, are refused with words", async () => {
  const { page } = main;
  await goToSchedules(page);
  await form(page).getByLabel("Name").fill("monthly-report");
  await form(page).getByLabel("When", { exact: true }).fill("@daily");
  await form(page).getByLabel("Kind of job").fill("report.make");
  await form(page).getByLabel("Payload").fill("[1]");
  await untilText(form(page), /It must be a JSON object/);
  await form(page).getByLabel("Payload").fill("");
  await form(page).getByRole("button", { name: "Make schedule" }).click();
  await untilText(form(page), /There is a schedule of this name/);
});

for (const width of widths) {
  test(`both pages stand at ${width} px, light and dark`, async () => {
    const { page, context, complaints } = await openPage(chromium.browser, { width, storageState: await main.context.storageState() });
    await goToSchedules(page);
    await untilCount(page.getByTestId("schedule"), 1);
    await form(page).getByLabel("When", { exact: true }).fill("*/20 8-18 * * Mon-Fri");
    await untilCount(preview(page).locator("tbody tr"), 10);
    await inspectThemes(page, "schedules", width);
    await page.goto(`${url}/schedules/monthly-report`);
    await page.getByRole("heading", { level: 1, name: /monthly-report runs next/ }).waitFor();
    await untilCount(page.getByTestId("run"), 4);
    await inspectThemes(page, "schedule", width);
    assert.deepEqual(complaints, []);
    await context.close();
  });
}

test("a schedule is deleted by its name", async () => {
  const { page, complaints } = main;
  await page.goto(`${url}/schedules/monthly-report`);
  await page.getByRole("heading", { level: 1, name: /monthly-report runs next/ }).waitFor();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByRole("textbox").fill("monthly-report");
  await dialog.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Nothing happens again and again yet." }).waitFor();
  await until(() => page.getByTestId("schedule").count(), (seen) => seen === 0, "the list should be empty");
  assert.deepEqual(complaints, []);
});
