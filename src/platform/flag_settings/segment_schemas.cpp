// What OpenAPI says of segments, exports and imports.
#include "platform/flag_settings/schemas.hpp"

#include <array>

namespace acme::flag_settings {
namespace {

constexpr std::array all_schemas{
    http::Schema{"FlagSegment", R"json({
  "type": "object",
  "required": ["key", "name", "description", "if", "users", "orgs", "version", "used_by", "created_at", "updated_at", "updated_by"],
  "properties": {
    "key": {"type": "string"},
    "name": {"type": "string"},
    "description": {"type": "string"},
    "if": {"type": "array", "items": {"$ref": "#/components/schemas/FlagClause"}},
    "users": {"type": "integer", "minimum": 0, "description": "How many are members."},
    "orgs": {"type": "integer", "minimum": 0},
    "version": {"type": "integer"},
    "used_by": {"type": "array", "items": {"type": "string"}, "description": "Flags, and segments as segment:key."},
    "created_at": {"type": "string", "format": "date-time"},
    "updated_at": {"type": "string", "format": "date-time"},
    "updated_by": {"type": "string"}
  }
})json"},
    http::Schema{"FlagSegments", R"json({
  "type": "object",
  "required": ["data"],
  "properties": {"data": {"type": "array", "items": {"$ref": "#/components/schemas/FlagSegment"}}}
})json"},
    http::Schema{"NewFlagSegment", R"json({
  "type": "object",
  "required": ["name"],
  "additionalProperties": false,
  "properties": {
    "name": {"type": "string", "minLength": 1, "maxLength": 200},
    "description": {"type": ["string", "null"], "maxLength": 500},
    "if": {"type": ["array", "null"], "items": {"$ref": "#/components/schemas/FlagClause"}}
  }
})json"},
    http::Schema{"FlagSegmentMember", R"json({
  "type": "object",
  "required": ["kind", "id"],
  "additionalProperties": false,
  "properties": {
    "kind": {"type": "string", "enum": ["user", "org"]},
    "id": {"type": "string", "minLength": 1, "maxLength": 256}
  }
})json"},
    http::Schema{"FlagSegmentMembers", R"json({
  "type": "object",
  "required": ["data", "next_cursor"],
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/FlagSegmentMember"}},
    "next_cursor": {"type": ["string", "null"]}
  }
})json"},
    http::Schema{"FlagSegmentBatch", R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "add": {"type": ["array", "null"], "maxItems": 10000, "items": {"$ref": "#/components/schemas/FlagSegmentMember"}},
    "remove": {"type": ["array", "null"], "maxItems": 10000, "items": {"$ref": "#/components/schemas/FlagSegmentMember"}}
  }
})json"},
    http::Schema{"FlagExport", R"json({
  "type": "object",
  "required": ["format", "environment", "version", "flags", "segments"],
  "properties": {
    "format": {"type": "string", "enum": ["acme-flags-1"]},
    "environment": {"type": "string"},
    "version": {"type": "integer"},
    "flags": {"type": "array", "items": {"type": "object"}},
    "segments": {"type": "array", "items": {"type": "object"}}
  }
})json"},
    http::Schema{"FlagImported", R"json({
  "type": "object",
  "required": ["dry_run", "created", "changed", "unchanged", "segments", "warnings", "diff", "version"],
  "properties": {
    "dry_run": {"type": "boolean"},
    "created": {"type": "array", "items": {"type": "string"}},
    "changed": {"type": "array", "items": {"type": "string"}},
    "unchanged": {"type": "integer", "minimum": 0},
    "segments": {"type": "array", "items": {"type": "string"}, "description": "Those that are made or replaced."},
    "warnings": {"type": "array", "items": {"type": "string"}},
    "diff": {
      "type": "array",
      "items": {
        "allOf": [
          {"$ref": "#/components/schemas/FlagDifference"},
          {"type": "object", "required": ["flag"], "properties": {"flag": {"type": "string"}}}
        ]
      }
    },
    "version": {"type": "integer", "description": "Of the environment's rule set afterwards."}
  }
})json"},
};

}  // namespace

std::span<const http::Schema> segment_schemas() { return all_schemas; }

}  // namespace acme::flag_settings
