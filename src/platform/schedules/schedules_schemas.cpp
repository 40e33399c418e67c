// What OpenAPI says of schedules and their runs.
#include "platform/schedules/schedules_json.hpp"

#include <array>

namespace acme::schedules {
namespace {

constexpr std::array all_schemas{
    http::Schema{"Schedule", R"json({
  "type": "object",
  "required": [
    "name", "cron", "rrule", "zone", "dst", "queue", "kind", "payload", "priority", "overlap", "catchup", "window_seconds",
    "jitter_seconds", "starts_at", "ends_at", "pause_after_failures", "paused_at", "paused_by", "pause_reason", "failures",
    "missed", "last_state", "created_at", "updated_at", "next_runs"
  ],
  "additionalProperties": false,
  "properties": {
    "name": {"type": "string"},
    "cron": {"type": ["string", "null"]},
    "rrule": {"type": ["string", "null"]},
    "zone": {"type": "string", "description": "An IANA name; an expression may begin with one of its own."},
    "dst": {"type": "string", "enum": ["vixie", "skip", "shift", "both"]},
    "queue": {"type": "string"},
    "kind": {"type": "string"},
    "payload": {"type": "object"},
    "priority": {"type": "integer", "minimum": 0, "maximum": 9},
    "overlap": {"type": "string", "enum": ["skip", "queue_one", "queue_all", "cancel_running", "allow"]},
    "catchup": {"type": "string", "enum": ["last", "all", "none"]},
    "window_seconds": {"type": "integer", "minimum": 0, "maximum": 604800},
    "jitter_seconds": {"type": "integer", "minimum": 0, "maximum": 86400},
    "starts_at": {"type": ["string", "null"], "format": "date-time"},
    "ends_at": {"type": ["string", "null"], "format": "date-time"},
    "pause_after_failures": {"type": ["integer", "null"], "minimum": 1, "maximum": 100},
    "paused_at": {"type": ["string", "null"], "format": "date-time"},
    "paused_by": {"type": ["string", "null"], "description": "A user's id; cli; scheduler, after failures."},
    "pause_reason": {"type": ["string", "null"]},
    "failures": {"type": "integer", "minimum": 0, "description": "In a row, up to now."},
    "missed": {"type": "integer", "minimum": 0, "description": "Moments that nobody fired, ever."},
    "last_state": {
      "type": ["string", "null"],
      "enum": ["open", "waiting", "done", "failed", "cancelled", "skipped", "missed", null]
    },
    "created_at": {"type": "string", "format": "date-time"},
    "updated_at": {"type": "string", "format": "date-time"},
    "next_runs": {
      "type": "array",
      "description": "The next ten; in lists the next one. As if it were not paused.",
      "items": {"$ref": "#/components/schemas/ScheduleMoment"}
    }
  }
})json"},
    http::Schema{"ScheduleMoment", R"json({
  "type": "object",
  "required": ["at", "local", "abbreviation"],
  "additionalProperties": false,
  "properties": {
    "at": {"type": "string", "format": "date-time"},
    "local": {"type": "string", "description": "RFC 3339 as the clocks of the schedule's zone show it: with an offset."},
    "abbreviation": {"type": "string", "description": "Of the zone then, such as CET."}
  }
})json"},
    http::Schema{"Schedules", R"json({
  "type": "object",
  "required": ["data", "next_cursor"],
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/Schedule"}},
    "next_cursor": {"type": ["string", "null"]}
  }
})json"},
    http::Schema{"NewSchedule", R"json({
  "type": "object",
  "required": ["kind"],
  "additionalProperties": false,
  "properties": {
    "cron": {
      "type": ["string", "null"],
      "minLength": 1,
      "maxLength": 256,
      "description": "5 fields, 6 with seconds first, 7 with years last; L W # ? +, names, @daily, @every 90s, CRON_TZ=. This or rrule."
    },
    "rrule": {
      "type": ["string", "null"],
      "minLength": 1,
      "maxLength": 256,
      "description": "RFC 5545, DAILY to YEARLY; starts_at is its DTSTART."
    },
    "zone": {"type": ["string", "null"], "minLength": 1, "maxLength": 64},
    "dst": {
      "type": ["string", "null"],
      "enum": ["vixie", "skip", "shift", "both", null],
      "description": "What clocks leave out: runs when the gap ends, not at all, later by the gap, when the gap ends. What they show twice: runs once, twice, once, twice."
    },
    "queue": {"type": ["string", "null"], "minLength": 1, "maxLength": 63},
    "kind": {"type": "string", "minLength": 1, "maxLength": 100},
    "payload": {
      "type": ["object", "null"],
      "description": "The job gets these and, as \"schedule\", its name, scheduled_at, fired_at and catchup. 60 KiB at most."
    },
    "priority": {"type": ["integer", "null"], "minimum": 0, "maximum": 9},
    "overlap": {
      "type": ["string", "null"],
      "enum": ["skip", "queue_one", "queue_all", "cancel_running", "allow", null]
    },
    "catchup": {"type": ["string", "null"], "enum": ["last", "all", "none", null]},
    "window_seconds": {"type": ["integer", "null"], "minimum": 0, "maximum": 604800},
    "jitter_seconds": {"type": ["integer", "null"], "minimum": 0, "maximum": 86400},
    "starts_at": {"type": ["string", "null"], "format": "date-time"},
    "ends_at": {"type": ["string", "null"], "format": "date-time"},
    "pause_after_failures": {"type": ["integer", "null"], "minimum": 1, "maximum": 100}
  }
})json"},
    http::Schema{"ScheduleTimes", R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "cron": {"type": ["string", "null"], "minLength": 1, "maxLength": 256},
    "rrule": {"type": ["string", "null"], "minLength": 1, "maxLength": 256},
    "zone": {"type": ["string", "null"], "minLength": 1, "maxLength": 64},
    "dst": {"type": ["string", "null"], "enum": ["vixie", "skip", "shift", "both", null]},
    "starts_at": {"type": ["string", "null"], "format": "date-time"},
    "ends_at": {"type": ["string", "null"], "format": "date-time"},
    "count": {"type": ["integer", "null"], "minimum": 1, "maximum": 50}
  }
})json"},
    http::Schema{"SchedulePreview", R"json({
  "type": "object",
  "required": ["zone", "runs"],
  "properties": {
    "zone": {"type": "string"},
    "runs": {"type": "array", "items": {"$ref": "#/components/schemas/ScheduleMoment"}}
  }
})json"},
    http::Schema{"ScheduleRun", R"json({
  "type": "object",
  "required": [
    "scheduled_at", "through", "moments", "state", "cause", "asked_by", "fired_at", "ended_at", "job"
  ],
  "additionalProperties": false,
  "properties": {
    "scheduled_at": {"type": "string", "format": "date-time"},
    "through": {"type": ["string", "null"], "format": "date-time", "description": "Of a stretch that was missed, the last."},
    "moments": {"type": "integer", "minimum": 1},
    "state": {
      "type": "string",
      "enum": ["open", "waiting", "done", "failed", "cancelled", "skipped", "missed"],
      "description": "Its job has not ended; it waits for the one before; its job is done, dead, cancelled; it was left out, for the one before had not ended; nobody fired it in time."
    },
    "cause": {"type": "string", "enum": ["due", "catchup", "backfill", "trigger"]},
    "asked_by": {"type": ["string", "null"]},
    "fired_at": {"type": ["string", "null"], "format": "date-time"},
    "ended_at": {"type": ["string", "null"], "format": "date-time"},
    "job": {"type": ["string", "null"]}
  }
})json"},
    http::Schema{"ScheduleRuns", R"json({
  "type": "object",
  "required": ["data", "next_cursor"],
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/ScheduleRun"}},
    "next_cursor": {"type": ["string", "null"]}
  }
})json"},
    http::Schema{"SchedulePause", R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "reason": {"type": ["string", "null"], "maxLength": 200}
  }
})json"},
    http::Schema{"ScheduleBackfill", R"json({
  "type": "object",
  "required": ["from", "to"],
  "additionalProperties": false,
  "properties": {
    "from": {"type": "string", "format": "date-time"},
    "to": {"type": "string", "format": "date-time"},
    "dry_run": {"type": ["boolean", "null"]}
  }
})json"},
    http::Schema{"ScheduleBackfilled", R"json({
  "type": "object",
  "required": ["dry_run", "moments", "fired", "waiting"],
  "properties": {
    "dry_run": {"type": "boolean"},
    "moments": {"type": "array", "maxItems": 1000, "items": {"type": "string", "format": "date-time"}},
    "fired": {"type": "integer", "minimum": 0},
    "waiting": {"type": "integer", "minimum": 0, "description": "They begin one after the other."}
  }
})json"},
};

}  // namespace

std::span<const http::Schema> schemas() { return all_schemas; }

}  // namespace acme::schedules
