// Second factors as a person turns them on and signs in with them, on a running platform. ACME_URL is its address, by
// name; ACME_LINK a sign-in link of somebody new. The authenticator is Chromium's own; the app's codes are made here.

import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { inspectThemes, need, openBrowser, openPage, untilCount, untilText, widths } from "./support.mjs";

const url = need("ACME_URL").replace(/\/$/, "");
const link = need("ACME_LINK");
const password = `staple ${randomBytes(12).toString("hex")}`;

let chromium;
let main;
let email;
let secret;
let codes;

before(async () => {
  chromium = await openBrowser();
  main = await openPage(chromium.browser);
});

after(() => chromium?.close());

/** A security key that is there, and answers when it is asked. */
async function plugIn(page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  return {
    credentials: async () => (await devtools.send("WebAuthn.getCredentials", { authenticatorId })).credentials,
    add: (credential) => devtools.send("WebAuthn.addCredential", { authenticatorId, credential }),
    clear: () => devtools.send("WebAuthn.clearCredentials", { authenticatorId }),
  };
}

/** RFC 6238, in other words than the platform's. */
function codeOf(base32, steps = 0) {
  const bits = [...base32].map((char) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(char).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac("sha1", key).update(counter).digest();
  const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

const factors = (page) => page.getByRole("region", { name: "Second factors" });

async function goToAccount(page) {
  await page.goto(`${url}/me`);
  await page.getByRole("heading", { level: 1, name: /You are signed in as/ }).waitFor();
  await factors(page).getByText(/^(on|off)$/).waitFor();
}

/** In a browser of its own, up to what comes after the password. */
async function firstStep(width) {
  const { page, context, complaints } = await openPage(chromium.browser, { width });
  await page.goto(`${url}/sign-in`);
  await page.getByRole("heading", { name: "Sign in to Acme" }).waitFor();
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  return { page, context, complaints };
}

async function isIn(page) {
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.waitForURL(`${url}/`);
  await goToAccount(page);
}

test("somebody who came by a link sets a password and has no second factor", async () => {
  const { page } = main;
  const target = new URL(link);
  await page.goto(`${url}${target.pathname}${target.hash}`);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${url}/`);
  await goToAccount(page);
  email = /signed in as (\S+)\.$/.exec(await page.getByRole("heading", { level: 1 }).innerText())[1];
  await page.getByLabel("New password").fill(password);
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByText(/^Your password was changed/).waitFor();
  await page.getByText("Your password alone signs you in").waitFor();
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    await inspectThemes(page, "factors-none", width);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
});

test("an app is set up by its QR code or by typing, and recovery codes are shown once", async () => {
  const { page } = main;
  await factors(page).getByRole("button", { name: "Set up an app" }).click();
  const dialog = page.getByRole("dialog", { name: "Set up an authenticator app" });
  await dialog.getByRole("img", { name: "QR code for your authenticator app" }).waitFor();
  secret = (await dialog.getByTestId("totp-secret").innerText()).replaceAll(/\s/g, "");
  assert.match(secret, /^[A-Z2-7]{32}$/);
  const uri = await dialog.getByRole("link", { name: "open it on this device" }).getAttribute("href");
  assert.match(uri, new RegExp(`^otpauth://totp/.*secret=${secret}&`));
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    await inspectThemes(page, "factors-app", width);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await dialog.getByLabel("Code that it shows").fill(codeOf(secret) === "000000" ? "000001" : "000000");
  await dialog.getByRole("button", { name: "Turn on" }).click();
  await dialog.getByText("The six digits that the app shows.").waitFor();
  await dialog.getByLabel("Code that it shows").fill(codeOf(secret));
  await dialog.getByRole("button", { name: "Turn on" }).click();
  const shown = page.getByRole("dialog", { name: "Keep your recovery codes" });
  await untilCount(shown.getByRole("listitem"), 10);
  codes = await shown.getByRole("listitem").allInnerTexts();
  await inspectThemes(page, "factors-recovery", 1440);
  await shown.getByRole("button", { name: "I have kept them" }).click();
  await factors(page).getByText("10 left", { exact: false }).waitFor();
  await untilCount(page.getByTestId("totp"), 1);
});

test("the app's code is asked for after the password, and a recovery code stands in for it", async () => {
  for (const width of widths) {
    const { page, context, complaints } = await firstStep(width);
    await page.getByLabel("Code of your app").waitFor();
    await inspectThemes(page, "sign-in-second", width);
    await page.getByLabel("Code of your app").fill("12");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await untilText(page.getByRole("alert"), /That did not work\./);
    if (width > 760) {
      // The step after the present one: a present one may have been used to set the app up.
      await page.getByLabel("Code of your app").fill(codeOf(secret, 1));
    } else {
      await page.getByRole("button", { name: "Use a recovery code" }).click();
      await page.getByLabel("Recovery code").fill(codes[0].toUpperCase());
    }
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await isIn(page);
    assert.deepEqual(complaints, []);
    await context.close();
  }
});

test("a passkey is added, renamed, and signs in alone and after the password", async () => {
  const { page, complaints } = main;
  const key = await plugIn(page);
  await goToAccount(page);
  await factors(page).getByRole("button", { name: "Add a passkey" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a passkey" });
  await dialog.getByLabel("Name").fill("Laptop");
  await dialog.getByRole("button", { name: "Go on" }).click();
  await untilText(page.getByTestId("passkey"), /Laptop/);
  const [credential] = await key.credentials();
  assert.equal(credential.rpId, "localhost");
  await page.getByRole("button", { name: "Rename Laptop" }).click();
  const renaming = page.getByRole("dialog", { name: "Rename the passkey" });
  await renaming.getByLabel("Name").fill("Work laptop");
  await renaming.getByRole("button", { name: "Rename" }).click();
  await untilText(page.getByTestId("passkey"), /Work laptop/);
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    await inspectThemes(page, "factors-on", width);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  assert.deepEqual(complaints, []);

  let used = credential;
  for (const way of ["alone", "after the password"]) {
    const other = way === "alone" ? await openPage(chromium.browser) : await firstStep(1440);
    const plugged = await plugIn(other.page);
    await plugged.add(used);
    if (way === "alone") {
      await other.page.goto(`${url}/sign-in`);
      await other.page.getByRole("button", { name: "Sign in with a passkey" }).click();
    } else {
      await other.page.getByRole("button", { name: "Use a passkey" }).click();
    }
    await isIn(other.page);
    [used] = await plugged.credentials();
    assert.deepEqual(other.complaints, [], way);
    await other.context.close();
  }
  // It was carried from browser to browser, and counted on.
  await key.clear();
  await key.add(used);
});

test("what changes how one signs in asks who it is when that was a while ago, and goes on", async () => {
  const { page } = main;
  await goToAccount(page);
  // Ten minutes are long: the platform's answer of then.
  let isOld = true;
  await page.route("**/v1/me/mfa/recovery_codes", async (route) => {
    if (!isOld) return route.continue();
    isOld = false;
    return route.fulfill({ status: 401, contentType: "application/problem+json", json: { type: "about:blank", title: "Unauthorized", status: 401, detail: "Sign in again.", code: "sessions.proof_too_old", request_id: "req_1", trace_id: "0" } });
  });
  await page.getByRole("button", { name: "New codes for recovery" }).click();
  await page.getByRole("dialog", { name: "Make new recovery codes?" }).getByRole("button", { name: "Make new ones" }).click();
  const asked = page.getByRole("dialog", { name: "Is it you?" });
  await asked.getByLabel("Password").waitFor();
  await inspectThemes(page, "factors-proof", 1440);
  await asked.getByRole("button", { name: "Sign in with a passkey" }).click();
  const shown = page.getByRole("dialog", { name: "Keep your recovery codes" });
  await untilCount(shown.getByRole("listitem"), 10);
  await shown.getByRole("button", { name: "I have kept them" }).click();
  await page.unroute("**/v1/me/mfa/recovery_codes");
});

test("without a passkey at hand nobody is signed in, and that is said", async () => {
  const stranger = await openPage(chromium.browser);
  await plugIn(stranger.page);
  await stranger.page.goto(`${url}/sign-in`);
  await stranger.page.getByRole("heading", { name: "Sign in to Acme" }).waitFor();
  await stranger.page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await untilText(stranger.page.getByRole("alert"), /You are not signed in\. No passkey was used/);
  await stranger.context.close();
});

test("removing what is left takes the recovery codes along", async () => {
  const { page, complaints } = main;
  await goToAccount(page);
  await page.getByRole("button", { name: "Remove Work laptop" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await untilCount(page.getByTestId("passkey"), 0);
  await page.getByRole("button", { name: "Turn off the authenticator app" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Turn off" }).click();
  await page.getByText("Your password alone signs you in").waitFor();
  await untilCount(page.getByTestId("recovery-codes"), 0);
  const { page: other, context } = await firstStep(1440);
  await isIn(other);
  await context.close();
  assert.deepEqual(complaints, []);
});
