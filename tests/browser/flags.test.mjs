// Feature flags as an administrator and an operator of the platform make, target, switch and take them back, each in a
// browser of their own. ACME_URL is the address of a running platform that evaluates flags; ACME_LINK a sign-in link of
// its administrator, ACME_SECOND_LINK one of an operator.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inspect, inspectThemes, need, openBrowser, openPage, until, untilCount, untilFocused, untilText, widths } from "./support.mjs";

const url = need("ACME_URL").replace(/\/$/, "");

let chromium;
let main;
let second;

async function signedIn(link) {
  const opened = await openPage(chromium.browser);
  const target = new URL(link);
  await opened.page.goto(`${url}${target.pathname}${target.hash}`);
  await opened.page.getByRole("button", { name: "Sign in" }).click();
  await opened.page.waitForURL(`${url}/`);
  opened.me = await opened.page.evaluate(async () => (await fetch("/v1/me")).json());
  return opened;
}

before(async () => {
  chromium = await openBrowser();
  main = await signedIn(need("ACME_LINK"));
  second = await signedIn(need("ACME_SECOND_LINK"));
});

after(() => chromium?.close());

const listed = (page) => page.getByTestId("flag").filter({ hasText: "one-page-checkout" });
const bar = (page) => page.getByRole("region", { name: "Draft" });
const answer = (page) => page.getByRole("status", { name: "Answer" });
const heading = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();

async function goToList(page) {
  await page.goto(`${url}/settings/flags`);
  await heading(page, /flag/);
}

async function goToTests(page) {
  await page.goto(`${url}/settings/flags?environment=qa`);
  await heading(page, /in tests/);
}

async function goToFlag(page, tab = "") {
  await page.goto(`${url}/settings/flags/one-page-checkout${tab}`);
  await heading(page, /One-page checkout is (on|off) in production/);
}

async function save(page) {
  await bar(page).getByRole("button", { name: "Save" }).click();
  await untilCount(bar(page), 0);
}

async function switchOff(page) {
  await page.getByRole("button", { name: "Switch off" }).click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByRole("textbox").fill("Of a test.");
  await dialog.getByRole("button", { name: "Switch off" }).click();
  await heading(page, "One-page checkout is off in production.");
}

/** What a program in this browser gets: its user and organization are the session's. */
function answered(page) {
  return page.evaluate(async () => {
    const response = await fetch("/ofrep/v1/evaluate/flags/one-page-checkout", { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"context": {}}' });
    const { value, reason } = await response.json();
    return `${value} ${reason}`;
  });
}

function untilAnswered(page, wanted) {
  return until(() => answered(page), (seen) => seen === wanted, `it should answer ${wanted}`);
}

test("the page is in the menu under Settings, and a flag is made there", async () => {
  const { page } = main;
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Feature Flags" }).click();
  await heading(page, /flag/);
  await page.getByRole("button", { name: "New flag" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("One-page checkout");
  await until(() => dialog.getByLabel("Key").inputValue(), (seen) => seen === "one-page-checkout", "the key should be made of the name");
  await dialog.getByLabel("Description").fill("Pay without leaving the basket.");
  await dialog.getByRole("button", { name: "Make flag" }).click();
  await heading(page, "One-page checkout is off in production.");
  await untilAnswered(page, "undefined DISABLED");
});

test("a new flag that is switched on asks whether everybody gets it, and says so where nobody does", async () => {
  const { page } = main;
  await goToFlag(page);
  const impact = page.getByRole("status", { name: "What saving changes" });
  await impact.getByRole("button", { name: "Count what switching it on changes" }).click();
  await untilText(impact, /the caller's default[\s\S]*off[\s\S]*Nobody loses a variant\./);
  await page.getByRole("button", { name: "Switch on" }).click();
  const dialog = page.getByRole("dialog", { name: "Switch on One-page checkout" });
  await untilText(dialog, /everybody in production still gets off/);
  await dialog.getByRole("button", { name: "Switch on as it is" }).click();
  await heading(page, "One-page checkout is on in production.");
  await untilAnswered(page, "false STATIC");
  const notice = page.getByRole("region", { name: "It is on, and everybody gets off." });
  await notice.getByRole("button", { name: "Serve on otherwise" }).click();
  await untilText(bar(page), /1 change in production/);
  await bar(page).getByRole("button", { name: "Discard" }).click();
  await notice.waitFor();
  await switchOff(page);
  // And from the list.
  await goToList(page);
  await listed(page).getByRole("switch").click();
  await dialog.getByRole("button", { name: "Serve on to everybody" }).click();
  await untilText(listed(page), /everybody: on/);
  await untilAnswered(page, "true STATIC");
  await goToFlag(page);
  await switchOff(page);
});

test("a flag is found and opened without a mouse", async () => {
  const { page } = main;
  await goToList(page);
  await listed(page).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("checkout");
  await page.waitForURL(/q=checkout/);
  assert.equal(await page.getByRole("searchbox").inputValue(), "checkout");
  await listed(page).waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("j");
  await untilFocused(page, "One-page checkout");
  await page.keyboard.press("Enter");
  await heading(page, "One-page checkout is off in production.");
});

test("a key that is taken is refused with words", async () => {
  const { page } = main;
  await goToList(page);
  await page.getByRole("button", { name: "New flag" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("One-page checkout");
  await dialog.getByLabel("Description").fill("Once more.");
  await dialog.getByRole("button", { name: "Make flag" }).click();
  await untilText(dialog, /There is a flag with this key/);
  await dialog.getByRole("button", { name: "Cancel" }).click();
});

test("rules target a user, an organization, and a percentage of a region; the preview says who gets what and why", async () => {
  const { page } = main;
  await goToFlag(page);
  const add = page.getByRole("button", { name: "Add rule" });
  await add.click();
  await page.getByLabel("Name of rule 1").fill("The operator");
  await page.getByLabel("The operator, condition 1, values").fill(second.me.id);
  await page.keyboard.press("Enter");
  await add.click();
  await page.getByLabel("Name of rule 2").fill("Partners");
  await page.getByLabel("Partners, condition 1, what").selectOption("organization");
  await page.getByLabel("Partners, condition 1, values").fill("org_northwind, org_globex,");
  await add.click();
  await page.getByLabel("Name of rule 3").fill("Europe");
  await page.getByLabel("Europe, condition 1, what").selectOption("region");
  await page.getByLabel("Europe, condition 1, values").fill("eu-west");
  await page.getByTestId("rule").nth(2).getByRole("button", { name: "Percentage" }).click();
  await page.getByLabel("Europe, percentage, in %").fill("100.5");
  await untilText(page.getByTestId("rule").nth(2), /0 to 100/);
  await page.getByLabel("Europe, percentage, in %").fill("12.345");
  await page.getByLabel("Otherwise, serve").selectOption("off");

  // A flag that is off is off for everybody; what it will do once it is on is told nevertheless.
  await untilText(page.getByRole("status", { name: "What saving changes" }), /Nothing yet: it is off[\s\S]*Once it is switched on[\s\S]*Nobody loses a variant\./);
  await untilText(bar(page), /change/);
  await save(page);
  await page.getByRole("button", { name: "Switch on" }).click();
  await heading(page, "One-page checkout is on in production.");

  await page.getByLabel("user id", { exact: true }).fill("usr_nobody");
  await page.getByLabel("organization", { exact: true }).fill("org_globex");
  await untilText(answer(page), /on\s+by rule 2/);
  await page.getByLabel("organization", { exact: true }).fill("org_elsewhere");
  await untilText(answer(page), /off\s+no rule matched/);
  await page.getByLabel("region", { exact: true }).fill("eu-west");
  await untilText(answer(page), /12,?345/);

  // An override decides before every rule, and is said to.
  await page.getByRole("button", { name: "Add override" }).click();
  await page.getByLabel("Override 1, id").fill("usr_nobody");
  await untilText(answer(page), /on\s+by an override/);
  await page.getByRole("button", { name: "Delete override 1" }).click();

  // Which other flags there are is suggested; one that is none is told at once.
  await page.getByRole("button", { name: "Add prerequisite" }).click();
  const other = page.getByLabel("Prerequisite 1, flag");
  await other.fill("file");
  await untilText(page.getByRole("region", { name: "Prerequisites" }), /there is no such flag/);
  const suggested = page.locator(`datalist[id="${await other.getAttribute("list")}"] option`);
  await until(() => suggested.evaluateAll((options) => options.map((each) => each.value)), (seen) => seen.join() === "file-preview", "it should be suggested");
  await other.fill("file-preview");
  await untilText(answer(page), /off\s+a prerequisite does not hold|the caller's default\s+a prerequisite does not hold/);
  await page.getByRole("button", { name: "Delete prerequisite 1" }).click();
  await untilCount(bar(page), 0);
});

test("a saved rule is in another browser at once, and so is the value", async () => {
  await untilAnswered(second.page, "true TARGETING_MATCH");
  await untilAnswered(main.page, "false DEFAULT");
  await goToList(second.page);
  await untilCount(listed(second.page), 1);
  await goToFlag(main.page);
  await main.page.getByTestId("rule").first().getByRole("button", { name: "Delete The operator", exact: true }).click();
  await untilText(bar(main.page), /1 change in production/);
  await bar(main.page).getByRole("button", { name: "Review diff" }).click();
  await untilText(main.page.getByRole("dialog"), /The operator[\s\S]*deleted/);
  await main.page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  await save(main.page);
  await untilAnswered(second.page, "false DEFAULT");
});

test("the order of rules is changed by keyboard, a rule is switched off, and the draft survives a reload", async () => {
  const { page } = main;
  await goToFlag(page);
  await untilCount(page.getByTestId("rule"), 2);
  await page.getByRole("button", { name: "Move Partners" }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByLabel("Europe is used").uncheck();
  await untilText(bar(page), /2 changes in production/);
  await page.reload();
  await heading(page, /One-page checkout is on/);
  await untilText(bar(page), /2 changes in production/);
  assert.deepEqual(await page.getByTestId("rule").evaluateAll((rules) => rules.map((rule) => rule.getAttribute("aria-label"))), ["Europe", "Partners"]);
  await bar(page).getByRole("button", { name: "Discard" }).click();
  await untilCount(bar(page), 0);
  await page.getByTestId("rule").first().getByLabel("Name of rule 1").waitFor();
});

test("rules are carried with the mouse", async () => {
  const { page } = main;
  await goToFlag(page);
  await untilCount(page.locator("[aria-busy=true]"), 0); // a card that grows moves what is below it
  const handle = await page.getByRole("button", { name: "Move Europe" }).boundingBox();
  const above = await page.getByTestId("rule").first().boundingBox();
  await page.mouse.move(handle.x + handle.width / 2, handle.y + handle.height / 2);
  await page.mouse.down();
  await page.mouse.move(handle.x + handle.width / 2, above.y + 8, { steps: 8 });
  await page.mouse.up();
  await untilText(bar(page), /1 change in production/);
  await bar(page).getByRole("button", { name: "Discard" }).click();
});

test("of two who edit, the later one sees both versions and merges them", async () => {
  await goToFlag(main.page);
  await goToFlag(second.page);
  await second.page.getByLabel("Europe, percentage, in %").fill("20");
  await second.page.getByLabel("Name of rule 1").fill("Friends");
  await untilText(bar(second.page), /2 changes/);
  await main.page.getByLabel("Europe, percentage, in %").fill("50");
  await untilText(bar(main.page), /1 change/);
  await save(main.page);
  await untilText(bar(second.page), /saved version \d+ meanwhile/);
  await bar(second.page).getByRole("button", { name: "Compare" }).click();
  const dialog = second.page.getByRole("dialog", { name: "Somebody was faster" });
  await untilText(dialog, /both changed it/);
  await dialog.getByRole("radio", { name: /You: .*20 %/ }).check();
  await dialog.getByRole("button", { name: "Merge into the draft" }).click();
  await untilCount(dialog, 0);
  await save(second.page);
  await until(() => main.page.getByLabel("Europe, percentage, in %").inputValue(), (seen) => seen === "20", "the other browser should follow");
  assert.equal(await main.page.getByLabel("Name of rule 1").inputValue(), "Friends");
});

test("a draft that cannot be is refused with words, and nothing is published", async () => {
  const { page } = main;
  await goToFlag(page);
  await page.getByLabel("Europe, serve").selectOption("a split");
  await page.getByLabel("Europe, share of on, in %").fill("60");
  await untilText(bar(page), /The shares of rule 2 make 110 %, not 100 %/);
  await bar(page).getByRole("button", { name: "Discard" }).click();
  await page.getByLabel("Europe, condition 1, comparison").selectOption("matches");
  await page.getByLabel("Europe, condition 1, value").fill("eu-(");
  await bar(page).getByRole("button", { name: "Save" }).click();
  await untilText(bar(page), /\/rules\/1/);
  await bar(page).getByRole("button", { name: "Discard" }).click();
  await untilCount(bar(page), 0);
});

test("evaluations are drawn as they are asked", async () => {
  const { page } = main;
  await goToFlag(page);
  await untilCount(page.getByRole("list", { name: "Shares" }), 1);
  await untilText(page.getByRole("list", { name: "Shares" }), /off/);
});

for (const width of widths) {
  test(`the pages stand at ${width} px, light and dark`, async () => {
    const { page, context, complaints } = await openPage(chromium.browser, { width, storageState: await main.context.storageState() });
    await goToList(page);
    await untilCount(listed(page), 1);
    await inspectThemes(page, "flags", width);
    await page.getByRole("button", { name: "More for One-page checkout" }).click();
    await page.getByRole("menuitem", { name: "Open" }).waitFor();
    await inspectThemes(page, "flags-menu", width);
    await page.getByRole("menuitem", { name: "Copy targeting to…" }).click();
    await page.getByRole("dialog").getByRole("list", { name: "Changes" }).waitFor();
    await inspectThemes(page, "flags-copy", width);
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Environments" }).click();
    await page.getByRole("dialog").getByLabel("Name of staging").waitFor();
    await inspectThemes(page, "flags-environments", width);
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
    await goToFlag(page);
    await page.getByLabel("Europe, percentage, in %").fill("33.333");
    await page.getByLabel("Otherwise, serve").selectOption("a split");
    await untilText(bar(page), /2 changes/);
    await answer(page).waitFor();
    await untilText(page.getByRole("status", { name: "What saving changes" }), /keep what they have/);
    await inspectThemes(page, "flag", width);
    await bar(page).getByRole("button", { name: "Discard" }).click();
    await goToFlag(page, "/variants");
    await page.getByLabel("Description").waitFor();
    await page.getByRole("button", { name: /^Owner/ }).click();
    await page.getByRole("menuitem", { name: /Olga Operator/ }).waitFor();
    await inspectThemes(page, "flag-owner", width);
    await page.getByRole("menuitem", { name: /Ada Admin/ }).click();
    await untilCount(page.getByRole("dialog"), 0);
    await inspectThemes(page, "flag-variants", width);
    await goToFlag(page, "/code");
    await page.getByRole("region", { name: "References" }).waitFor();
    await inspectThemes(page, "flag-code", width);
    await goToFlag(page, "/history");
    await page.getByTestId("change").first().waitFor();
    await inspectThemes(page, "flag-history", width);
    await page.goto(`${url}/settings/segments`);
    await heading(page, /segment/);
    await page.getByRole("button", { name: "New segment" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill("Support staff");
    await inspectThemes(page, "segments", width);
    assert.deepEqual(complaints, []);
    await context.close();
  });
}

test("a segment is made and named by a rule", async () => {
  const { page } = main;
  await page.goto(`${url}/settings/segments`);
  await heading(page, /segment/);
  await page.getByRole("button", { name: "New segment" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Support staff");
  await dialog.getByLabel("And these users and organizations").fill(`${second.me.id} org_support`);
  await dialog.getByRole("button", { name: "Save" }).click();
  await untilText(page.getByTestId("segment"), /1 user, 1 organization/);
  await goToFlag(page);
  await page.getByRole("button", { name: "Add rule" }).click();
  await page.getByLabel("Name of rule 3").fill("Staff");
  await page.getByLabel("Staff, condition 1, what").selectOption("segment");
  await page.getByLabel("Staff, condition 1, values").fill("support-staff");
  await page.keyboard.press("Enter");
  await save(page);
  await untilAnswered(second.page, "true TARGETING_MATCH");
});

test("an operator switches it off with a reason, everywhere at once", async () => {
  await goToFlag(main.page);
  await goToList(second.page);
  await untilCount(listed(second.page), 1);
  await listed(second.page).getByRole("switch").click();
  const dialog = second.page.getByRole("alertdialog");
  await dialog.getByRole("textbox").fill("Payments fail.");
  await dialog.getByRole("button", { name: "Switch off" }).click();
  await heading(main.page, "One-page checkout is off in production.");
  await untilText(main.page.locator("main"), /Payments fail\./);
  await untilAnswered(second.page, "undefined DISABLED");
});

test("the history says who and why, and the switch is taken back", async () => {
  const { page } = main;
  await goToFlag(page, "/history");
  const newest = page.getByTestId("change").first();
  await untilText(newest, /switched it off[\s\S]*Payments fail\./);
  // A rule that was deleted is one difference, whatever stood below it.
  const deleted = page.getByTestId("change").filter({ hasText: "Rule 1, The operator deleted" });
  await untilCount(deleted, 1);
  await untilCount(deleted.getByRole("list", { name: "What changed" }).getByRole("listitem"), 1);
  await untilText(page.getByTestId("change").filter({ hasText: "Rule 2, Europe: percentage" }).last(), /12\.345 %\s*50 %/);
  await newest.getByRole("button", { name: /^Undo/ }).click();
  await heading(page, "One-page checkout is on in production.");
  await untilText(page.getByTestId("change").first(), /took a change back/);
  await untilAnswered(second.page, "true TARGETING_MATCH");
});

test("another environment is in the address, and has targeting of its own", async () => {
  const { page } = main;
  await goToList(page);
  await page.getByRole("navigation", { name: "Environment" }).getByRole("link", { name: "Staging" }).click();
  await page.waitForURL(/environment=staging/);
  await heading(page, /in staging/);
  await untilText(listed(page), /off/);
  await page.getByRole("searchbox").fill("nothing-like-it");
  await page.getByRole("heading", { name: /No flag matches/ }).waitFor();
  await page.getByRole("link", { name: "Show all flags" }).click();
  await untilCount(listed(page), 1);
});

test("the targeting of a flag is copied to another environment from its line, after what that changes was looked at", async () => {
  const { page } = main;
  await goToList(page);
  await page.getByRole("button", { name: "More for One-page checkout" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Open" }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await untilFocused(page, "Copy targeting to…");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("From production to").selectOption("Staging");
  await untilText(dialog, /This changes in staging\. Whether it is on there stays as it is: off\./);
  await untilText(dialog.getByRole("list", { name: "Changes" }), /Friends[\s\S]*Europe[\s\S]*Staff/);
  // The operator is faster by a moment.
  const there = "/v1/admin/flags/one-page-checkout/environments/staging";
  let isFirst = true;
  await page.route(`**${there}`, async (route) => {
    if (route.request().method() === "PUT" && isFirst) {
      isFirst = false;
      assert.equal(await second.page.evaluate(async (path) => (await fetch(path, { method: "POST" })).status, `${there}:enable`), 200);
    }
    await route.continue();
  });
  await dialog.getByRole("button", { name: "Copy to staging" }).click();
  await untilText(dialog.getByRole("alert"), /Somebody saved version \d+ in staging meanwhile\. Nothing was copied/);
  await untilText(dialog, /stays as it is: on\./);
  await dialog.getByRole("button", { name: "Copy to staging" }).click();
  await untilCount(dialog, 0);
  await page.unroute(`**${there}`);
  await page.goto(`${url}/settings/flags/one-page-checkout?environment=staging`);
  await heading(page, "One-page checkout is on in staging.");
  await untilCount(page.getByTestId("rule"), 3);
});

test("an administrator makes a protected environment, in which an operator switches nothing on", async () => {
  const { page } = main;
  await goToList(page);
  await page.getByRole("button", { name: "Environments" }).click();
  const dialog = page.getByRole("dialog", { name: "Environments" });
  const lines = dialog.getByTestId("environment");
  await dialog.getByLabel("Name of production").waitFor();
  const before = await lines.count();
  await dialog.getByLabel("Name", { exact: true }).fill("Quality assurance");
  await dialog.getByLabel("Key").fill("qa");
  await dialog.getByLabel("It is protected.").check();
  await dialog.getByRole("button", { name: "Make environment" }).click();
  await untilCount(lines, before + 1);
  await dialog.getByLabel("Name of qa").fill("Tests");
  await dialog.getByRole("button", { name: "Rename" }).click();
  await dialog.getByRole("switch", { name: "Protect Tests" }).waitFor({ state: "attached" });

  const operator = second.page;
  await goToTests(operator);
  const there = listed(operator).getByRole("switch");
  await until(() => there.isDisabled(), Boolean, "an operator should not switch it on");
  await operator.goto(`${url}/settings/flags/one-page-checkout?environment=qa`);
  await heading(operator, "One-page checkout is off in tests.");
  await untilText(operator.getByRole("region", { name: "Rules" }), /Administrators of the platform change flags of a protected environment\./);
  await goToTests(operator);
  await operator.getByRole("button", { name: "Environments" }).click();
  await untilText(operator.getByRole("dialog"), /Administrators of the platform change environments\./);
  assert.equal(await operator.getByRole("dialog").getByRole("button", { name: "Make environment" }).count(), 0);

  await dialog.getByRole("switch", { name: "Protect Tests" }).click();
  await until(() => dialog.getByRole("switch", { name: "Protect Tests" }).isChecked(), (seen) => !seen, "it should not be protected");
  await operator.reload();
  await heading(operator, /in tests/);
  await until(() => there.isEnabled(), Boolean, "an operator should switch it on");
});

test("who describes a flag while somebody else does keeps what they typed until they reload", async () => {
  await goToFlag(main.page, "/variants");
  await goToFlag(second.page, "/variants");
  await main.page.getByLabel("Description").fill("Mine.");
  await second.page.getByLabel("Description").fill("Pay at once.");
  await second.page.getByRole("button", { name: "Save", exact: true }).click();
  const notice = main.page.getByRole("region", { name: "Somebody changed it meanwhile." });
  await notice.waitFor();
  assert.equal(await main.page.getByLabel("Description").inputValue(), "Mine.");
  await notice.getByRole("button", { name: "Reload" }).click();
  await until(() => main.page.getByLabel("Description").inputValue(), (seen) => seen === "Pay at once.", "what was saved should be there");
});

test("an owner is a person who is found by name or address, and called by the name", async () => {
  const { page } = main;
  await goToFlag(page, "/variants");
  await page.getByRole("button", { name: "Owner Ada Admin" }).click();
  await page.getByRole("dialog", { name: "Owner" }).getByRole("searchbox").fill("operator@");
  await untilCount(page.getByRole("menuitem"), 2);
  await page.getByRole("menuitem", { name: /Olga Operator.*operator@example\.com/ }).click();
  await page.getByRole("button", { name: "Owner Olga Operator" }).waitFor();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await untilText(page.locator("main"), /owned by Olga Operator/);
  await goToFlag(page, "/history");
  await untilText(page.getByTestId("change").first(), /Owner Ada Admin Olga Operator/);
  await goToList(page);
  await page.getByRole("searchbox").fill("olga");
  await page.waitForURL(/q=olga/);
  await untilText(listed(page), /Olga Operator/);
});

test("a flag is archived from its line, and comes back switched off", async () => {
  const { page } = main;
  await goToList(page);
  await page.getByRole("button", { name: "More for One-page checkout" }).click();
  await page.getByRole("menuitem", { name: "Archive…" }).click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByRole("textbox").fill("By mistake.");
  await dialog.getByRole("button", { name: "Archive" }).click();
  await untilCount(listed(page), 0);
  await page.getByRole("button", { name: "Restore" }).click();
  await untilCount(listed(page), 1);
  await until(() => listed(page).getByRole("switch").isChecked(), (seen) => !seen, "it should be back switched off");
});

test("a long list goes on where its end is seen, and by a button where that did not come", async () => {
  const { page } = main;
  const flags = Array.from({ length: 201 }, (_, n) => ({
    key: `zz-${n}`,
    type: "bool",
    enabled: false,
    salt: `salt ${n}`,
    variants: [true, false].map((value) => ({ key: value ? "on" : "off", value })),
    fallthrough: { variant: "off" },
  }));
  const all = await page.evaluate(async (document) => {
    const said = await fetch("/v1/admin/flags:import?environment=staging&format=acme", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(document) });
    return said.ok ? (await (await fetch("/v1/admin/flags:summary?environment=production")).json()).flags : said.text();
  }, { format: "acme-flags-1", flags });
  assert.equal(typeof all, "number", all);
  const lines = page.getByTestId("flag");
  const next = /\/v1\/admin\/flags\?.*cursor=/;
  await page.route(next, (route) => route.abort());
  await goToList(page);
  await untilCount(lines, 100);
  await lines.last().scrollIntoViewIfNeeded();
  const failure = page.getByRole("alert").filter({ hasText: "The next flags did not come." });
  await failure.waitFor();
  await page.unroute(next);
  await failure.getByRole("button", { name: "Try again" }).click();
  await until(() => lines.count(), (seen) => seen >= 200, "the next should be there");
  await lines.last().getByRole("link").focus();
  await page.keyboard.press("j");
  await untilCount(lines, all);
  await inspect(page, "flags-long", { width: 1440, theme: "light" });
});

test("a flag that has done its work is archived, and can be brought back", async () => {
  const { page, complaints } = main;
  await goToFlag(page, "/variants");
  await page.getByRole("button", { name: "Archive" }).click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByRole("textbox").fill("It is everywhere.");
  await dialog.getByRole("button", { name: "Archive" }).click();
  await heading(page, "One-page checkout is archived.");
  await page.locator("main").getByRole("button", { name: "Restore", exact: true }).click();
  await heading(page, "One-page checkout is off in production.");
  await goToFlag(page);
  await untilCount(page.getByTestId("rule"), 3);
  assert.deepEqual([...complaints, ...second.complaints], []);
});
