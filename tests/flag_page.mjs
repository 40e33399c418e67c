// flag_page.mjs URL: opens the example's page as one user after the other until one has the flag, and says who; then
// waits, without reloading, until that user has it no longer.
import { openBrowser } from "./browser/support.mjs";

const chromium = await openBrowser();
try {
  const page = await chromium.browser.newPage();
  const value = page.locator("#value");
  for (let user = 1; user <= 100; ++user) {
    await page.goto(`${process.argv[2]}&user=user-${user}`);
    await page.waitForFunction(() => document.querySelector("#value").value !== "");
    if ((await value.textContent()) === "on") break;
  }
  console.log(`${await value.textContent()} for ${await page.locator("#user").textContent()}`);
  await page.waitForFunction(() => document.querySelector("#value").value === "off");
  console.log(await value.textContent());
} finally {
  await chromium.close();
}
