// What the API says of flags, by the names of this room.

import type { Flag, FlagClause, FlagExplanation, FlagPrerequisite, FlagRule, FlagServe, FlagTargeting } from "../../api/types";

export type {
  Flag,
  FlagChange as Change,
  FlagClause as Clause,
  FlagDifference as ApiDifference,
  FlagEnvironment as Environment,
  FlagEvaluations as Evaluations,
  FlagExplanation as Explanation,
  FlagImpact as Impact,
  FlagImported as Imported,
  FlagOverride as Override,
  FlagPatch,
  FlagPreview as Preview,
  FlagSegment as Segment,
  FlagSegmentMember as Member,
  FlagSignal as Signal,
  FlagSubject as Subject,
  FlagSummary,
  FlagTargeting as Targeting,
  FlagVariant as Variant,
  FlagsSummary as Summary,
  NewFlag,
} from "../../api/types";

export type Kind = Flag["kind"];
export type ValueType = Flag["type"];
export type OpName = FlagClause["op"];
export type Share = NonNullable<FlagServe["split"]>[number];
export type Step = FlagExplanation["steps"][number];

/** What was imported may carry how it was dealt elsewhere; that stays as it is. */
export type Serve = FlagServe & { hash?: Record<string, unknown> };
export type Rule = FlagRule;
export type Prerequisite = FlagPrerequisite & { disabled?: boolean };

/** What a person edits of one flag in one environment. */
export type Draft = Pick<FlagTargeting, "enabled" | "off_value" | "bucket_by" | "prerequisites" | "overrides" | "rules" | "fallthrough">;
