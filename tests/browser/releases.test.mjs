// A release in the dashboard, from its canary to the night in which it is rolled back, on a running
// platform with traffic. ACME_URL is its address; ACME_LINK, ACME_VIEWER_LINK and ACME_SECOND_LINK
// (another operator's) are sign-in links; ACME_FIRST, ACME_GOOD and ACME_BAD the releases that run,
// that goes well and that answers with errors; ACME_COMMAND the words of a shell that reach `acme`, as
// JSON. One story: the tests run in the order they stand.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, test } from "node:test";
import { hold, inspect, inspectThemes, need, openBrowser, openPage, until, untilCount, untilFocused, untilText, untilWentBy, widths } from "./support.mjs";

const url = need("ACME_URL").replace(/\/$/, "");
const [first, good, bad] = ["ACME_FIRST", "ACME_GOOD", "ACME_BAD"].map(need);
const canary_ms = 60_000;
const minute = 60_000;

let chromium;
let state;
let viewer;
let second;
let early;
let address;
let goodAddress;

const short = (release) => release.replace(/^((?:dev-)?[0-9a-f]{7})[0-9a-f]+$/, "$1");

before(async () => {
  chromium = await openBrowser();
});

after(() => chromium?.close());

async function signIn(link) {
  const { page, context } = await openPage(chromium.browser);
  const target = new URL(link);
  await page.goto(`${url}${target.pathname}${target.search}${target.hash}`);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { level: 1, name: /application nodes/ }).waitFor();
  const kept = await context.storageState();
  await context.close();
  return kept;
}

/** A command of the product, which ends with this code. */
function acme(code, ...words) {
  const [program, ...first] = JSON.parse(need("ACME_COMMAND"));
  const done = spawnSync(program, [...first, ...words], { encoding: "utf8", timeout: minute });
  assert.equal(done.status, code, `acme ${words.join(" ")}: ${done.stdout}${done.stderr}`);
}

const verdict = (page, name) => page.getByRole("heading", { level: 1, name });

/** The page wide and narrow, each in a browser of its own, light and dark. */
async function inspectAll(path, name, ready, storageState = state, prepare = async () => undefined) {
  for (const width of widths) {
    const { page, context, complaints } = await openPage(chromium.browser, { width, storageState });
    await page.goto(`${url}${path}`);
    await verdict(page, ready).waitFor({ timeout: minute });
    await prepare(page, { width });
    await inspectThemes(page, name, width);
    assert.deepEqual(complaints, []);
    await context.close();
  }
}

test("before anything was deployed the page says so, with the command that begins it", async () => {
  state = await signIn(need("ACME_LINK"));
  viewer = await signIn(need("ACME_VIEWER_LINK"));
  second = await signIn(need("ACME_SECOND_LINK"));
  acme(0, "drift", "show"); // A worker looks every five minutes, and perhaps has not yet.
  await inspectAll("/releases", "releases-empty", /runs in .*/, state, async (page) => {
    await page.getByRole("heading", { name: "Nothing has been deployed yet." }).waitFor();
    await page.getByText("acme deploy run RELEASE").waitFor();
    await page.getByTestId("release").nth(2).waitFor(); // the three that are stored
  });
});

test("the fleet shows every node with its release, and no drift", async () => {
  await inspectAll("/fleet", "fleet", /^All \d+ nodes run .*, as they should\.$/, state, async (page) => {
    await untilCount(page.getByTestId("fleet-node"), 6);
    await untilCount(page.getByTestId("fleet-node").filter({ hasText: "none" }), 6);
    await page.getByRole("region", { name: "Drift" }).getByText(/^No drift was found at \d\d:\d\d UTC\.$/).waitFor();
  });
});

test("what somebody changed past every command is on the page a moment after it was looked for, and goes when it is repaired", async () => {
  const { page, context, complaints } = await openPage(chromium.browser, { storageState: state });
  await page.goto(`${url}/fleet`);
  await verdict(page, /as they should/).waitFor();
  acme(0, "balancer", "maintenance", "app-1");
  await verdict(page, "app-1 is out of the balancer.").waitFor();
  acme(1, "drift", "show");
  await untilText(page.getByTestId("deviation"), /^app-1 state is maintenance, recorded is ready/);
  await inspectAll("/fleet", "fleet-drift", "app-1 is out of the balancer.", state, (each) => each.getByTestId("deviation").waitFor());
  acme(0, "drift", "repair", "--yes");
  await verdict(page, /as they should/).waitFor();
  await untilCount(page.getByTestId("deviation"), 0);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a freeze is begun with its reason and its end, refuses a deployment, and is lifted", async () => {
  const { page, context, complaints } = await openPage(chromium.browser, { storageState: state });
  await page.goto(`${url}/fleet`);
  await page.getByRole("button", { name: "Freeze…" }).click();
  const dialog = page.getByRole("dialog", { name: "Freeze deployments?" });
  await dialog.getByRole("textbox", { name: "Reason" }).fill("the sale");
  await dialog.getByText(/UTC · .* Paris, in \d+ h/).waitFor();
  await inspect(page, "fleet-freeze", { width: 1440, theme: "light" });
  await dialog.getByRole("button", { name: "Freeze" }).click();
  await page.getByTestId("freeze").filter({ hasText: "the sale" }).getByText("frozen").waitFor();
  await inspectAll("/fleet", "fleet-frozen", /as they should/, state, (each) => each.getByTestId("freeze").first().waitFor());

  await page.goto(`${url}/releases`);
  await page.getByRole("button", { name: `Deploy ${short(good)}` }).click();
  const deploying = page.getByRole("dialog", { name: `Deploy ${short(good)}?` });
  await deploying.getByRole("button", { name: "Deploy" }).click();
  await untilText(deploying.getByRole("alert"), /frozen until .*: the sale/);
  await page.keyboard.press("Escape");

  await page.goto(`${url}/fleet`);
  await page.getByRole("button", { name: "Lift" }).click();
  const lifting = page.getByRole("dialog", { name: "Lift the freeze?" });
  await lifting.getByRole("textbox", { name: "Reason" }).fill("it is over");
  await lifting.getByRole("button", { name: "Lift" }).click();
  await page.getByTestId("freeze").filter({ hasText: "lifted: it is over" }).waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a release is deployed here, and its canary is watched live", async () => {
  early = await openPage(chromium.browser, { storageState: state });
  await early.page.goto(`${url}/`);
  await verdict(early.page, /application nodes/).waitFor();

  const { page, context } = await openPage(chromium.browser, { storageState: state });
  await page.goto(`${url}/releases`);
  await page.getByRole("button", { name: `Deploy ${short(good)}` }).click();
  const dialog = page.getByRole("dialog", { name: `Deploy ${short(good)}?` });
  await dialog.getByRole("textbox", { name: "Reason" }).fill("seen in a browser");
  await dialog.getByText("One minute, a trial").click();
  await dialog.getByText(`acme deploy run ${short(good)} --canary-window 60s --reason 'seen in a browser'`).waitFor();
  await inspectThemes(page, "releases-deploy", 1440);
  // It lasts as long as one looks at it, on a slow machine too, and is promoted by hand.
  await dialog.getByText("Ten minutes").click();
  await dialog.getByRole("button", { name: "Deploy" }).click();
  await page.waitForURL(/\/releases\/dpl_/);
  address = goodAddress = new URL(page.url()).pathname;
  await verdict(page, /Canary is healthy\. It promotes itself in/).waitFor({ timeout: 2 * minute });
  // Nobody reloads: the marks come by the stream.
  const passed = () => page.locator("[data-kind=passed], [data-kind=close]").count();
  const before = await passed();
  await until(passed, (count) => count > before, `more than ${before} marks should have passed`, minute);
  await page.getByRole("link", { name: /^Canary .* \d:\d\d$/ }).waitFor();
  await inspectAll(address, "release-canary", /Canary is healthy|would not pass|Too few|has passed/);
  await context.close();
});

test("a canary is held, says by whom in words, and goes on when it is resumed", async () => {
  const { page, context } = await openPage(chromium.browser, { storageState: state });
  await page.goto(`${url}${address}`);
  await page.getByRole("button", { name: "Hold" }).click();
  await verdict(page, /^The canary is held\./).waitFor();
  await page.getByText("The canary is held.", { exact: true }).waitFor();
  await inspectAll(address, "release-held", /^The canary is held\./);
  await context.close();
});

test("a viewer sees every action, disabled, with the reason", async () => {
  await inspectAll(address, "release-viewer", /^The canary is held\./, viewer, async (page, { width }) => {
    for (const name of ["Roll back", "Resume", "Promote early…", "Abort…"]) {
      const button = page.getByRole("button", { name: new RegExp(`^${name}\\s*, not possible: Your role is viewer\\.`) }).filter({ visible: true });
      await button.first().click();
      await page.getByText(/^Your role is viewer\. Operators and administrators can do this\.$/).first().waitFor();
    }
    await untilCount(page.getByRole("alertdialog"), 0);
    if (width > 760) await page.getByRole("button", { name: /^Roll back/ }).first().focus();
  });
  const { page, context } = await openPage(chromium.browser, { storageState: viewer });
  await page.goto(`${url}/releases`);
  await page.getByRole("button", { name: /^Deploy\s*, not possible: Your role is viewer/ }).waitFor();
  await page.goto(`${url}/fleet`);
  await page.getByRole("button", { name: /^Freeze…\s*, not possible: Your role is viewer/ }).waitFor();
  await context.close();
});

test("a rollback by mouse wants the name typed, to the letter, and says what it does", async () => {
  const { page, context } = await openPage(chromium.browser, { storageState: state });
  await page.goto(`${url}${address}`);
  await page.getByRole("button", { name: "Roll back" }).click();
  const dialog = page.getByRole("alertdialog", { name: "Roll back the canary?" });
  await dialog.getByText(/drains its requests, then start.* again\. The other 5 nodes are not touched\./).waitFor();
  await dialog.getByText(`acme deploy rollback --to ${short(first)}`).waitFor();
  const confirm = dialog.getByRole("button", { name: "Roll back" });
  assert.equal(await confirm.isEnabled(), false);
  await dialog.getByRole("textbox").fill(short(first).slice(0, -1));
  assert.equal(await confirm.isEnabled(), false);
  await dialog.getByRole("textbox").fill(short(first));
  await until(() => confirm.isEnabled(), (enabled) => enabled, "the typed name should enable the button");
  await inspectThemes(page, "rollback", 1440);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await untilFocused(page, "Roll back");
  await context.close();
});

/** Another person than who began it. */
async function promote() {
  const { page, context } = await openPage(chromium.browser, { storageState: second });
  await page.goto(`${url}${address}`);
  await page.getByRole("button", { name: "Promote early…", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Promote early?" });
  await dialog.getByRole("textbox", { name: "Reason" }).fill("it was looked at");
  await inspect(page, "release-promote", { width: 1440, theme: "light" });
  await dialog.getByRole("button", { name: "Promote early" }).click();
  await dialog.waitFor({ state: "detached" });
  await context.close();
}

test("resumed and promoted early, it rolls to every node, and the page that was there before offers a reload and still works", async () => {
  const { page, context } = await openPage(chromium.browser, { storageState: state });
  await page.goto(`${url}${address}`);
  await page.getByRole("button", { name: "Resume" }).click();
  await verdict(page, /^The canary is held\./).waitFor({ state: "detached" });
  await page.getByRole("button", { name: /^Promote early…\s*, not possible: Who began it does not promote it early/ }).waitFor();
  await promote();
  await verdict(page, new RegExp(`rolls out\\.|Every node runs ${short(good)}`)).waitFor({ timeout: 2 * minute });
  await inspectAll(address, "release-rolling", /rolls out|Every node runs/);
  await verdict(page, new RegExp(`^Every node runs ${short(good)}\\. It (is known good in|is being watched)`)).waitFor({ timeout: 6 * minute });
  await inspectAll(address, "release-watched", /^Every node runs/);

  await early.page.getByText(/^Release .* runs now\. This page is older and still works/).waitFor({ timeout: minute });
  await early.page.getByRole("link", { name: "Files" }).click();
  await verdict(early.page, /file/).waitFor();
  await early.page.getByRole("button", { name: "Reload" }).click();
  await verdict(early.page, /file/).waitFor();
  await untilCount(early.page.getByText(/This page is older/), 0);
  assert.deepEqual(early.complaints, []);
  await early.context.close();
  await context.close();
});

test("at night, on a phone, it is rolled back by a thumb that holds the button", async () => {
  const { page, context, complaints } = await openPage(chromium.browser, { width: 390, theme: "dark", storageState: state });
  await page.goto(`${url}${address}`);
  await page.getByRole("group", { name: "Actions" }).getByRole("button", { name: "Roll back" }).tap();
  const dialog = page.getByRole("alertdialog", { name: `Roll back to ${short(first)}?` });
  const button = dialog.getByRole("button", { name: "Hold to roll back" });
  await dialog.getByText(/drain their requests, then start/).waitFor();
  await untilCount(dialog.getByRole("textbox"), 0);
  await inspectThemes(page, "rollback", 390);
  await button.tap(); // both of its events are sent at once: no machine is so slow that it becomes a long press
  assert.match(page.url(), new RegExp(`${address}$`));
  assert.ok(await dialog.isVisible(), "a short press does nothing");
  await hold(page, button, () => page.waitForURL((to) => to.pathname.startsWith("/releases/dpl_") && to.pathname !== address));
  address = new URL(page.url()).pathname;
  await verdict(page, new RegExp(`returns to ${short(first)}|Every node runs ${short(first)} again`)).waitFor();
  await verdict(page, `Every node runs ${short(first)} again.`).waitFor({ timeout: 2 * minute });
  assert.deepEqual(complaints, []);
  await context.close();
  await inspectAll(address, "release-returned", `Every node runs ${short(first)} again.`);
  await inspectAll(goodAddress, "release-left", /was rolled back|cancelled|took over/);
});

test("a release that answers with errors is stopped by itself, and the page opens on why", async () => {
  const { page, context } = await openPage(chromium.browser, { storageState: state });
  await page.goto(`${url}/releases`);
  const begun = await context.request.post(`${url}/v1/deployments`, {
    headers: { Origin: url, "Idempotency-Key": `story-${process.pid}` },
    data: { release: bad, canary_window_ms: canary_ms, reason: "a trial" },
  });
  assert.equal(begun.status(), 202, await begun.text());
  address = `/releases/${(await begun.json()).id}`;
  // It comes into the list by itself.
  await page.getByTestId("deployment").filter({ hasText: short(bad) }).first().waitFor();
  await page.goto(`${url}${address}`);
  await verdict(page, new RegExp(`^${short(bad)} was rolled back to ${short(first)}\\.$`)).waitFor({ timeout: 3 * minute });
  await page.getByText("Why it failed").waitFor();
  await context.close();
  await inspectAll(address, "release-rolled-back", /was rolled back/);
});

test("the history tells it all, and its filter is in the address", async () => {
  await inspectAll("/releases", "releases", /runs in/, state, async (page) => {
    await untilCount(page.getByTestId("deployment"), 3);
  });
  const { page, context, complaints } = await openPage(chromium.browser, { storageState: state });
  await page.goto(`${url}/releases`);
  await page.getByRole("navigation", { name: "Filter by state" }).getByRole("link", { name: "Running" }).click();
  await page.waitForURL(/\?state=running$/);
  await page.getByRole("heading", { name: /^No deployment is in this view/ }).waitFor();
  await page.reload();
  await page.getByRole("link", { name: "Show all" }).click();
  await page.getByTestId("deployment").first().waitFor();
  await untilWentBy(page, "n", () => page.url(), (seen) => seen === `${url}/fleet`);
  await verdict(page, /^All \d+ nodes run/).waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("what does not exist and what one may not see says so", async () => {
  const { page, context } = await openPage(chromium.browser, { storageState: state });
  await page.goto(`${url}/releases/dpl_nothing`);
  await verdict(page, "There is no such deployment.").waitFor();
  await inspect(page, "release-unknown", { width: 1440, theme: "light" });
  await page.route("**/v1/releases/figures", (route) => route.abort());
  await page.goto(`${url}/releases`);
  await page.getByText("The figures did not come.").waitFor();
  await page.getByRole("heading", { name: "History" }).waitFor();
  await inspect(page, "releases-failure", { width: 1440, theme: "light" });
  await context.close();
});
