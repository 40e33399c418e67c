// ?flag=NAME&user=ID: shows the flag's value for that user, as it changes, and counts what others get.
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature, ProviderEvents } from "@openfeature/web-sdk";

const asked = new URLSearchParams(location.search);
const flag = asked.get("flag") ?? "demo";
const user = asked.get("user") ?? "user-1";

function show(id, text) {
  document.getElementById(id).value = text;
}

// The page's own user: told over the event stream when the answer may have changed, and asking
// every half minute in case that was lost.
const provider = new OFREPWebProvider({ baseUrl: location.origin, pollInterval: 30_000, cacheMode: "disabled" });
await OpenFeature.setProviderAndWait("page", provider, { targetingKey: user });
const client = OpenFeature.getClient("page");
const showValue = () => show("value", client.getBooleanValue(flag, false) ? "on" : "off");
client.addHandler(ProviderEvents.ConfigurationChanged, showValue);
client.addHandler(ProviderEvents.ContextChanged, showValue);
show("user", user);
showValue();

// Others, one after the other: a second provider, whose user changes.
await OpenFeature.setProviderAndWait(
  "crowd",
  new OFREPWebProvider({ baseUrl: location.origin, cacheMode: "disabled", changeDetection: "none" }),
  { targetingKey: "user-1" },
);
const crowd = OpenFeature.getClient("crowd");
const counts = {};
for (let i = 1; i <= 100; ++i) {
  await OpenFeature.setContext("crowd", { targetingKey: `user-${i}` });
  const { variant = "default" } = crowd.getBooleanDetails(flag, false);
  counts[variant] = (counts[variant] ?? 0) + 1;
  show("counts", Object.keys(counts).sort().map((name) => `${name}=${counts[name]}`).join(" "));
  show("of", String(i));
}
