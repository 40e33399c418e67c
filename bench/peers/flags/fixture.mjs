// 100 flags, each with three rules: the organization is one of five; the region is one of two and
// the user among a quarter; the user is one of twenty. 80 are enabled. As each system writes it.
export const COUNT = 100;
export const name = (i) => `bench-flag-${String(i).padStart(3, "0")}`;
export const isEnabled = (i) => i % 5 !== 4;
const orgs = (i) => [1, 2, 3, 4, 5].map((n) => `org-${i + n}`);
const regions = ["eu-west-1", "eu-central-1"];
const users = (i) => Array.from({ length: 20 }, (_, n) => `user-${i + n}`);
const each = (make) => Array.from({ length: COUNT }, (_, i) => make(i));

export const CASES = {
  rule_1: { user: "user-9001", org: "org-3", region: "us-east-1" },
  rule_2: { user: "user-1003", org: "org-900", region: "eu-west-1" },
  rule_3: { user: "user-7", org: "org-900", region: "us-east-1" },
  no_rule: { user: "user-9001", org: "org-900", region: "us-east-1" },
};

const within = (contextName, values) => ({ contextName, operator: "IN", values });
const rollout = (group, share) => ({
  name: "flexibleRollout",
  parameters: { rollout: String(share), stickiness: "userId", groupId: group },
});

export function unleash() {
  const strategies = (i) => [
    { name: "default", parameters: {}, constraints: [within("org_id", orgs(i))] },
    { ...rollout(name(i), 25), constraints: [within("region", regions)] },
    { name: "default", parameters: {}, constraints: [within("userId", users(i))] },
  ];
  return {
    version: 2,
    features: each((i) => ({
      name: name(i),
      type: "release",
      project: "default",
      enabled: isEnabled(i),
      stale: false,
      impressionData: false,
      variants: [],
      strategies: strategies(i),
    })),
  };
}

export function flagd() {
  const targeting = (i) => ({
    if: [
      { in: [{ var: "org_id" }, orgs(i)] },
      "on",
      {
        if: [
          { in: [{ var: "region" }, regions] },
          { fractional: [{ var: "targetingKey" }, ["on", 25], ["off", 75]] },
          { if: [{ in: [{ var: "targetingKey" }, users(i)] }, "on", "off"] },
        ],
      },
    ],
  });
  const flags = each((i) => [
    name(i),
    {
      state: isEnabled(i) ? "ENABLED" : "DISABLED",
      variants: { on: true, off: false },
      defaultVariant: "off",
      targeting: targeting(i),
    },
  ]);
  return { flags: Object.fromEntries(flags) };
}

export function growthbook() {
  const rules = (i) => [
    { condition: { org_id: { $in: orgs(i) } }, force: true },
    { condition: { region: { $in: regions } }, force: true, coverage: 0.25, hashAttribute: "id", seed: name(i) },
    { condition: { id: { $in: users(i) } }, force: true },
  ];
  return Object.fromEntries(each((i) => [name(i), { defaultValue: false, rules: isEnabled(i) ? rules(i) : [] }]));
}

export function openfeature() {
  const evaluator = (i) => {
    const some = new Set(users(i));
    return (context) => (some.has(context.targetingKey) ? "on" : "off");
  };
  const flags = each((i) => [
    name(i),
    {
      variants: { on: true, off: false },
      disabled: !isEnabled(i),
      defaultVariant: "off",
      contextEvaluator: evaluator(i),
    },
  ]);
  return Object.fromEntries(flags);
}

/** What an Unleash server imports when it starts. */
export function unleashExport() {
  const { features } = unleash();
  return {
    features: features.map(({ name, type, project }) => ({ name, type, project, description: "bench", stale: false })),
    featureStrategies: features.flatMap(({ name: featureName, strategies }) =>
      strategies.map((strategy, sortOrder) => ({ ...strategy, featureName, sortOrder, variants: [], segments: [] })),
    ),
    featureEnvironments: features.map(({ name: featureName, enabled }) => ({
      featureName,
      name: featureName,
      environment: "development",
      enabled,
      variants: [],
    })),
    contextFields: ["org_id", "region"].map((field) => ({ name: field, description: "", legalValues: [] })),
    featureTags: [],
    tagTypes: [],
    segments: [],
    dependencies: [],
  };
}
