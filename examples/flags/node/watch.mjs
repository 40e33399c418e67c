// Asks for a boolean flag for many users, and counts each second who got which variant.
import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OpenFeature } from "@openfeature/server-sdk";

const [flag, seconds = "10"] = process.argv.slice(2);
const { ACME_URL, ACME_API_KEY, ACME_ORG } = process.env;

function show(word, counts) {
  console.log(word, ...Object.keys(counts).sort().map((variant) => `${variant}=${counts[variant]}`));
}

// A flag that is off is answered without a value, and version 0.1.3 of the provider takes that for an error.
class Provider extends OFREPProvider {
  async resolveBooleanEvaluation(flag, value, context) {
    try {
      return await super.resolveBooleanEvaluation(flag, value, context);
    } catch (error) {
      if (error.response?.status === 200) return { value, reason: "DISABLED" };
      throw error;
    }
  }
}

await OpenFeature.setProviderAndWait(
  new Provider({ baseUrl: ACME_URL, headers: { Authorization: `Bearer ${ACME_API_KEY}` } }),
);
const client = OpenFeature.getClient();
const all = {};
let user = 0;
for (let second = 1; second <= Number(seconds); ++second) {
  const counts = {};
  const end = performance.now() + 1000;
  while (performance.now() < end) {
    user = (user % 1000) + 1;
    const context = { targetingKey: `user-${user}`, ...(ACME_ORG && { org_id: ACME_ORG }) };
    const { variant = "default", errorCode, errorMessage } = await client.getBooleanDetails(flag, false, context);
    if (errorCode) throw new Error(`${errorCode}: ${errorMessage}`);
    counts[variant] = (counts[variant] ?? 0) + 1;
    all[variant] = (all[variant] ?? 0) + 1;
  }
  show(second, counts);
}
show("total", all);
