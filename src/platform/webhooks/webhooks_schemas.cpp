// What OpenAPI says of webhooks and deliveries.
#include "platform/webhooks/webhooks_json.hpp"

#include <array>

namespace acme::webhooks {
namespace {

constexpr std::array all_schemas{
    http::Schema{"Webhook", R"json({
  "type": "object",
  "required": [
    "id", "url", "description", "event_types", "enabled", "disabled_because", "failing_since", "old_secret_until",
    "created_at", "updated_at"
  ],
  "additionalProperties": false,
  "properties": {
    "id": {"type": "string", "pattern": "^whk_[0-9a-z]{26}$"},
    "url": {"type": "string"},
    "description": {"type": "string"},
    "event_types": {"type": "array", "items": {"type": "string"}, "description": "* stands for all, also later ones."},
    "enabled": {"type": "boolean"},
    "disabled_because": {
      "type": ["string", "null"],
      "enum": ["paused", "failing", "gone", null],
      "description": "Somebody paused it; it failed for three days; it answered 410."
    },
    "failing_since": {"type": ["string", "null"], "format": "date-time"},
    "old_secret_until": {
      "type": ["string", "null"],
      "format": "date-time",
      "description": "Until then the secret before this one signs, too."
    },
    "created_at": {"type": "string", "format": "date-time"},
    "updated_at": {"type": "string", "format": "date-time"},
    "secret": {"type": "string", "description": "whsec_…, only in the answer that made it."}
  }
})json"},
    http::Schema{"Webhooks", R"json({
  "type": "object",
  "required": ["data", "next_cursor"],
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/Webhook"}},
    "next_cursor": {"type": ["string", "null"]}
  }
})json"},
    http::Schema{"NewWebhook", R"json({
  "type": "object",
  "required": ["url", "event_types"],
  "additionalProperties": false,
  "properties": {
    "url": {"type": "string", "minLength": 1, "maxLength": 2048},
    "description": {"type": ["string", "null"], "maxLength": 200},
    "event_types": {"type": "array", "minItems": 1, "maxItems": 32, "items": {"type": "string"}}
  }
})json"},
    http::Schema{"WebhookPatch", R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "url": {"type": "string", "minLength": 1, "maxLength": 2048},
    "description": {"type": ["string", "null"], "maxLength": 200},
    "event_types": {"type": "array", "minItems": 1, "maxItems": 32, "items": {"type": "string"}},
    "enabled": {"type": "boolean"}
  }
})json"},
    http::Schema{"WebhookRotation", R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "grace_seconds": {"type": ["integer", "null"], "minimum": 0, "maximum": 604800}
  }
})json"},
    http::Schema{"WebhookDelivery", R"json({
  "type": "object",
  "required": [
    "id", "webhook", "event", "event_type", "state", "attempts", "next_attempt_at", "waits", "last_outcome",
    "last_status", "created_at", "settled_at"
  ],
  "properties": {
    "id": {"type": "string", "pattern": "^dlv_[0-9a-z]{26}$"},
    "webhook": {"type": "string"},
    "event": {"type": "string", "description": "The header webhook-id: the same in every attempt."},
    "event_type": {"type": "string"},
    "state": {"type": "string", "enum": ["pending", "delivered", "failed"]},
    "attempts": {"type": "integer", "minimum": 0},
    "next_attempt_at": {"type": ["string", "null"], "format": "date-time"},
    "waits": {"type": "boolean", "description": "For an earlier one about the same thing, which is pending."},
    "last_outcome": {"type": ["string", "null"]},
    "last_status": {"type": ["integer", "null"]},
    "created_at": {"type": "string", "format": "date-time"},
    "settled_at": {"type": ["string", "null"], "format": "date-time"}
  }
})json"},
    http::Schema{"WebhookDeliveries", R"json({
  "type": "object",
  "required": ["data", "next_cursor"],
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/WebhookDelivery"}},
    "next_cursor": {"type": ["string", "null"]}
  }
})json"},
    http::Schema{"WebhookDeliveryDetails", R"json({
  "allOf": [{"$ref": "#/components/schemas/WebhookDelivery"}],
  "type": "object",
  "required": ["body", "history"],
  "properties": {
    "body": {
      "type": "string",
      "description": "What is sent, to the byte.",
      "contentMediaType": "application/json",
      "contentSchema": {"$ref": "#/components/schemas/WebhookEvent"}
    },
    "history": {"type": "array", "items": {"$ref": "#/components/schemas/WebhookAttempt"}}
  }
})json"},
    http::Schema{"WebhookAttempt", R"json({
  "type": "object",
  "required": ["number", "at", "duration_ms", "outcome", "status", "response"],
  "properties": {
    "number": {"type": "integer", "minimum": 1},
    "at": {"type": "string", "format": "date-time"},
    "duration_ms": {"type": "integer", "minimum": 0},
    "outcome": {
      "type": "string",
      "enum": [
        "delivered", "gone", "redirected", "refused", "unreachable", "forbidden_address", "insecure", "timed_out",
        "broken_off", "unsealed"
      ]
    },
    "status": {"type": ["integer", "null"]},
    "response": {"type": "string", "description": "How it begins, 4 KiB at most, without what looks like a secret."}
  }
})json"},
    http::Schema{"WebhookRedelivery", R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "since": {
      "type": ["string", "null"],
      "format": "date-time",
      "description": "Those that were made then or later; all without it."
    }
  }
})json"},
    http::Schema{"WebhookRedelivered", R"json({
  "type": "object",
  "required": ["redelivered"],
  "properties": {
    "redelivered": {"type": "integer", "minimum": 0, "maximum": 10000, "description": "10000: there may be more."}
  }
})json"},
    http::Schema{"WebhookEventTypes", R"json({
  "type": "object",
  "required": ["data"],
  "properties": {
    "data": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["name", "about", "schema", "example"],
        "properties": {
          "name": {"type": "string"},
          "about": {"type": "string"},
          "schema": {"type": "object", "description": "JSON Schema of what stands under \"data\"."},
          "example": {"type": "object"}
        }
      }
    }
  }
})json"},
    http::Schema{"WebhookEvent", R"json({
  "type": "object",
  "description": "What is sent to webhooks, signed as Standard Webhooks 1.0 has it.",
  "required": ["type", "timestamp", "organization", "data"],
  "properties": {
    "type": {"type": "string"},
    "timestamp": {"type": "string", "format": "date-time", "description": "When it happened."},
    "organization": {"type": "string"},
    "data": {"type": "object", "description": "See GET /v1/webhooks/event_types."}
  }
})json"},
};

}  // namespace

std::span<const http::Schema> schemas() { return all_schemas; }

}  // namespace acme::webhooks
