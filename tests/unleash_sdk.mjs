// unleash_sdk.mjs FOLDER: Unleash's own SDK for Node, installed in FOLDER, asks the platform at ACME_URL with ACME_API_KEY.
// Each line of its input is {"name", "context"}; it answers {"enabled", "variant"}. Every change that it hears of is
// a line {"changed"} of its own.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { Unleash, InMemStorageProvider } = createRequire(`${process.argv[2]}/`)("unleash-client");
const client = new Unleash({
  url: `${process.env.ACME_URL}/api/`,
  appName: "tests",
  customHeaders: { Authorization: process.env.ACME_API_KEY },
  refreshInterval: 300,
  metricsInterval: 300,
  storageProvider: new InMemStorageProvider(),
});
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
client.on("error", (error) => console.error(String(error)));
client.on("warn", (warning) => console.error(String(warning)));
client.on("changed", () => say({ changed: true }));
client.on("registered", () => say({ registered: true }));
client.on("sent", () => say({ sent: true }));

for await (const line of createInterface({ input: process.stdin })) {
  const { name, context } = JSON.parse(line);
  say({ enabled: client.isEnabled(name, context), variant: client.getVariant(name, context) });
}
client.destroy();
process.exit(0);
