// What OpenAPI says of environments, flags, their history and their evaluations.
#include "platform/flag_settings/schemas.hpp"

#include <array>

namespace acme::flag_settings {
namespace {

constexpr std::array all_schemas{
    http::Schema{"FlagEnvironment", R"json({
  "type": "object",
  "required": ["key", "name", "protected", "version", "published_at", "published_by", "created_at"],
  "additionalProperties": false,
  "properties": {
    "key": {"type": "string"},
    "name": {"type": "string"},
    "protected": {"type": "boolean", "description": "Administrators publish to it, and switching takes a reason."},
    "version": {"type": "integer", "minimum": 0, "description": "Of its newest rule set; 0: it has none."},
    "published_at": {"type": ["string", "null"], "format": "date-time"},
    "published_by": {"type": ["string", "null"]},
    "created_at": {"type": "string", "format": "date-time"}
  }
})json"},
    http::Schema{"FlagEnvironments", R"json({
  "type": "object",
  "required": ["data"],
  "properties": {"data": {"type": "array", "items": {"$ref": "#/components/schemas/FlagEnvironment"}}}
})json"},
    http::Schema{"NewFlagEnvironment", R"json({
  "type": "object",
  "required": ["key", "name"],
  "additionalProperties": false,
  "properties": {
    "key": {"type": "string", "pattern": "^[a-z0-9][a-z0-9._-]{0,62}$"},
    "name": {"type": "string", "minLength": 1, "maxLength": 100},
    "protected": {"type": ["boolean", "null"]}
  }
})json"},
    http::Schema{"FlagEnvironmentPatch", R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "name": {"type": "string", "minLength": 1, "maxLength": 100},
    "protected": {"type": "boolean"}
  }
})json"},
    http::Schema{"FlagSignal", R"json({
  "type": "object",
  "required": ["signal", "detail"],
  "properties": {
    "signal": {"type": "string", "enum": ["not_evaluated", "one_variant", "past_removal", "no_reference"]},
    "detail": {"type": "string", "description": "A sentence."}
  }
})json"},
    http::Schema{"FlagSummary", R"json({
  "type": "object",
  "required": [
    "key", "name", "description", "type", "kind", "owner", "owner_name", "tags", "expected_removal_at", "permanent",
    "archived_at", "version", "environment", "enabled", "disabled_reason", "serves", "targeting_version", "updated_at",
    "updated_by", "updated_by_name", "evaluations_24h", "shares_24h", "hours_24h", "stale"
  ],
  "properties": {
    "key": {"type": "string"},
    "name": {"type": "string"},
    "description": {"type": "string"},
    "type": {"type": "string", "enum": ["bool", "string", "int", "double", "json"]},
    "kind": {"type": "string", "enum": ["release", "experiment", "ops", "kill", "permission"]},
    "owner": {"type": ["string", "null"]},
    "owner_name": {"type": ["string", "null"]},
    "tags": {"type": "array", "items": {"type": "string"}},
    "expected_removal_at": {"type": ["string", "null"], "format": "date"},
    "permanent": {"type": "boolean"},
    "archived_at": {"type": ["string", "null"], "format": "date-time"},
    "version": {"type": "integer"},
    "environment": {"type": "string"},
    "enabled": {"type": "boolean"},
    "disabled_reason": {"type": ["string", "null"]},
    "serves": {"type": "string", "description": "In words: 25 % of region eu-west: on."},
    "targeting_version": {"type": "integer"},
    "updated_at": {"type": "string", "format": "date-time"},
    "updated_by": {"type": "string"},
    "updated_by_name": {"type": ["string", "null"]},
    "evaluations_24h": {"type": "integer", "minimum": 0},
    "shares_24h": {"type": "array", "items": {"$ref": "#/components/schemas/FlagShare"}},
    "hours_24h": {"type": "array", "items": {"type": "integer", "minimum": 0}, "description": "24, the oldest first."},
    "stale": {"type": "array", "items": {"$ref": "#/components/schemas/FlagSignal"}}
  }
})json"},
    http::Schema{"FlagShare", R"json({
  "type": "object",
  "required": ["variant", "count"],
  "properties": {
    "variant": {"type": "string", "description": "Or default, disabled, error."},
    "count": {"type": "integer", "minimum": 0}
  }
})json"},
    http::Schema{"FlagPage", R"json({
  "type": "object",
  "required": ["data", "next_cursor"],
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/FlagSummary"}},
    "next_cursor": {"type": ["string", "null"]}
  }
})json"},
    http::Schema{"FlagsSummary", R"json({
  "type": "object",
  "required": [
    "environment", "flags", "on", "off", "experiments", "archived", "removable", "tags", "evaluation_is_on", "version",
    "published_at", "published_by"
  ],
  "properties": {
    "environment": {"type": "string"},
    "flags": {"type": "integer"},
    "on": {"type": "integer"},
    "off": {"type": "integer"},
    "experiments": {"type": "integer"},
    "archived": {"type": "integer"},
    "removable": {"type": "integer", "description": "Flags with a sign that they are done with."},
    "tags": {"type": "array", "items": {"type": "string"}},
    "evaluation_is_on": {"type": "boolean", "description": "ENABLE_FEATURE_FLAGS of the node that answers."},
    "version": {"type": "integer"},
    "published_at": {"type": ["string", "null"], "format": "date-time"},
    "published_by": {"type": ["string", "null"]}
  }
})json"},
    http::Schema{"NewFlag", R"json({
  "type": "object",
  "required": ["key", "description"],
  "additionalProperties": false,
  "properties": {
    "key": {"type": "string", "pattern": "^[a-z0-9][a-z0-9._-]{0,99}$"},
    "name": {"type": ["string", "null"], "minLength": 1, "maxLength": 200, "description": "Absent: the key."},
    "description": {"type": "string", "minLength": 1, "maxLength": 500},
    "type": {"type": ["string", "null"], "enum": ["bool", "string", "int", "double", "json", null]},
    "kind": {"type": ["string", "null"], "enum": ["release", "experiment", "ops", "kill", "permission", null]},
    "owner": {"type": ["string", "null"], "description": "A user's id; absent: who makes it."},
    "tags": {"type": ["array", "null"], "items": {"type": "string"}, "maxItems": 20},
    "expected_removal_at": {"type": ["string", "null"], "format": "date"},
    "permanent": {"type": ["boolean", "null"]},
    "variants": {
      "type": ["array", "null"],
      "items": {"$ref": "#/components/schemas/FlagVariant"},
      "description": "Absent for a bool: on and off."
    }
  }
})json"},
    http::Schema{"FlagPatch", R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "name": {"type": "string", "minLength": 1, "maxLength": 200},
    "description": {"type": "string", "minLength": 1, "maxLength": 500},
    "kind": {"type": "string", "enum": ["release", "experiment", "ops", "kill", "permission"]},
    "owner": {"type": ["string", "null"]},
    "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 20},
    "expected_removal_at": {"type": ["string", "null"], "format": "date"},
    "permanent": {"type": "boolean"},
    "variants": {"type": "array", "items": {"$ref": "#/components/schemas/FlagVariant"}},
    "reason": {"type": ["string", "null"], "maxLength": 500}
  }
})json"},
    http::Schema{"Flag", R"json({
  "type": "object",
  "required": [
    "key", "name", "description", "type", "kind", "owner", "owner_name", "tags", "expected_removal_at", "permanent",
    "variants", "archived_at", "version", "created_at", "updated_at", "updated_by", "updated_by_name", "environments",
    "references", "stale"
  ],
  "properties": {
    "key": {"type": "string"},
    "name": {"type": "string"},
    "description": {"type": "string"},
    "type": {"type": "string", "enum": ["bool", "string", "int", "double", "json"]},
    "kind": {"type": "string", "enum": ["release", "experiment", "ops", "kill", "permission"]},
    "owner": {"type": ["string", "null"]},
    "owner_name": {"type": ["string", "null"]},
    "tags": {"type": "array", "items": {"type": "string"}},
    "expected_removal_at": {"type": ["string", "null"], "format": "date"},
    "permanent": {"type": "boolean"},
    "variants": {"type": "array", "items": {"$ref": "#/components/schemas/FlagVariant"}},
    "archived_at": {"type": ["string", "null"], "format": "date-time"},
    "version": {"type": "integer", "description": "Its ETag."},
    "created_at": {"type": "string", "format": "date-time"},
    "updated_at": {"type": "string", "format": "date-time"},
    "updated_by": {"type": "string"},
    "updated_by_name": {"type": ["string", "null"]},
    "environments": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["environment", "enabled", "version", "disabled_reason", "serves", "updated_at", "updated_by"],
        "properties": {
          "environment": {"type": "string"},
          "enabled": {"type": "boolean"},
          "version": {"type": "integer"},
          "disabled_reason": {"type": ["string", "null"]},
          "serves": {"type": "string"},
          "updated_at": {"type": "string", "format": "date-time"},
          "updated_by": {"type": "string"}
        }
      }
    },
    "references": {"type": "array", "items": {"$ref": "#/components/schemas/FlagReference"}},
    "stale": {"type": "array", "items": {"$ref": "#/components/schemas/FlagSignal"}, "description": "As it is in the first environment."}
  }
})json"},
    http::Schema{"FlagReference", R"json({
  "type": "object",
  "required": ["repo", "path", "line", "commit"],
  "properties": {
    "repo": {"type": "string", "minLength": 1, "maxLength": 200},
    "path": {"type": "string", "minLength": 1, "maxLength": 500},
    "line": {"type": "integer", "minimum": 1, "maximum": 10000000},
    "commit": {"type": "string", "minLength": 1, "maxLength": 64},
    "reported_at": {"type": "string", "format": "date-time"}
  }
})json"},
    http::Schema{"FlagReferences", R"json({
  "type": "object",
  "required": ["data"],
  "additionalProperties": false,
  "properties": {
    "data": {"type": "array", "maxItems": 1000, "items": {"$ref": "#/components/schemas/FlagReference"}}
  }
})json"},
    http::Schema{"FlagDifference", R"json({
  "type": "object",
  "required": ["pointer", "change", "from", "to", "item"],
  "properties": {
    "pointer": {"type": "string", "description": "RFC 6901, into what is there afterwards; of what was removed, before."},
    "change": {"type": "string", "enum": ["added", "removed", "moved", "changed"]},
    "from": {"description": "null for what was not there; of what was moved the element that it stood behind, with key, name and number, null for the first."},
    "to": {"description": "null for what is not there; of what was moved the element that it stands behind."},
    "item": {
      "type": ["object", "null"],
      "description": "The element of a list that it is of or within; elements are told apart by what they are, not by where they stand.",
      "required": ["pointer", "list", "key", "name", "number"],
      "properties": {
        "pointer": {"type": "string"},
        "list": {"type": "string", "description": "rules, variants, overrides, prerequisites or split."},
        "key": {"type": "string", "description": "The id of a rule, the key of a variant, \"user usr_1\" of an override."},
        "name": {"type": "string", "description": "Of a rule; empty without one."},
        "number": {"type": "integer", "minimum": 1, "description": "Which of the list it is."}
      }
    }
  }
})json"},
    http::Schema{"FlagChange", R"json({
  "type": "object",
  "required": [
    "id", "at", "by", "by_name", "action", "environment", "reason", "before", "after", "diff", "ruleset_version"
  ],
  "properties": {
    "id": {"type": "string"},
    "at": {"type": "string", "format": "date-time"},
    "by": {"type": "string"},
    "by_name": {"type": ["string", "null"]},
    "action": {"type": "string", "enum": ["create", "change", "target", "enable", "kill", "archive", "restore", "undo", "import"]},
    "environment": {"type": ["string", "null"], "description": "null: what the flag is everywhere."},
    "reason": {"type": ["string", "null"]},
    "before": {"type": ["object", "null"]},
    "after": {"type": "object"},
    "diff": {"type": "array", "items": {"$ref": "#/components/schemas/FlagDifference"}},
    "ruleset_version": {"type": ["integer", "null"]}
  }
})json"},
    http::Schema{"FlagChanges", R"json({
  "type": "object",
  "required": ["data", "next_cursor"],
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/FlagChange"}},
    "next_cursor": {"type": ["string", "null"]}
  }
})json"},
    http::Schema{"FlagEvaluations", R"json({
  "type": "object",
  "required": ["step_s", "at", "series", "exposures"],
  "properties": {
    "step_s": {"type": "integer"},
    "at": {"type": "array", "items": {"type": "string", "format": "date-time"}},
    "series": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["variant", "counts"],
        "properties": {
          "variant": {"type": "string", "description": "Or default, disabled, error."},
          "counts": {"type": "array", "items": {"type": "integer", "minimum": 0}}
        }
      }
    },
    "exposures": {
      "type": "array",
      "description": "Units that saw each variant, ever.",
      "items": {
        "type": "object",
        "required": ["variant", "units"],
        "properties": {"variant": {"type": "string"}, "units": {"type": "integer", "minimum": 0}}
      }
    }
  }
})json"},
};

}  // namespace

std::span<const http::Schema> flag_schemas() { return all_schemas; }

}  // namespace acme::flag_settings
