/** "Firefox on Linux" of a User-Agent; what is not known is given back as it came, cut. */
export function deviceOf(agent: string | null | undefined): string {
  if (!agent) return "Unknown device";
  const browser = browsers.find(([sign]) => agent.includes(sign))?.[1];
  const system = systems.find(([sign]) => agent.includes(sign))?.[1];
  if (browser && system) return `${browser} on ${system}`;
  return browser ?? (agent.length > 40 ? `${agent.slice(0, 40)}…` : agent);
}

// The order matters: each browser below also claims to be those under it.
const browsers = [
  ["Edg/", "Edge"],
  ["OPR/", "Opera"],
  ["Firefox/", "Firefox"],
  ["Chrome/", "Chrome"],
  ["Safari/", "Safari"],
  ["curl/", "curl"],
] as const;

const systems = [
  ["Android", "Android"],
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  ["Windows", "Windows"],
  ["Mac OS X", "macOS"],
  ["CrOS", "ChromeOS"],
  ["Linux", "Linux"],
] as const;
