// What the API says of flags.

export type ValueType = "bool" | "string" | "int" | "double" | "json";
export type Kind = "release" | "experiment" | "ops" | "kill" | "permission";

export interface Variant {
  key: string;
  value: unknown;
  description?: string;
}

export type OpName =
  | "in" | "starts_with" | "ends_with" | "contains" | "matches" | "lt" | "le" | "gt" | "ge" | "eq"
  | "semver_lt" | "semver_le" | "semver_eq" | "semver_ge" | "semver_gt" | "before" | "after" | "cidr" | "segment" | "present";

export interface Clause {
  attribute?: string;
  op: OpName;
  values?: unknown[];
  negate?: boolean;
}

export interface Share {
  variant: string;
  /** Of 100,000. */
  weight: number;
}

/** One variant, or a split. What was imported may carry how it was dealt elsewhere; that stays as it is. */
export interface Serve {
  variant?: string;
  split?: Share[];
  hash?: Record<string, unknown>;
  bucket_by?: string[];
}

export interface Rule {
  id: string;
  name?: string;
  enabled?: boolean;
  if?: Clause[];
  /** Of 100,000; absent: all. */
  rollout?: number;
  bucket_by?: string[];
  hash?: Record<string, unknown>;
  serve: Serve;
}

export interface Override {
  kind: "user" | "org";
  id: string;
  variant: string;
  expires_at?: string;
}

export interface Prerequisite {
  flag: string;
  variants: string[];
  disabled?: boolean;
}

/** What a person edits of one flag in one environment. */
export interface Draft {
  enabled: boolean;
  /** Absent: the caller's default stands. */
  off_value?: unknown;
  bucket_by?: string[];
  prerequisites: Prerequisite[];
  overrides: Override[];
  rules: Rule[];
  fallthrough: Serve;
}

export interface Targeting extends Draft {
  flag: string;
  environment: string;
  protected: boolean;
  salt: string;
  version: number;
  ruleset_version: number;
  disabled_reason: string | null;
  enabled_at: string | null;
  updated_at: string;
  updated_by: string;
  updated_by_name: string | null;
}

export interface Environment {
  key: string;
  name: string;
  protected: boolean;
  version: number;
  published_at: string | null;
  published_by: string | null;
}

export interface Signal {
  signal: "not_evaluated" | "one_variant" | "past_removal" | "no_reference";
  /** A sentence. */
  detail: string;
}

interface Facts {
  key: string;
  name: string;
  description: string;
  type: ValueType;
  kind: Kind;
  owner: string | null;
  owner_name: string | null;
  tags: string[];
  expected_removal_at: string | null;
  permanent: boolean;
  archived_at: string | null;
  version: number;
  updated_at: string;
  updated_by: string;
  updated_by_name: string | null;
  stale: Signal[];
}

export interface FlagSummary extends Facts {
  environment: string;
  enabled: boolean;
  disabled_reason: string | null;
  serves: string;
  targeting_version: number;
  evaluations_24h: number;
  shares_24h: { variant: string; count: number }[];
  /** The oldest first. */
  hours_24h: number[];
}

export interface Reference {
  repo: string;
  path: string;
  line: number;
  commit: string;
  reported_at?: string;
}

export interface Flag extends Facts {
  variants: Variant[];
  created_at: string;
  environments: { environment: string; enabled: boolean; version: number; disabled_reason: string | null; serves: string; updated_at: string; updated_by: string }[];
  references: Reference[];
}

export interface Summary {
  environment: string;
  flags: number;
  on: number;
  off: number;
  experiments: number;
  archived: number;
  removable: number;
  tags: string[];
  evaluation_is_on: boolean;
  version: number;
  published_at: string | null;
  published_by: string | null;
}

export interface Step {
  what: string;
  ok: boolean | null;
  text: string;
  bucket?: number;
  of?: number;
}

export interface Explanation {
  value?: unknown;
  variant: string | null;
  reason: "STATIC" | "TARGETING_MATCH" | "SPLIT" | "DEFAULT" | "DISABLED" | "ERROR";
  rule: string | null;
  steps: Step[];
}

export interface Preview {
  draft: Explanation | null;
  live: Explanation;
}

export interface Impact {
  units: number;
  kept: number;
  moves: { from: string | null; to: string | null; count: number }[];
  exposed_units_24h: number;
}

export interface Change {
  id: string;
  at: string;
  by: string;
  by_name: string | null;
  action: "create" | "change" | "target" | "enable" | "kill" | "archive" | "restore" | "undo" | "import";
  environment: string | null;
  reason: string | null;
  diff: { pointer: string; from?: unknown; to?: unknown }[];
  ruleset_version: number | null;
}

export interface Evaluations {
  step_s: number;
  at: string[];
  series: { variant: string; counts: number[] }[];
  exposures: { variant: string; units: number }[];
}

export interface Segment {
  key: string;
  name: string;
  description: string;
  if: Clause[];
  users: number;
  orgs: number;
  version: number;
  /** Flags, and segments as segment:key. */
  used_by: string[];
  updated_at: string;
}

export interface Imported {
  dry_run: boolean;
  created: string[];
  changed: string[];
  unchanged: number;
  segments: string[];
  warnings: string[];
  diff: { flag: string; pointer: string; from?: unknown; to?: unknown }[];
}
