// What the third journey does in a browser: a stranger signs up, finds the mail in the mailbox page, turns on a passkey and
// signs in with it, and invites somebody who joins. Prints the stranger's cookie and address as JSON.
// ACME_URL is the platform's address, ACME_LINK a sign-in link of its administrator.

import { openBrowser, openPage, need, untilCount } from "../browser/support.mjs";

const url = need("ACME_URL").replace(/\/$/, "");
const link = new URL(need("ACME_LINK"));
const password = "a journey of a thousand miles";
const [stranger, friend] = ["stranger@example.com", "friend@example.com"];

const chromium = await openBrowser();

/** What a mail to that address opens, found as the administrator finds it. */
async function linkInMailbox(page, address, path) {
  await page.goto(`${url}/mailbox`);
  const mail = page.getByTestId("mail").filter({ hasText: address });
  const found = new URL(await mail.getByRole("link", { name: new RegExp(`${path}#token=`) }).getAttribute("href"));
  return `${url}${found.pathname}${found.hash}`;
}

async function signUp(page, mailbox) {
  await page.goto(`${url}/sign-up`);
  await page.getByRole("heading", { name: "Make an account" }).waitFor();
  await page.getByLabel("Email").fill(stranger);
  await page.getByLabel("Name").fill("Stranger");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.getByRole("heading", { name: "Look into your mail" }).waitFor();
  await page.goto(await linkInMailbox(mailbox, stranger, "verify"));
  await page.getByRole("button", { name: "Confirm and sign in" }).waitFor();
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Confirm and sign in" }).click();
  await page.waitForURL(`${url}/`);
}

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
  };
}

async function turnOnPasskey(page) {
  const key = await plugIn(page);
  await page.goto(`${url}/me`);
  await page.getByRole("button", { name: "Add a passkey" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a passkey" });
  await dialog.getByLabel("Name").fill("Laptop");
  await dialog.getByRole("button", { name: "Go on" }).click();
  await untilCount(page.getByTestId("passkey"), 1);
  return (await key.credentials())[0];
}

async function signInWith(credential) {
  const { page, context } = await openPage(chromium.browser, { width: 390 });
  await (await plugIn(page)).add(credential);
  await page.goto(`${url}/sign-in`);
  await page.getByRole("heading", { name: "Sign in to Acme" }).waitFor();
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.waitForURL(`${url}/`);
  return context;
}

async function invite(page, mailbox) {
  await page.goto(`${url}/organization`);
  await page.getByRole("heading", { name: "Invitations" }).waitFor();
  await page.getByLabel("Email").fill(friend);
  await page.keyboard.press("Enter");
  await page.getByTestId("invitation").filter({ hasText: friend }).waitFor();
  const { page: joining, context } = await openPage(chromium.browser, { width: 390 });
  await joining.goto(await linkInMailbox(mailbox, friend, "invite"));
  await joining.getByRole("heading", { name: /^Join / }).waitFor();
  await joining.getByLabel("Name").fill("Friend");
  await joining.getByLabel("Password").fill(password);
  await joining.keyboard.press("Enter");
  await joining.getByRole("heading", { level: 1, name: /^2 people belong to / }).waitFor();
  await untilCount(page.getByTestId("member"), 2);
  await context.close();
}

const cookieOf = async (context) => (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");

try {
  const { page: mailbox } = await openPage(chromium.browser);
  await mailbox.goto(`${url}${link.pathname}${link.hash}`);
  await mailbox.getByRole("button", { name: "Sign in" }).click();
  await mailbox.waitForURL(`${url}/`);
  const { page, context } = await openPage(chromium.browser);
  await signUp(page, mailbox);
  const phone = await signInWith(await turnOnPasskey(page));
  await invite(page, mailbox);
  console.log(JSON.stringify({ laptop: await cookieOf(context), phone: await cookieOf(phone) }));
} finally {
  await chromium.close();
}
