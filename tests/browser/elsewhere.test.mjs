// Signing in with an account at a provider, on a running platform. ACME_URL is its address; at its provider, whose
// button says "Continue with Over There", everybody is who they say. ACME_LINK is a sign-in link of somebody
// whose address is ACME_EMAIL.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inspectThemes, need, openBrowser, openPage, until, untilCount, untilText, widths } from "./support.mjs";

const url = need("ACME_URL").replace(/\/$/, "");
const link = need("ACME_LINK");
const email = need("ACME_EMAIL");
const login = `lovelace-${Date.now()}@example.com`;

let chromium;
let main;

before(async () => {
  chromium = await openBrowser();
  main = await openWindow();
});

after(() => chromium?.close());

/** The provider's pages name a font that is far away, and would wait for it. */
async function openWindow(options) {
  const opened = await openPage(chromium.browser, options);
  await opened.context.route(/fonts\.googleapis\.com/, (route) => route.abort());
  return opened;
}

const leave = (page) => page.getByRole("button", { name: "Continue with Over There" }).click();

/** At the provider, whose pages are its own. */
async function signInThere(page, as) {
  await page.getByPlaceholder("Enter any login").fill(as);
  await page.getByPlaceholder("and password").fill("any");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
}

test("who comes from the provider for the first time has an account and is where they wanted to go", async () => {
  const { page } = main;
  await page.goto(`${url}/files`);
  await page.getByRole("heading", { name: "Sign in to Acme" }).waitFor();
  await leave(page);
  await signInThere(page, login);
  await until(() => new URL(page.url()).pathname, (path) => path === "/files", "one should be at the files");
  await page.getByRole("button", { name: "Upload", exact: true }).waitFor();
});

test("the account shows what is connected, and the last way in stays", async () => {
  const { page, complaints } = main;
  await page.goto(`${url}/me`);
  await page.getByRole("heading", { name: `You are signed in as ${login}.` }).waitFor();
  const row = page.getByTestId("identity");
  await untilText(row, new RegExp(`Over There[^]*${login}`));
  await untilText(page.getByTestId("session"), /with a connected account/);
  await row.getByRole("button", { name: /Disconnect/ }).click();
  await untilText(row.getByRole("alert"), /It is still connected\.[^]*set a password or add a passkey/);
  assert.deepEqual(complaints, []);
});

test("the pages are whole in every look", async () => {
  const state = await main.context.storageState();
  for (const width of widths) {
    const outside = await openPage(chromium.browser, { width });
    for (const [path, name] of [
      ["/sign-in", "sign-in-providers"],
      ["/sign-in?problem=identities.sign_in_first", "sign-in-problem"],
      ["/sign-up", "sign-up-providers"],
    ]) {
      await outside.page.goto(`${url}${path}`);
      await outside.page.getByRole("button", { name: "Continue with Over There" }).waitFor();
      await inspectThemes(outside.page, name, width);
    }
    assert.deepEqual(outside.complaints, []);
    await outside.context.close();
    const inside = await openPage(chromium.browser, { width, storageState: state });
    await inside.page.goto(`${url}/me?problem=identities.taken`);
    await inside.page.getByTestId("identity").waitFor();
    await untilText(inside.page.getByRole("alert"), /Another user signs in with that account\./);
    await inspectThemes(inside.page, "account-connected", width);
    assert.deepEqual(inside.complaints, []);
    await inside.context.close();
  }
});

test("who calls it off at the provider is told so and can go on", async () => {
  const { page, context, complaints } = await openWindow();
  await page.goto(`${url}/sign-in?next=%2Ffiles`);
  await leave(page);
  await page.getByPlaceholder("Enter any login").waitFor();
  await page.getByRole("link", { name: /Cancel/ }).click();
  await untilText(page.getByRole("alert"), /You are not signed in\.[^]*called it off/);
  assert.match(page.url(), /next=%2Ffiles/i);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("somebody who has an account connects another one, signs in with it, and disconnects it", async () => {
  const { page, context, complaints } = await openWindow();
  await page.goto(`${url}/sign-in`);
  await leave(page);
  await signInThere(page, email);
  await untilText(page.getByRole("alert"), /There is an account with this address\./);
  const target = new URL(link);
  await page.goto(`${url}${target.pathname}${target.hash}`);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.goto(`${url}/me`);
  await page.getByRole("heading", { name: `You are signed in as ${email}.` }).waitFor();
  await page.getByRole("button", { name: "Connect Over There" }).click();
  await page.getByTestId("identity").waitFor();
  await page.getByLabel("New password").fill("correct battery staple");
  await page.getByRole("button", { name: "Change password" }).click();
  await untilCount(page.getByText("Your password was changed."), 1);
  await page.getByRole("button", { name: /Disconnect Over There/ }).click();
  await untilText(page.getByRole("region", { name: "Connected accounts" }), /Connect one, and you can sign in with it as well\./);
  assert.deepEqual(complaints, []);
  await context.close();
});
