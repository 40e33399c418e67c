// in_process.mjs SYSTEM: one run of each case, in ns an evaluation, as JSON.
import { CASES, COUNT, flagd, growthbook, name, openfeature, unleash } from "./fixture.mjs";

const SECONDS = 0.4;
const DISABLED = 4; // of the fixture
const ENABLED = { rule_1: 0, rule_2: 0, rule_3: 0, no_rule: 0 };

/** Median of the chunks of a run: a collection of garbage is in it, an interruption by others is not. */
async function measure(call, isAsync) {
  const chunk = 2_000;
  const samples = [];
  for (let phase = 0; phase < 2; ++phase) {
    samples.length = 0;
    const end = performance.now() + SECONDS * 1000;
    while (performance.now() < end) {
      const begun = process.hrtime.bigint();
      if (isAsync) for (let i = 0; i < chunk; ++i) await call();
      else for (let i = 0; i < chunk; ++i) call();
      samples.push(Number(process.hrtime.bigint() - begun) / chunk);
    }
  }
  return samples.sort((a, b) => a - b)[samples.length >> 1];
}

/** By what each system calls it: a function of a flag's name and a context that evaluates it. */
const systems = {
  async "unleash-client"() {
    const { Unleash, InMemStorageProvider } = await import("unleash-client");
    const client = new Unleash({
      appName: "bench",
      url: "http://127.0.0.1:1/api/",
      refreshInterval: 0,
      metricsInterval: 3_600_000,
      bootstrap: { data: unleash().features },
      storageProvider: new InMemStorageProvider(),
    });
    client.on("error", () => {});
    client.on("warn", () => {});
    await new Promise((resolve) => client.once("ready", resolve));
    return {
      context: ({ user, org, region }) => ({ userId: user, properties: { org_id: org, region } }),
      evaluate: (flag, context) => client.isEnabled(flag, context),
    };
  },
  async "flagd-core"() {
    const { FlagdCore } = await import("@openfeature/flagd-core");
    const core = new FlagdCore();
    core.setConfigurations(JSON.stringify(flagd()));
    return {
      context: ({ user, org, region }) => ({ targetingKey: user, org_id: org, region }),
      evaluate: (flag, context) => core.resolveBooleanEvaluation(flag, false, context).value,
    };
  },
  async growthbook() {
    const { GrowthBookClient } = await import("@growthbook/growthbook");
    const client = new GrowthBookClient().initSync({ payload: { features: growthbook() } });
    return {
      context: ({ user, org, region }) => ({ attributes: { id: user, org_id: org, region } }),
      evaluate: (flag, context) => client.isOn(flag, context),
    };
  },
  async "openfeature in-memory"() {
    const { InMemoryProvider, OpenFeature } = await import("@openfeature/server-sdk");
    await OpenFeature.setProviderAndWait(new InMemoryProvider(openfeature()));
    const client = OpenFeature.getClient();
    return {
      isAsync: true,
      only: ["rule_3", "disabled"], // its rules are the caller's own JavaScript
      context: ({ user, org, region }) => ({ targetingKey: user, org_id: org, region }),
      evaluate: (flag, context) => client.getBooleanValue(flag, false, context),
    };
  },
};

/** What the fixture says, so that nobody is measured who answers something else. */
const EXPECTED = { rule_1: true, rule_3: true, no_rule: false, disabled: false };

const system = await systems[process.argv[2]]();
const result = {};
for (const [word, flag] of [...Object.entries(ENABLED), ["disabled", DISABLED]]) {
  if (system.only && !system.only.includes(word)) continue;
  const context = system.context(CASES[word] ?? CASES.rule_1);
  const answer = await system.evaluate(name(flag), context);
  if (word in EXPECTED && Boolean(answer) !== EXPECTED[word]) throw new Error(`${word} is ${answer}`);
  result[word] = await measure(() => system.evaluate(name(flag), context), system.isAsync);
}
if (!system.isAsync) {
  const context = system.context(CASES.rule_2);
  const all = Array.from({ length: COUNT }, (_, i) => name(i));
  result.bulk_100 = await measure(() => all.forEach((flag) => system.evaluate(flag, context)));
}
console.log(JSON.stringify(result));
process.exit(0);
