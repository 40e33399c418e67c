// What OpenAPI says of the way in which a flag is answered.
#include "platform/flag_settings/schemas.hpp"

#include <array>

namespace acme::flag_settings {
namespace {

constexpr std::array all_schemas{
    http::Schema{"FlagVariant", R"json({
  "type": "object",
  "required": ["key", "value"],
  "properties": {
    "key": {"type": "string"},
    "value": {"description": "Of the flag's type."},
    "description": {"type": "string"}
  }
})json"},
    http::Schema{"FlagClause", R"json({
  "type": "object",
  "required": ["op"],
  "properties": {
    "attribute": {"type": "string", "description": "user_id, org_id, region, device_id or any other; none with op segment."},
    "op": {
      "type": "string",
      "enum": [
        "in", "starts_with", "ends_with", "contains", "matches", "lt", "le", "gt", "ge", "eq",
        "semver_lt", "semver_le", "semver_eq", "semver_ge", "semver_gt", "before", "after", "cidr", "segment", "present"
      ]
    },
    "values": {"type": "array", "items": {}},
    "negate": {"type": "boolean"},
    "ignore_case": {"type": "boolean"}
  }
})json"},
    http::Schema{"FlagServe", R"json({
  "type": "object",
  "description": "One variant, or a split whose weights add up to 100000.",
  "properties": {
    "variant": {"type": "string"},
    "split": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["variant", "weight"],
        "properties": {
          "variant": {"type": "string"},
          "weight": {"type": "integer", "minimum": 0, "maximum": 100000}
        }
      }
    }
  }
})json"},
    http::Schema{"FlagRule", R"json({
  "type": "object",
  "required": ["id", "serve"],
  "properties": {
    "id": {"type": "string"},
    "name": {"type": "string"},
    "enabled": {"type": "boolean"},
    "if": {"type": "array", "items": {"$ref": "#/components/schemas/FlagClause"}},
    "rollout": {"type": "integer", "minimum": 0, "maximum": 100000, "description": "Of 100000; absent: all."},
    "bucket_by": {"type": "array", "items": {"type": "string"}},
    "hash": {"type": "object", "description": "How the system that it was imported from counts."},
    "serve": {"$ref": "#/components/schemas/FlagServe"}
  }
})json"},
    http::Schema{"FlagOverride", R"json({
  "type": "object",
  "required": ["kind", "id", "variant"],
  "properties": {
    "kind": {"type": "string", "enum": ["user", "org"]},
    "id": {"type": "string"},
    "variant": {"type": "string"},
    "expires_at": {"type": "string", "format": "date-time"}
  }
})json"},
    http::Schema{"FlagPrerequisite", R"json({
  "type": "object",
  "required": ["flag", "variants"],
  "properties": {
    "flag": {"type": "string"},
    "variants": {"type": "array", "items": {"type": "string"}},
    "or_none": {"type": "boolean", "description": "Also met when that flag serves no variant."}
  }
})json"},
    http::Schema{"FlagDraft", R"json({
  "type": "object",
  "required": ["enabled"],
  "additionalProperties": false,
  "properties": {
    "enabled": {"type": "boolean"},
    "salt": {"type": "string", "description": "Whoever changes it deals the units anew; absent: stays."},
    "off_value": {"description": "The answer while it is off; absent: the caller's default stands."},
    "bucket_by": {"type": "array", "items": {"type": "string"}},
    "prerequisites": {"type": "array", "items": {"$ref": "#/components/schemas/FlagPrerequisite"}},
    "overrides": {"type": "array", "items": {"$ref": "#/components/schemas/FlagOverride"}},
    "rules": {"type": "array", "items": {"$ref": "#/components/schemas/FlagRule"}},
    "fallthrough": {"anyOf": [{"$ref": "#/components/schemas/FlagServe"}, {"type": "null"}], "description": "Absent: the caller's default stands."},
    "reason": {"type": ["string", "null"], "maxLength": 500}
  }
})json"},
    http::Schema{"FlagTargeting", R"json({
  "type": "object",
  "required": [
    "flag", "environment", "protected", "enabled", "salt", "prerequisites", "overrides", "rules",
    "version", "ruleset_version", "disabled_reason", "enabled_at", "updated_at", "updated_by", "updated_by_name"
  ],
  "properties": {
    "flag": {"type": "string"},
    "environment": {"type": "string"},
    "protected": {"type": "boolean"},
    "enabled": {"type": "boolean"},
    "salt": {"type": "string"},
    "off_value": {},
    "bucket_by": {"type": "array", "items": {"type": "string"}},
    "prerequisites": {"type": "array", "items": {"$ref": "#/components/schemas/FlagPrerequisite"}},
    "overrides": {"type": "array", "items": {"$ref": "#/components/schemas/FlagOverride"}},
    "rules": {"type": "array", "items": {"$ref": "#/components/schemas/FlagRule"}},
    "fallthrough": {"$ref": "#/components/schemas/FlagServe"},
    "version": {"type": "integer", "description": "Of this: its ETag."},
    "ruleset_version": {"type": "integer", "description": "Of the environment's newest rule set."},
    "disabled_reason": {"type": ["string", "null"]},
    "enabled_at": {"type": ["string", "null"], "format": "date-time", "description": "Since when it is on, or off."},
    "updated_at": {"type": "string", "format": "date-time"},
    "updated_by": {"type": "string"},
    "updated_by_name": {"type": ["string", "null"]}
  }
})json"},
    http::Schema{"FlagReason", R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "reason": {"type": ["string", "null"], "maxLength": 500}
  }
})json"},
    http::Schema{"FlagSubject", R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "user_id": {"type": ["string", "null"], "maxLength": 256},
    "org_id": {"type": ["string", "null"], "maxLength": 256},
    "region": {"type": ["string", "null"], "maxLength": 256},
    "device_id": {"type": ["string", "null"], "maxLength": 256},
    "attributes": {"type": ["object", "null"], "description": "Texts, numbers and booleans by name."}
  }
})json"},
    http::Schema{"FlagPreviewAsk", R"json({
  "type": "object",
  "required": ["subject"],
  "additionalProperties": false,
  "properties": {
    "draft": {"anyOf": [{"$ref": "#/components/schemas/FlagDraft"}, {"type": "null"}]},
    "subject": {"$ref": "#/components/schemas/FlagSubject"}
  }
})json"},
    http::Schema{"FlagExplanation", R"json({
  "type": "object",
  "required": ["value", "variant", "reason", "rule", "steps"],
  "properties": {
    "value": {"description": "null: the caller's default stands."},
    "variant": {"type": ["string", "null"]},
    "reason": {"type": "string", "enum": ["STATIC", "TARGETING_MATCH", "SPLIT", "DEFAULT", "DISABLED", "ERROR"]},
    "rule": {"type": ["string", "null"]},
    "steps": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["what", "ok", "text"],
        "properties": {
          "what": {"type": "string", "description": "prerequisite, override, rule, clause, rollout, split, fallthrough, …"},
          "ok": {"type": ["boolean", "null"]},
          "text": {"type": "string"},
          "bucket": {"type": "integer", "description": "Where the unit falls, of 100000."},
          "of": {"type": "integer", "description": "Below which it is in."}
        }
      }
    }
  }
})json"},
    http::Schema{"FlagPreview", R"json({
  "type": "object",
  "required": ["draft", "live"],
  "properties": {
    "draft": {"anyOf": [{"$ref": "#/components/schemas/FlagExplanation"}, {"type": "null"}]},
    "live": {"$ref": "#/components/schemas/FlagExplanation"}
  }
})json"},
    http::Schema{"FlagImpactAsk", R"json({
  "type": "object",
  "required": ["draft"],
  "additionalProperties": false,
  "properties": {"draft": {"$ref": "#/components/schemas/FlagDraft"}}
})json"},
    http::Schema{"FlagMove", R"json({
  "type": "object",
  "required": ["from", "to", "count"],
  "properties": {
    "from": {"type": ["string", "null"], "description": "A variant; null: the caller's default."},
    "to": {"type": ["string", "null"]},
    "count": {"type": "integer", "minimum": 1}
  }
})json"},
    http::Schema{"FlagImpact", R"json({
  "type": "object",
  "required": ["counted_over", "units", "kept", "moves", "if_on", "exposed_units_24h"],
  "properties": {
    "counted_over": {"type": "string", "enum": ["accounts"], "description": "Users of the installation, the newest first, each with the first organization; without region and other attributes."},
    "units": {"type": "integer", "minimum": 0, "description": "How many were counted."},
    "kept": {"type": "integer", "minimum": 0, "description": "Those whose answer stays."},
    "moves": {"type": "array", "items": {"$ref": "#/components/schemas/FlagMove"}},
    "if_on": {
      "type": ["object", "null"],
      "description": "Of a draft that is off: the same as if it were on, from what is live. null for a draft that is on.",
      "required": ["kept", "moves"],
      "properties": {
        "kept": {"type": "integer", "minimum": 0},
        "moves": {"type": "array", "items": {"$ref": "#/components/schemas/FlagMove"}}
      }
    },
    "exposed_units_24h": {"type": "integer", "minimum": 0, "description": "Units that first saw a variant in the last 24 hours."}
  }
})json"},
};

}  // namespace

std::span<const http::Schema> targeting_schemas() { return all_schemas; }

}  // namespace acme::flag_settings
