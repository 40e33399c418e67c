// Jobs as an administrator of an organization sees them, on a running platform. ACME_URL is its address, ACME_LINK a
// sign-in link of somebody new. What adds and runs jobs stands here, as a program outside would.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inspectThemes, need, openBrowser, openPage, until, untilCount, untilText, widths } from "./support.mjs";

const url = need("ACME_URL").replace(/\/$/, "");
const link = need("ACME_LINK");
const many = 10_000;
const lease_ms = 600_000; // what is looked at in between takes its time on a busy machine

let chromium;
let main;
let state;

before(async () => {
  chromium = await openBrowser();
  main = await openPage(chromium.browser);
  const target = new URL(link);
  await main.page.goto(`${url}${target.pathname}${target.hash}`);
  await main.page.getByRole("button", { name: "Sign in" }).click();
  await main.page.waitForURL(`${url}/`);
  state = await main.context.storageState();
});

after(() => chromium?.close());

/** Again after 503: what writes hundreds of jobs may take a busy machine longer than PostgreSQL lets a statement run. */
async function post(path, data) {
  const ask = () => main.context.request.post(`${url}${path}`, { data, headers: { Origin: url } });
  const answer = await until(ask, (seen) => seen.status() !== 503, `${path} should be answered`);
  assert.ok(answer.ok(), `${path}: ${answer.status()} ${await answer.text()}`);
  return answer.json();
}

const add = async (job) => (await post("/v1/jobs", job)).id;

/** Takes what waits in a queue, and lets all of it fail for good. */
async function failAll(queue, error) {
  let { lease, jobs } = await post("/v1/pull", { worker: "story", queues: [queue], max: 100, lease_ms });
  while (jobs.length > 0) {
    const failed = jobs.map(({ id, attempt }) => ({ id, attempt, ...error, final: true }));
    ({ jobs } = await post(`/v1/leases/${lease}:ack`, { failed, fetch: 100, lease_ms }));
  }
  await post(`/v1/leases/${lease}:close`, undefined);
}

test("where nothing was ever added, the page says how to begin", async () => {
  const { page } = main;
  await page.goto(`${url}/jobs`);
  await page.getByRole("heading", { level: 1, name: "There is no queue yet." }).waitFor();
  await page.getByText("acme jobs enqueue hello.say").waitFor();
});

test("ten thousand that failed for one reason go back after a preview", async () => {
  const { page } = main;
  const jobs = Array.from({ length: many }, (_, n) => ({ queue: "mails", kind: "mail.send", payload: { n } }));
  await post("/v1/jobs:batch", { jobs });
  await page.goto(`${url}/jobs`);
  await page.getByRole("heading", { level: 1, name: "Queues keep up." }).waitFor();
  await failAll("mails", { error_type: "SmtpTimeout", message: "relay.internal:587 did not answer in 10 s" });
  // The page hears of it by itself.
  await page.getByRole("heading", { level: 1, name: "Queues keep up. 10,000 jobs will not be retried by themselves." }).waitFor();
  await untilText(page.getByTestId("cause"), /10,000 dead/);
  await inspectThemes(page, "jobs", 1440);

  await page.getByRole("button", { name: /^Redrive 10,000/ }).click();
  const dialog = page.getByRole("dialog", { name: "Redrive dead jobs of mails" });
  await untilText(dialog.getByTestId("preview"), /10,000 jobs become due at once/);
  await dialog.getByText("acme jobs redrive mails --kind mail.send --error-type 'SmtpTimeout'").waitFor();
  await inspectThemes(page, "redrive", 1440);
  await dialog.getByRole("button", { name: "Redrive 10,000" }).click();
  await page.getByText("10,000 jobs are due again.").waitFor({ timeout: 60_000 });
  await page.getByRole("heading", { level: 1, name: "Queues keep up." }).waitFor();
  await untilText(page.getByTestId("queue"), /10,000/);
});

test("a queue is paused with a reason, which everybody sees, and resumed", async () => {
  const { page } = main;
  await page.goto(`${url}/jobs`);
  await page.getByRole("heading", { level: 1, name: "Queues keep up." }).waitFor();
  await page.getByRole("button", { name: "Pause mails" }).click();
  const dialog = page.getByRole("dialog", { name: "Pause mails" });
  await dialog.getByLabel("Why").fill("the relay is down");
  await dialog.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("heading", { level: 1, name: "1 queue is paused." }).waitFor();
  await untilText(page.getByTestId("queue"), /the relay is down/);
  assert.deepEqual((await post("/v1/pull", { worker: "story", queues: ["mails"] })).jobs, []);
  await page.getByRole("button", { name: "Resume mails" }).click();
  await page.getByText("mails is resumed.").waitFor();
  await page.getByRole("heading", { level: 1, name: "Queues keep up." }).waitFor();
});

test("a failed job is found by what it is, sent back, and watched until it is done", async () => {
  const { page } = main;
  await add({ queue: "reports", kind: "report.make", payload: { month: 11, password: "hush" }, key: "ada" });
  await failAll("reports", { error_type: "DiskFull", message: "there is no room for the report" });
  await page.goto(`${url}/jobs/search`);
  await page.getByRole("heading", { level: 1, name: /The newest 50 jobs/ }).waitFor();
  await page.getByLabel("Kind").fill("report.make");
  await page.getByLabel("Key", { exact: true }).fill("ada");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("heading", { level: 1, name: "1 such job is known." }).waitFor();
  await untilText(page.getByTestId("job"), /DiskFull: there is no room for the report/);
  await page.getByRole("link", { name: "report.make" }).click();
  await page.getByRole("heading", { level: 1, name: /report\.make in reports was given up/ }).waitFor();
  await untilText(page.getByLabel("Payload as JSON"), /\[redacted\]/);
  await untilCount(page.getByTestId("attempt"), 1);
  await inspectThemes(page, "job", 1440);

  await page.getByRole("button", { name: "Retry" }).click();
  await page.getByRole("heading", { level: 1, name: "report.make in reports is due and waits for a worker." }).waitFor();
  const { lease, jobs } = await post("/v1/pull", { worker: "story", queues: ["reports"], lease_ms });
  const named = { id: jobs[0].id, attempt: jobs[0].attempt };
  await page.getByRole("heading", { level: 1, name: "report.make in reports runs." }).waitFor();
  await post(`/v1/leases/${lease}:ack`, { progress: [{ ...named, percent: 40, note: "chapter two" }], lease_ms });
  await untilText(page.getByTestId("progress"), /40\s%\s+chapter two/);
  await inspectThemes(page, "job-running", 1440);
  await post(`/v1/leases/${lease}:ack`, { done: [{ ...named, output: { pages: 7 } }] });
  await page.getByRole("heading", { level: 1, name: "report.make in reports is done." }).waitFor();
  await untilText(page.getByLabel("Output as JSON"), /"pages": 7/);
});

test("the dead letter shows what is left, by cause and by queue", async () => {
  const { page, complaints } = main;
  await add({ queue: "reports", kind: "report.send" });
  await failAll("reports", { error_type: "Gone", message: "nobody takes it" });
  await page.goto(`${url}/jobs/dead`);
  await page.getByRole("heading", { level: 1, name: "1 job is dead." }).waitFor();
  await untilText(page.getByTestId("cause"), /Gone/);
  await page.getByRole("button", { name: /^Redrive all/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Redrive 1" }).click();
  await page.getByRole("heading", { level: 1, name: "No job is dead." }).waitFor();
  assert.deepEqual(complaints, []);
});

test("every page is whole in every look", async () => {
  await failAll("reports", { error_type: "Gone", message: "nobody takes it" });
  for (const width of widths) {
    const { page, context, complaints } = await openPage(chromium.browser, { width, storageState: state });
    for (const [path, name, ready] of [
      ["/jobs", "queues", /Queues keep up/],
      ["/jobs/search", "jobs-search", /The newest 50 jobs/],
      ["/jobs/search?kind=nothing.such", "jobs-search-empty", /No job is like that/],
      ["/jobs/dead", "jobs-dead", /1 job is dead/],
      ["/jobs/job_0000000000000", "job-unknown", /There is no such job/],
    ]) {
      const answer = await page.goto(`${url}${path}`);
      assert.equal(answer.status(), 200, `${path}: the server knows every page`);
      await page.getByRole("heading", { level: 1, name: ready }).waitFor();
      await inspectThemes(page, name, width);
    }
    assert.deepEqual(complaints, []);
    await context.close();
  }
});
