// The dashboard as a person uses it, on a running platform. ACME_URL is its address, ACME_LINK a
// sign-in link that was not used yet. One link, one story: the tests run in the order they stand.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { inspect, inspectThemes, need, openBrowser, openPage, openWire, until, untilCount, untilFocused, untilText, untilWentBy, widths } from "./support.mjs";

const url = need("ACME_URL").replace(/\/$/, "");
const link = need("ACME_LINK");
const password = `staple ${randomBytes(12).toString("hex")}`;
const mebibyte = 1024 * 1024;

let chromium;
let state;
let main;
let email;

before(async () => {
  chromium = await openBrowser();
  main = await openPage(chromium.browser);
});

after(() => chromium?.close());

function fileOf(name, size) {
  const path = join(chromium.folder, name);
  const content = randomBytes(size);
  writeFileSync(path, content);
  return { name, path, content, sum: createHash("sha256").update(content).digest("hex") };
}

const row = (page, name) => page.getByRole("row").filter({ hasText: name });

/** Names of stored files that are this one: what a page does not show yet could still be there. */
async function namesLike(name) {
  const answer = await main.context.request.get(`${url}/v1/files?limit=100`);
  assert.equal(answer.status(), 200);
  return (await answer.json()).data.map((file) => file.name).filter((each) => each === name);
}

/** What sets how many bytes a second the page sends; -1 is as many as there can be. */
async function brakeOf(page) {
  const session = await main.context.newCDPSession(page);
  await session.send("Network.enable");
  const slow = (bytes) => session.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytes });
  return { session, slow };
}

async function choose(page, ...files) {
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await (await chooser).setFiles(files.map((file) => file.path));
}

test("who is not signed in comes to the sign-in page and back to where he wanted to go", async () => {
  const { page, context } = await openPage(chromium.browser);
  await page.goto(`${url}/files`);
  await page.getByRole("heading", { name: "Sign in to Acme" }).waitFor();
  assert.match(page.url(), /\/sign-in\?next=%2Ffiles$/);
  await page.getByLabel("Email").fill("nobody@example.com");
  await page.getByLabel("Password").fill("not the password");
  await page.keyboard.press("Enter");
  await untilText(page.getByRole("alert"), /You are not signed in\./);
  await context.close();
});

test("the pages in front of the door are whole in every look", async () => {
  for (const width of widths) {
    const { page, context, complaints } = await openPage(chromium.browser, { width });
    await page.goto(`${url}/sign-in`);
    await page.getByLabel("Password").waitFor();
    await inspectThemes(page, "sign-in", width);
    await page.goto(`${url}/sign-in/link`);
    await page.getByRole("heading", { name: "This link is not whole" }).waitFor();
    await inspectThemes(page, "sign-in-link", width);
    for (const [path, heading] of [
      ["/sign-up", "Make an account"],
      ["/verify", "Confirm your address"],
      ["/verify#token=a", "Confirm your address"],
      ["/forgot", "Forgot your password?"],
      ["/reset", "This link is not whole"],
      ["/reset#token=a", "Set a new password"],
      ["/invite", "Your invitation"],
      ["/invite#token=a", "Your invitation"],
    ]) {
      await page.goto("about:blank");
      await page.goto(`${url}${path}`);
      await page.getByRole("heading", { name: heading }).waitFor();
      await inspectThemes(page, path.slice(1).replace("#token=a", "-link"), width);
    }
    assert.deepEqual(complaints, []);
    await context.close();
  }
});

test("an address that leads nowhere says so to people with status 404, and to programs as a problem", async () => {
  for (const width of widths) {
    const { page, context, complaints } = await openPage(chromium.browser, { width });
    const answer = await page.goto(`${url}/no/such/page`);
    assert.equal(answer.status(), 404);
    assert.match(answer.headers()["content-type"], /^text\/html/);
    await page.getByRole("heading", { level: 1, name: "There is no page at this address." }).waitFor();
    await inspectThemes(page, "not-found", width);
    assert.deepEqual(complaints, []);
    await page.keyboard.press("Tab");
    await untilFocused(page, "Go to Overview");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Sign in to Acme" }).waitFor();
    await context.close();
  }
  for (const [path, accept] of [
    ["/v1/nothing", "text/html"],
    ["/no/such/page", "application/json"],
    ["/no/such/page", "*/*"],
  ]) {
    const answer = await fetch(`${url}${path}`, { headers: { accept } });
    assert.equal(answer.status, 404, path);
    assert.match(answer.headers.get("content-type"), /^application\/problem\+json/, path);
  }
});

test("opening the link consumes nothing, its button signs in, and the token leaves the address", async () => {
  const { page } = main;
  const target = new URL(link);
  const address = `${url}${target.pathname}${target.search}${target.hash}`;
  await page.goto(address);
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  await page.goto("about:blank");
  await page.goto(address);
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  await until(() => new URL(page.url()).hash, (hash) => hash === "", "the token should leave the address");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { level: 1, name: /application nodes/ }).waitFor();
  state = await main.context.storageState();
});

test("the same link does not sign in twice", async () => {
  const { page, context } = await openPage(chromium.browser);
  const target = new URL(link);
  await page.goto(`${url}${target.pathname}${target.search}${target.hash}`);
  await page.getByRole("button", { name: "Sign in" }).click();
  await untilText(page.getByRole("alert"), /You are not signed in\./);
  await context.close();
});

test("Overview shows three nodes that serve, and what they serve changes by itself", async () => {
  const { page } = main;
  await page.goto(`${url}/`);
  await page.getByRole("heading", { name: "The platform is healthy. All 3 application nodes serve." }).waitFor();
  await untilCount(page.getByTestId("node"), 3);
  for (const part of ["PostgreSQL", "Redis", "Object storage"]) await page.getByText(part, { exact: true }).waitFor();
  // Two samples at least came after the page was opened: the line says how long it is.
  await page.getByRole("region", { name: "Traffic" }).getByText(/^last \d+ (s|min)/).waitFor({ timeout: 60_000 });
});

test("a lost connection is said, the numbers are dimmed, and both end when it is back", async () => {
  const wire = await openWire(url);
  const { page, context } = await openPage(chromium.browser, { storageState: at(state, wire.url) });
  await page.goto(wire.url);
  await page.getByRole("heading", { name: /application nodes/ }).waitFor();
  wire.cut();
  await page.getByText(/Data from \d\d:\d\d:\d\d UTC, reconnecting/).waitFor();
  await page.getByRole("heading", { name: /^This was the state at/ }).waitFor();
  await inspect(page, "overview-stale", { width: 1440, theme: "light" });
  wire.mend();
  await page.getByRole("heading", { name: /application nodes/ }).waitFor({ timeout: 30_000 });
  await untilCount(page.getByText(/reconnecting/), 0);
  await context.close();
  await wire.close();
});

test("45 MiB go up with progress, come back byte for byte, and are deleted by their typed name", async () => {
  const { page } = main;
  const big = fileOf(`big-${process.pid}.bin`, 45 * mebibyte);
  await page.goto(`${url}/files`);
  const { slow } = await brakeOf(page);
  await slow(mebibyte); // until it was seen
  await choose(page, big);
  const bar = page.getByRole("progressbar", { name: `Upload of ${big.name}` });
  await bar.waitFor();
  await slow(-1);
  await page.getByText("45 MiB stored", { exact: false }).waitFor({ timeout: 120_000 });
  await untilText(row(page, big.name), new RegExp(big.sum.slice(0, 12)));

  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: `Download ${big.name}` }).click();
  const came = readFileSync(await (await download).path());
  assert.equal((await download).suggestedFilename(), big.name);
  assert.ok(came.equals(big.content), "the bytes differ");

  await page.getByRole("button", { name: `Delete ${big.name}` }).click();
  const dialog = page.getByRole("alertdialog", { name: `Delete ${big.name}?` });
  const confirm = dialog.getByRole("button", { name: "Delete" });
  assert.equal(await confirm.isDisabled(), true);
  await dialog.getByRole("textbox").fill(big.name.slice(0, -1));
  await page.keyboard.press("Enter");
  assert.equal(await confirm.isDisabled(), true);
  await inspect(page, "file-delete", { width: 1440, theme: "light" });
  await dialog.getByRole("textbox").fill(big.name);
  await page.keyboard.press("Enter");
  await page.getByText(`${big.name} was deleted.`).waitFor();
  await untilCount(row(page, big.name), 0);
});

test("several files go at once, an empty one too, by drag and drop too, and one can be cancelled", async () => {
  const { page } = main;
  const many = ["one", "two", "three", "empty"].map((name) => fileOf(`${name}-${process.pid}.txt`, name === "empty" ? 0 : 1000));
  await page.goto(`${url}/files`);
  await choose(page, ...many);
  for (const file of many) await row(page, file.name).waitFor();

  const { session, slow } = await brakeOf(page);
  await slow(mebibyte / 2);
  const stopped = fileOf(`stopped-${process.pid}.bin`, 40 * mebibyte);
  await choose(page, stopped);
  await page.getByTestId("upload").filter({ hasText: stopped.name }).getByText(/MiB of 40 MiB/).waitFor();
  await inspect(page, "files-uploading", { width: 1440, theme: "light" });
  await page.getByRole("button", { name: `Cancel the upload of ${stopped.name}` }).click();
  await page.getByText("Cancelled. Nothing was stored.").waitFor();
  await slow(-1);
  assert.deepEqual(await namesLike(stopped.name), []);

  const dropped = fileOf(`dropped-${process.pid}.txt`, 100);
  const data = { items: [], files: [dropped.path], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver"]) await session.send("Input.dispatchDragEvent", { type, x: 700, y: 300, data });
  await page.getByText("Drop to upload").waitFor();
  await session.send("Input.dispatchDragEvent", { type: "drop", x: 700, y: 300, data });
  await row(page, dropped.name).waitFor();
});

test("an upload is paused, and goes on after a reload when its file is chosen again", async () => {
  const { page } = main;
  const half = fileOf(`half-${process.pid}.bin`, 24 * mebibyte);
  await page.goto(`${url}/files`);
  await page.getByRole("table", { name: "Files" }).waitFor();
  const { slow } = await brakeOf(page);
  await slow(mebibyte);
  await choose(page, half);
  const upload = page.getByTestId("upload").filter({ hasText: half.name });
  await upload.getByText(/^([6-9]|1\d|2[0-3])(\.\d)? MiB of 24 MiB/).waitFor({ timeout: 60_000 });
  await page.getByRole("button", { name: `Pause the upload of ${half.name}` }).click();
  await upload.getByText(/^Paused at \d/).waitFor();
  await inspect(page, "files-paused", { width: 1440, theme: "light" });
  await slow(-1);
  await page.reload();
  await page.getByRole("table", { name: "Files" }).waitFor();
  await upload.getByText(/^[1-9]\d*(\.\d)? MiB of 24 MiB came before/).waitFor();
  await inspectThemes(page, "files-kept", 1440);
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: `Choose it again: ${half.name}` }).click();
  await (await chooser).setFiles([half.path]);
  await upload.getByText(/^24 MiB stored/).waitFor({ timeout: 60_000 });
  await untilText(row(page, half.name), new RegExp(half.sum.slice(0, 12)));
});

test("a file is shared by a link that needs no session, and gets another name", async () => {
  const { page } = main;
  const shared = fileOf(`shared-${process.pid}.txt`, 1000);
  await page.goto(`${url}/files`);
  await page.getByRole("table", { name: "Files" }).waitFor();
  await choose(page, shared);
  await page.getByRole("button", { name: `Share ${shared.name}` }).click();
  const dialog = page.getByRole("dialog", { name: `Share ${shared.name}` });
  await dialog.getByLabel("It is good for").selectOption("a day");
  await inspectThemes(page, "file-share", 1440);
  await dialog.getByRole("button", { name: "Make a link" }).click();
  const address = await dialog.getByLabel("link", { exact: true }).innerText();
  const answer = await fetch(address);
  assert.equal(answer.status, 200);
  assert.ok(Buffer.from(await answer.arrayBuffer()).equals(shared.content));
  await inspect(page, "file-link", { width: 1440, theme: "light" });
  await dialog.getByRole("button", { name: "Done" }).click();
  await untilCount(dialog, 0);

  const renamed = `renamed-${process.pid}.txt`;
  await page.getByRole("button", { name: `Rename ${shared.name}` }).click();
  const form = page.getByRole("dialog", { name: `Rename ${shared.name}` });
  await form.getByLabel("New name").fill(renamed);
  await form.getByRole("button", { name: "Rename" }).click();
  await row(page, renamed).waitFor();
  assert.deepEqual(await namesLike(renamed), [renamed]);
});

test("what somebody else uploads waits while one points at the list, and is shown when asked for", async () => {
  const { page, context } = main;
  await page.goto(`${url}/files`);
  await page.getByRole("table", { name: "Files" }).hover();
  const before = (await (await context.request.get(`${url}/v1/files?limit=100`)).json()).data.length;
  await untilCount(page.getByTestId("file"), before);
  const name = `elsewhere-${process.pid}.txt`;
  const answer = await context.request.post(`${url}/v1/files?name=${name}`, { data: "elsewhere", headers: { "Content-Type": "text/plain", Origin: url } });
  assert.equal(answer.status(), 201);
  const fresh = page.getByRole("button", { name: "1 new" });
  await fresh.waitFor();
  assert.equal(await page.getByTestId("file").count(), before);
  await fresh.click();
  await row(page, name).waitFor();
});

test("a file that is too large says so with the limit and the request", async () => {
  const { page } = main;
  await page.goto(`${url}/files`);
  const large = fileOf(`large-${process.pid}.bin`, 51 * mebibyte);
  await choose(page, large);
  const upload = page.getByTestId("upload").filter({ hasText: large.name });
  await upload.getByText(/^Not stored\./).waitFor({ timeout: 60_000 });
  assert.deepEqual(await namesLike(large.name), []);
});

test("the palette and the keys go to pages without a mouse", async () => {
  const { page } = main;
  await page.goto(`${url}/`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog", { name: "Go to or run" }).waitFor();
  await inspect(page, "palette", { width: 1440, theme: "light" });
  await page.keyboard.type("fil");
  await page.keyboard.press("Enter");
  await page.waitForURL(`${url}/files`);
  // Letters typed into the palette, which goes a moment later, are no keys of the page.
  await untilCount(page.getByRole("dialog"), 0);
  await page.getByRole("table", { name: "Files" }).waitFor();
  await untilWentBy(page, "o", () => page.url(), (seen) => seen === `${url}/`);
});

const tested = (page) => page.evaluate(() => document.activeElement.dataset.testid);

test("the keys walk the rows of a list, say which there are, and are switched off where somebody wants that", async () => {
  const { page } = main;
  const keys = page.getByRole("dialog", { name: "Keys" });
  await page.goto(`${url}/files`);
  await page.getByTestId("file").first().waitFor();
  await page.keyboard.press("j");
  await until(() => tested(page), (seen) => seen === "file", "J should be on a row");
  await page.keyboard.press("?");
  await keys.waitFor();
  await inspectThemes(page, "keys", 1440);
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await keys.getByRole("link", { name: "Account" }).click();
  await page.getByRole("heading", { level: 1 }).waitFor();
  assert.equal(page.url(), `${url}/me`);
  const letters = page.getByRole("switch", { name: /Keys of one letter/ });
  await page.getByText("Keys of one letter").click();
  await until(() => letters.isChecked(), (seen) => !seen, "the keys should be off");

  await page.goto(`${url}/files`);
  await page.getByTestId("file").first().waitFor();
  for (const key of ["j", "?", "g", "o", "Control+k"]) await page.keyboard.press(key);
  await page.getByRole("dialog", { name: "Go to or run" }).waitFor();
  assert.equal(await keys.count(), 0);
  assert.equal(page.url(), `${url}/files`);
  await page.keyboard.type("keys");
  await page.keyboard.press("Enter");
  await untilText(keys, /are switched off/);
  await keys.getByRole("link", { name: "Account" }).click();
  await page.getByText("Keys of one letter").click();
  await until(() => letters.isChecked(), Boolean, "the keys should be on again");
});

test("the name is saved, and a change by somebody else in between is shown and not run over", async () => {
  const { page, context } = main;
  await page.goto(`${url}/me`);
  const me = await (await context.request.get(`${url}/v1/me`)).json();
  email = me.email;
  await page.getByLabel("Name", { exact: true }).fill(`Ines ${process.pid}`);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Your name was saved.").waitFor();

  const now = await context.request.get(`${url}/v1/me`);
  const other = await context.request.patch(`${url}/v1/me`, {
    data: JSON.stringify({ name: "Somebody Faster" }),
    headers: { "If-Match": now.headers().etag, "Content-Type": "application/merge-patch+json", Origin: url },
  });
  assert.equal(other.status(), 200);
  await page.getByLabel("Name", { exact: true }).fill(`Ines D. ${process.pid}`);
  await page.getByRole("button", { name: "Save" }).click();
  const conflict = page.getByRole("alert").filter({ hasText: "changed elsewhere" });
  await conflict.getByText("Somebody Faster").waitFor();
  await inspect(page, "account-conflict", { width: 1440, theme: "light" });
  await page.getByRole("button", { name: "Save mine over it" }).click();
  await conflict.waitFor({ state: "detached" });
  const name = async () => (await (await context.request.get(`${url}/v1/me`)).json()).name;
  await until(name, (seen) => seen === `Ines D. ${process.pid}`, "the name should be saved");
});

test("a password is set, another session appears and is ended from here", async () => {
  const { page } = main;
  await page.goto(`${url}/me`);
  await page.getByLabel("New password").fill(password);
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByText(/^Your password was changed\./).waitFor();
  // All sessions ended with the old password; this browser was given a new one.
  state = await main.context.storageState();

  const other = await openPage(chromium.browser);
  await other.page.goto(`${url}/sign-in?next=%2Ffiles`);
  await other.page.getByLabel("Email").fill(email);
  await other.page.getByLabel("Password").fill(password);
  await other.page.keyboard.press("Enter");
  await other.page.getByRole("table", { name: "Files" }).waitFor();

  await page.reload();
  // This one and the other: all that were before ended with the old password.
  await untilCount(page.getByTestId("session"), 2);
  await page.getByRole("button", { name: /^End the session of/ }).click();
  await page.getByText(/^The session of .* has ended\.$/).waitFor();
  await untilCount(page.getByTestId("session"), 1);
  // The other device is told at once, and nobody there has touched anything.
  await other.page.getByRole("dialog", { name: "Sign in again" }).waitFor();
  await other.context.close();
});

test("a session that ends under an open page is renewed in place and keeps what was typed", async () => {
  const { page, context, complaints } = await openPage(chromium.browser);
  await page.goto(`${url}/sign-in?next=%2Fme`);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.keyboard.press("Enter");
  await page.getByLabel("Name", { exact: true }).fill("A draft");
  const left = await context.request.post(`${url}/v1/auth/logout`, { headers: { Origin: url } });
  assert.ok(left.ok());
  const dialog = page.getByRole("dialog", { name: "Sign in again" });
  // Its stream may tell the page before anybody saves; then nothing beside the dialog can be pressed.
  await Promise.any([page.getByRole("button", { name: "Save" }).click(), dialog.waitFor()]);
  await dialog.getByLabel("Password").fill(password);
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "A draft");
  assert.deepEqual(complaints, []);
  await context.close();
});

test("theme and time zone are chosen here and hold after a reload", async () => {
  const { page } = main;
  await page.goto(`${url}/me`);
  await page.getByRole("heading", { level: 1, name: /You are signed in as/ }).waitFor();
  // Whatever moves the page closes a list that is open: a card that grows as its answer comes, and scrolling.
  await untilCount(page.locator("[aria-busy=true]"), 0);
  await page.getByRole("radiogroup", { name: "Theme" }).getByText("Dark").click();
  const zone = page.getByRole("combobox", { name: "Time zone beside UTC" });
  await zone.evaluate((field) => field.scrollIntoView({ block: "center" }));
  await zone.click();
  await zone.fill("Tokyo");
  await page.getByRole("option", { name: "Asia/Tokyo" }).click();
  await page.reload();
  await page.getByText(/\d\d:\d\d Tokyo/).first().waitFor();
  await until(() => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), (scheme) => scheme === "dark", "the theme should be dark");
  await page.getByRole("radiogroup", { name: "Theme" }).getByText("As the system").click();
});

test("somebody signs up, an administrator sees the mail, and its link signs in where it is opened", async () => {
  const address = `sam-${process.pid}@example.com`;
  const { page, context, complaints } = await openPage(chromium.browser);
  await page.goto(`${url}/sign-in`);
  await page.getByRole("link", { name: "Sign up" }).click();
  // The page before it has a field of that name too.
  await page.getByRole("heading", { name: "Make an account" }).waitFor();
  await page.getByLabel("Email").fill(address);
  await page.getByLabel("Name").fill("Sam");
  await page.getByLabel("Password").fill("short");
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.getByText("This has 10 to 1024 characters.").waitFor();
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.getByRole("heading", { name: "Look into your mail" }).waitFor();
  await inspect(page, "sign-up-mail", { width: 1440, theme: "light" });

  await main.page.goto(`${url}/mailbox`);
  const mail = main.page.getByTestId("mail").filter({ hasText: address });
  const opened = await mail.getByRole("link", { name: /verify#token=/ }).getAttribute("href");
  for (let times = 0; times < 2; ++times) {
    await page.goto("about:blank");
    await page.goto(`${url}${new URL(opened).pathname}${new URL(opened).hash}`);
    await page.getByRole("button", { name: "Confirm and sign in" }).waitFor();
  }
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Confirm and sign in" }).click();
  await page.waitForURL(`${url}/`);
  await page.goto(`${url}/me`);
  await page.getByRole("heading", { name: `You are signed in as ${address}.` }).waitFor();
  await untilCount(page.getByRole("link", { name: "Mailbox" }), 0);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a forgotten password is set anew with the code of the mail", async () => {
  const address = `sam-${process.pid}@example.com`;
  const { page, context, complaints } = await openPage(chromium.browser);
  await page.goto(`${url}/sign-in`);
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await page.getByRole("heading", { name: "Forgot your password?" }).waitFor();
  await page.getByLabel("Email").fill(address);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Look into your mail" }).waitFor();
  await main.page.goto(`${url}/mailbox`);
  const mail = main.page.getByTestId("mail").filter({ hasText: address }).filter({ hasText: "Set a new password" });
  const [, code] = /where you asked: (\d{8})/.exec(await mail.innerText());
  await page.getByLabel("Code").fill(`${code.slice(0, 4)} ${code.slice(4)}`);
  await page.getByLabel("New password").fill(`new ${password}`);
  await page.keyboard.press("Enter");
  await page.getByText(/^Your password was changed, and all sessions have ended\./).waitFor();
  await page.getByLabel("Email").fill(address);
  await page.getByLabel("Password").fill(`new ${password}`);
  await page.keyboard.press("Enter");
  await page.waitForURL(`${url}/`);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("the audit is narrowed by a word in a row, by the fields, and says when nothing is like that or nothing came", async () => {
  const { page, context, complaints } = await openPage(chromium.browser, { storageState: state });
  await page.goto(`${url}/audit`);
  await page.getByRole("heading", { level: 1, name: /changes? (is|are) known|newest/ }).waitFor();
  await page.getByTestId("entry").getByRole("link", { name: "sessions.begin", exact: true }).first().click();
  await page.waitForURL(`${url}/audit?action=sessions.begin`);
  await page.getByRole("heading", { level: 1, name: /such changes?/ }).waitFor();
  assert.equal(await page.getByLabel("What", { exact: true }).inputValue(), "sessions.begin");
  for (const row of await page.getByTestId("entry").all()) assert.match(await row.innerText(), /sessions\.begin/);
  await page.getByLabel("To which", { exact: true }).fill("nothing");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "No such change is known." }).waitFor();
  await page.route("**/v1/audit?*", (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ title: "Too busy", detail: "Too busy.", request_id: "r-1" }) }));
  await page.getByRole("link", { name: "Show all" }).first().click();
  await page.goto(`${url}/audit?actor=somebody`);
  await page.getByText("The entries did not come.").waitFor();
  await page.getByRole("heading", { level: 1, name: "The audit is not known." }).waitFor();
  await inspect(page, "audit-failed", { width: 1440, theme: "light" });
  await page.unroute("**/v1/audit?*");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("heading", { level: 1, name: "No such change is known." }).waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("an organization invites somebody, who joins with a new account and does what their role allows", async () => {
  const address = `iris-${process.pid}@example.com`;
  const owner = main.page;
  await owner.goto(`${url}/organization`);
  await owner.getByLabel("Email").fill(address);
  await owner.keyboard.press("Enter");
  await owner.getByTestId("invitation").filter({ hasText: address }).waitFor();
  await inspect(owner, "organization-invited", { width: 1440, theme: "light" });
  await owner.goto(`${url}/mailbox`);
  const mail = owner.getByTestId("mail").filter({ hasText: address });
  const opened = new URL(await mail.getByRole("link", { name: /invite#token=/ }).getAttribute("href"));
  await owner.goto(`${url}/organization`);
  await untilCount(owner.getByTestId("member"), 1);

  const look = { width: 390, theme: "dark" };
  const { page, context, complaints } = await openPage(chromium.browser, look);
  for (let times = 0; times < 2; ++times) {
    await page.goto("about:blank");
    await page.goto(`${url}${opened.pathname}${opened.hash}`);
    await page.getByRole("heading", { name: /^Join / }).waitFor();
  }
  await inspect(page, "invite-join", look);
  await page.getByLabel("Name").fill("Iris");
  await page.getByLabel("Password").fill(password);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: /^2 people belong to / }).waitFor();
  await untilCount(page.getByRole("heading", { name: "Invitations" }), 0);

  // It came live to the one who invited.
  await untilCount(owner.getByTestId("member"), 2);
  await untilCount(owner.getByTestId("invitation"), 0);
  await owner.getByLabel("Role of Iris").selectOption("Administrator");
  await owner.getByText("Iris is administrator now.").waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Invitations" }).waitFor();
  await inspect(page, "organization-administrator", look);
  await page.getByLabel("New organization").fill("Irises");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Switch to Irises" }).click();
  await page.getByRole("heading", { level: 1, name: "1 person belongs to Irises." }).waitFor();

  await owner.getByRole("button", { name: "Remove Iris" }).click();
  await owner.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await untilCount(owner.getByTestId("member"), 1);
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "1 person belongs to Irises." }).waitFor();
  await untilCount(page.getByTestId("organization"), 1);

  // Opened again the link tells what became of it.
  await page.goto("about:blank");
  await page.goto(`${url}${opened.pathname}${opened.hash}`);
  await untilText(page.getByRole("alert"), /was accepted already/);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a key is made, shown once, rotated with overlap, and revoked", async () => {
  const { page, context } = main;
  await page.goto(`${url}/me`);
  await page.getByRole("heading", { level: 1, name: /signed in as/ }).waitFor();
  await page.getByRole("button", { name: "New API key" }).click();
  const form = page.getByRole("dialog", { name: "New API key" });
  await form.getByLabel("Name").fill("backup");
  assert.equal(await form.getByRole("button", { name: "Make the key" }).isDisabled(), true);
  await form.getByLabel("files:read").check();
  await inspect(page, "key-new", { width: 1440, theme: "light" });
  await form.getByRole("button", { name: "Make the key" }).click();
  const shown = page.getByRole("dialog", { name: "The key backup" });
  const first = await shown.locator("code").first().innerText();
  assert.match(first, /^ack_/);
  const use = (key) => fetch(`${url}/v1/files`, { headers: { Authorization: `Bearer ${key}` } });
  assert.equal((await use(first)).status, 200);
  await inspect(page, "key-shown", { width: 1440, theme: "light" });
  await shown.getByRole("button", { name: "I have kept it" }).click();
  await untilCount(page.getByText(first), 0);

  await page.getByRole("button", { name: "Rotate backup" }).click();
  const rotate = page.getByRole("dialog", { name: "Rotate backup?" });
  await rotate.getByLabel("This key ends").selectOption("at once");
  await rotate.getByRole("button", { name: "Rotate" }).click();
  const second = await shown.locator("code").first().innerText();
  await shown.getByRole("button", { name: "I have kept it" }).click();
  await until(() => use(first), (answer) => answer.status === 401, "the first key should end");
  assert.equal((await use(second)).status, 200);
  await page.getByRole("button", { name: "Revoke backup" }).first().click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Revoke" }).click();
  await page.getByText("The key backup was revoked.").waitFor();
  await until(() => use(second), (answer) => answer.status === 401, "the second key should end");
  await untilCount(page.getByTestId("api-key"), 0);
  assert.equal((await (await context.request.get(`${url}/v1/me/api_keys`)).json()).data.length, 0);
});

test("a service account gets its secret once, a token with it, another secret, and its end", async () => {
  const { page } = main;
  await page.goto(`${url}/organization`);
  await page.getByRole("heading", { level: 1, name: /belongs? to/ }).waitFor();
  await page.getByRole("button", { name: "New service account" }).click();
  const form = page.getByRole("dialog", { name: "New service account" });
  await form.getByLabel("Name").fill("builder");
  await form.getByLabel("files:read").check();
  await form.getByRole("button", { name: "Make the account" }).click();
  const shown = page.getByRole("dialog", { name: "The secret of builder" });
  const first = await shown.locator("code").first().innerText();
  assert.match(first, /^acs_/);
  const id = /-u (usr_\w+)/.exec(await shown.innerText())[1];
  await inspect(page, "service-account-shown", { width: 1440, theme: "light" });
  await shown.getByRole("button", { name: "I have kept it" }).click();
  const ask = (secret) => fetch(`${url}/oauth/token`, { method: "POST", body: new URLSearchParams({ grant_type: "client_credentials", client_id: id, client_secret: secret }) });
  const given = await (await ask(first)).json();
  const use = () => fetch(`${url}/v1/files`, { headers: { Authorization: `Bearer ${given.access_token}` } });
  assert.equal((await use()).status, 200);

  await page.getByRole("button", { name: "Secrets and keys of builder" }).click();
  const keys = page.getByRole("dialog", { name: "Secrets and keys of builder" });
  await untilCount(keys.getByTestId("credential"), 1);
  await inspect(page, "service-account-keys", { width: 1440, theme: "light" });
  await keys.getByLabel("Public key").fill("no key");
  await keys.getByRole("button", { name: "Add the public key" }).click();
  await untilText(keys.getByRole("alert"), /The key was not taken\./);
  await keys.getByLabel("The secrets that are there").selectOption("end at once");
  await keys.getByRole("button", { name: "New secret" }).click();
  const second = await shown.locator("code").first().innerText();
  await shown.getByRole("button", { name: "I have kept it" }).click();
  assert.equal((await ask(first)).status, 401);
  assert.equal((await ask(second)).status, 200);

  await page.getByRole("button", { name: "Disable builder" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Disable" }).click();
  await page.getByText("builder was disabled.").waitFor();
  await until(use, (answer) => answer.status === 401, "its token should end");
  await page.getByRole("button", { name: "Enable builder" }).click();
  await page.getByText("builder gets tokens again.").waitFor();
  assert.equal((await ask(second)).status, 200);
  assert.equal((await use()).status, 401);
  await page.getByRole("button", { name: "Remove builder" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await untilCount(page.getByTestId("service-account"), 0);
});

test("an administrator grants a role, signs somebody out everywhere, disables them, and rotates the signing key", async () => {
  const { page } = main;
  const address = `sam-${process.pid}@example.com`;
  const other = await openPage(chromium.browser);
  await other.page.goto(`${url}/sign-in`);
  await other.page.getByLabel("Email").fill(address);
  await other.page.getByLabel("Password").fill(`new ${password}`);
  await other.page.keyboard.press("Enter");
  await other.page.waitForURL(`${url}/`);
  await page.goto(`${url}/access`);
  await page.getByRole("heading", { level: 1, name: /operates? this platform/ }).waitFor();
  const sam = page.getByTestId("user").filter({ hasText: address });
  await sam.getByLabel("Role of Sam on the platform").selectOption("Viewer");
  await page.getByText("Sam has the role viewer.").waitFor();
  const seen = async () => (await other.context.request.get(`${url}/v1/nodes`)).status();
  await until(seen, (status) => status === 200, "a viewer should see the nodes");
  await page.getByRole("button", { name: "Sign out Sam everywhere" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Sign out" }).click();
  await page.getByText("All sessions of Sam have ended.").waitFor();
  await until(seen, (status) => status === 401, "the session should have ended");
  await page.getByRole("button", { name: "Disable Sam" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Disable" }).click();
  await page.getByRole("button", { name: "Enable Sam" }).click();
  await page.getByRole("button", { name: "Disable Sam" }).waitFor();
  await sam.getByLabel("Role of Sam on the platform").selectOption("No role");
  await page.getByText("Sam has no role on the platform.").waitFor();

  await untilCount(page.getByTestId("signing-key"), 1);
  await page.getByRole("button", { name: "Rotate", exact: true }).click();
  await page.getByRole("dialog", { name: "Make the next key?" }).getByRole("button", { name: "Rotate" }).click();
  await page.getByTestId("signing-key").filter({ hasText: "next" }).waitFor({ timeout: 60_000 });
  await page.getByRole("button", { name: "Drop all at once" }).click();
  const drop = page.getByRole("alertdialog", { name: "Drop every key?" });
  await drop.getByRole("textbox").fill("every token");
  await page.keyboard.press("Enter");
  await page.getByText("All keys and tokens of before have ended.").waitFor({ timeout: 60_000 });
  await untilCount(page.getByTestId("signing-key"), 1);
  await other.context.close();
});

test("a program that shows a code is let in by the person who is signed in, or turned away", async () => {
  const { page, complaints } = await openPage(chromium.browser, { storageState: state });
  const begin = async () => (await fetch(`${url}/oauth/device_authorization`, { method: "POST", body: new URLSearchParams({ client_name: "a terminal", scope: "me:read" }) })).json();
  const poll = (device_code) => fetch(`${url}/oauth/token`, { method: "POST", body: new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code }) });
  const yes = await begin();
  await page.goto(`${url}/device`);
  await page.getByRole("heading", { level: 1, name: "Let a program in that shows a code." }).waitFor();
  await page.getByLabel("Code").fill("BBBB-BBBB");
  await page.getByRole("button", { name: "Go on" }).click();
  await untilText(page.getByRole("alert"), /Nobody was let in\./);
  await page.getByLabel("Code").fill(yes.user_code.toLowerCase().replace("-", " "));
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("heading", { level: 1, name: "a terminal wants a key in your name." }).waitFor();
  await inspectThemes(page, "device-asked", 1440);
  await page.getByRole("button", { name: "Let it in" }).click();
  await page.getByRole("heading", { level: 1, name: "The program has its key." }).waitFor();
  const given = await (await poll(yes.device_code)).json();
  const who = await fetch(`${url}/v1/me`, { headers: { Authorization: `Bearer ${given.access_token}` } });
  assert.equal((await who.json()).email, email);

  const no = await begin();
  await page.goto("about:blank");
  await page.goto(no.verification_uri_complete.replace(/^https?:\/\/[^/]+/, url));
  await page.getByRole("heading", { level: 1, name: "Let a program in that shows a code." }).waitFor();
  assert.equal(await page.getByLabel("Code").inputValue(), no.user_code);
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("button", { name: "Turn it away" }).click();
  await page.getByRole("heading", { level: 1, name: "The program was turned away." }).waitFor();
  assert.equal((await (await poll(no.device_code)).json()).error, "access_denied");
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("a webhook is made with its secret shown once, and each delivery shows what was sent and what came back", async (story) => {
  let status = 500;
  const taken = [];
  const receiver = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    taken.push({ id: request.headers["webhook-id"], signature: request.headers["webhook-signature"], body });
    response.writeHead(status).end(status === 500 ? "out of paper" : "thanks");
  });
  await new Promise((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  story.after(() => {
    receiver.closeAllConnections();
    receiver.close();
  });
  const address = `http://127.0.0.1:${receiver.address().port}/hook`;

  const { page } = main;
  await page.goto(`${url}/webhooks`);
  await page.getByRole("heading", { level: 1, name: "No program is told what happens here." }).waitFor();
  await page.getByLabel("URL").fill("http://10.0.0.1/hook");
  await page.getByRole("button", { name: "Make webhook" }).click();
  await page.getByText(/must lead to the public internet/).waitFor();
  await page.getByLabel("URL").fill(address);
  await page.getByLabel("What it is for").fill("Printer");
  await page.getByLabel("file.ready").check();
  await page.getByRole("button", { name: "Make webhook" }).click();
  await untilText(page.getByTestId("secret"), /whsec_/);
  await inspect(page, "webhooks-made", { width: 1440, theme: "light" });
  await page.getByTestId("webhook").getByRole("link", { name: "Printer" }).click();

  await page.getByRole("heading", { level: 1, name: "The webhook is enabled." }).waitFor();
  await page.getByText("Nothing was sent yet.").waitFor();
  await page.getByRole("button", { name: "Send a test" }).click();
  const delivery = page.getByTestId("delivery");
  await untilText(delivery, /refused, status 500/);
  await page.getByRole("button", { name: /^Details of dlv_/ }).click();
  await untilText(page.getByTestId("details"), /"type": "webhook.test"[\s\S]*out of paper/);
  await inspect(page, "webhook-delivery", { width: 1440, theme: "dark" });
  status = 200;
  await page.getByTestId("details").getByRole("button", { name: "Send again" }).click();
  await untilText(delivery, /webhook.test\s*delivered/);
  await untilText(page.getByTestId("details"), /thanks/);
  assert.equal(new Set(taken.map((request) => request.id)).size, 1, "each attempt carries the same id");

  const phone = await openPage(chromium.browser, { width: 390, theme: "light", storageState: state });
  await phone.page.goto(page.url());
  await phone.page.getByRole("heading", { level: 1, name: "The webhook is enabled." }).waitFor();
  await phone.page.getByRole("button", { name: /^Details of dlv_/ }).click();
  await untilText(phone.page.getByTestId("details"), /thanks/);
  await inspectThemes(phone.page, "webhook", 390);
  assert.deepEqual(phone.complaints, []);
  await phone.context.close();

  await page.getByRole("button", { name: "Rotate the secret" }).click();
  await untilText(page.getByTestId("secret"), /whsec_/);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("heading", { level: 1, name: "The webhook is paused." }).waitFor();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByLabel(/^Type /).fill(address.replace("http://", ""));
  await dialog.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("heading", { level: 1, name: "No program is told what happens here." }).waitFor();
});

test("every page is whole in every look: no violation, nothing sideways", async () => {
  for (const width of widths) {
    const { page, context, complaints } = await openPage(chromium.browser, { width, storageState: state });
    for (const [path, name, ready] of [
      ["/", "overview", /application nodes/],
      ["/files", "files", /stored|newest/],
      ["/me", "account", /signed in as/],
      ["/audit", "audit", /changes? (is|are) known|newest/],
      ["/audit?action=nothing.such", "audit-empty", /No such change is known/],
      ["/access", "access", /operates? this platform/],
      ["/device", "device", /Let a program in/],
      ["/mailbox", "mailbox", /mails? (is|are) kept|No mail is kept/],
      ["/organization", "organization", /belongs? to/],
      ["/webhooks", "webhooks", /No program is told/],
      ["/webhooks/whk_00000000000000000000000000", "webhook-unknown", /There is no such webhook/],
      ["/nowhere", "not-found-inside", /no page at this address/],
    ]) {
      const answer = await page.goto(`${url}${path}`);
      assert.equal(answer.status(), path === "/nowhere" ? 404 : 200, `${path}: the server knows every page`);
      await page.getByRole("heading", { level: 1, name: ready }).waitFor();
      await inspectThemes(page, name, width);
    }
    if (width < 760) {
      await page.getByRole("button", { name: "Open navigation" }).click();
      await page.getByRole("dialog", { name: "Navigation" }).waitFor();
      await inspectThemes(page, "drawer", width);
    }
    assert.deepEqual(complaints, []);
    await context.close();
  }
});

test("signing out ends it for good", async () => {
  const { page, complaints } = main;
  await page.goto(`${url}/me`);
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByRole("heading", { name: "Sign in to Acme" }).waitFor();
  await page.goto(`${url}/files`);
  await page.getByRole("heading", { name: "Sign in to Acme" }).waitFor();
  assert.deepEqual(complaints, []);
});

/** The same cookies under another address of this machine. */
function at(storage, address) {
  const { hostname } = new URL(address);
  return { ...storage, cookies: storage.cookies.map((cookie) => ({ ...cookie, domain: hostname })) };
}
