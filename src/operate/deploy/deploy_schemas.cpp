#include "operate/deploy/deploy_schemas.hpp"

#include "io/http/router.hpp"

namespace acme::deploy {
namespace {

constexpr http::Schema deployment{"Deployment", R"json({
  "type": "object",
  "required": ["id", "environment", "kind", "release", "from_release", "known_good", "state", "actor",
               "reason", "outcome", "canary", "canary_window_ms", "canary_passed", "wish", "wish_by",
               "wish_reason", "wish_at", "begun_at", "succeeded_at", "ended_at"],
  "properties": {
    "id": {"type": "string"},
    "environment": {"type": "string"},
    "kind": {"type": "string", "enum": ["release", "rollback"]},
    "release": {"type": "string"},
    "from_release": {"type": "string", "description": "What ran before; empty until it begins."},
    "known_good": {"type": "string", "description": "To which a failure returns; empty until it begins."},
    "state": {"type": "string", "enum": ["queued", "checking", "building", "scanning", "migrating",
              "canary", "rolling", "smoking", "succeeded", "good", "rolling_back", "rolled_back",
              "rollback_failed", "refused", "superseded", "cancelled"]},
    "actor": {"type": "string", "description": "The id of a user, or cli."},
    "reason": {"type": "string", "description": "Why it was begun."},
    "outcome": {"type": "string", "description": "Why it ended as it did."},
    "canary": {"type": "string", "description": "The node that was asked for; empty for the last one."},
    "canary_window_ms": {"type": "integer"},
    "canary_passed": {"type": "boolean"},
    "wish": {"type": "string", "enum": ["", "hold", "resume", "promote", "abort"]},
    "wish_by": {"type": "string"},
    "wish_reason": {"type": "string"},
    "wish_at": {"type": ["string", "null"], "format": "date-time"},
    "begun_at": {"type": "string", "format": "date-time", "description": "Since when it waits, while it is queued."},
    "succeeded_at": {"type": ["string", "null"], "format": "date-time"},
    "ended_at": {"type": ["string", "null"], "format": "date-time"}
  }
})json"};

constexpr http::Schema deployments{"Deployments", R"json({
  "type": "object",
  "required": ["data", "next_cursor"],
  "additionalProperties": false,
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/Deployment"}},
    "next_cursor": {"type": ["string", "null"]}
  }
})json"};

constexpr http::Schema plan{"DeploymentPlan", R"json({
  "type": "object",
  "required": ["release", "from", "is_return", "steps", "expected_ms"],
  "properties": {
    "release": {"type": "string"},
    "from": {"type": "string"},
    "is_return": {"type": "boolean"},
    "expected_ms": {"type": "integer"},
    "steps": {"type": "array", "items": {
      "type": "object",
      "required": ["kind", "nodes", "about", "undo", "time_max_ms", "expected_ms"],
      "properties": {
        "kind": {"type": "string"},
        "nodes": {"type": "array", "items": {"type": "string"}},
        "about": {"type": "string"},
        "undo": {"type": "string"},
        "time_max_ms": {"type": "integer"},
        "expected_ms": {"type": "integer"}
      }
    }}
  }
})json"};

constexpr http::Schema step{"DeploymentStep", R"json({
  "type": "object",
  "required": ["number", "kind", "nodes", "about", "undo", "begun_at", "ended_at", "result", "evidence"],
  "properties": {
    "number": {"type": "integer", "description": "Through all plans of the deployment."},
    "kind": {"type": "string", "enum": ["migrate", "shed", "canary", "judge", "replace", "watch_batch",
             "balance", "smoke", "record", "watch"]},
    "nodes": {"type": "string", "description": "Their names, with commas between."},
    "about": {"type": "string"},
    "undo": {"type": "string"},
    "begun_at": {"type": "string", "format": "date-time"},
    "ended_at": {"type": ["string", "null"], "format": "date-time"},
    "result": {"type": "string", "enum": ["", "done", "failed", "lost"], "description": "Empty while it runs; lost: its controller went away, and another went on."},
    "evidence": {"type": "string"}
  }
})json"};

constexpr http::Schema check{"DeploymentCheck", R"json({
  "type": "object",
  "required": ["name", "verdict", "reason", "canary", "stable", "limit", "share_of_limit", "requests"],
  "properties": {
    "name": {"type": "string"},
    "verdict": {"type": "string", "enum": ["pass", "fail", "inconclusive"]},
    "reason": {"type": "string"},
    "canary": {"type": "number", "description": "What was measured of what is judged."},
    "stable": {"type": ["number", "null"], "description": "The same of the other nodes."},
    "limit": {"type": "number"},
    "share_of_limit": {"type": "number", "description": "1 is the limit."},
    "requests": {"type": "integer", "description": "On which it rests."}
  }
})json"};

constexpr http::Schema window{"DeploymentWindow", R"json({
  "type": "object",
  "properties": {
    "seconds": {"type": "number"},
    "nodes": {"type": "integer"},
    "requests": {"type": "integer"},
    "errors": {"type": "integer"},
    "error_ratio": {"type": "number"},
    "answers_4xx_ratio": {"type": "number"},
    "p50_ms": {"type": ["number", "null"]},
    "p95_ms": {"type": ["number", "null"]},
    "p99_ms": {"type": ["number", "null"]},
    "cpu_ms_per_request": {"type": "number"},
    "cpu_seconds": {"type": "number"},
    "memory_bytes": {"type": "number"},
    "memory_limit_bytes": {"type": "number"},
    "pool_share": {"type": "number"},
    "restarts": {"type": "integer"},
    "probe": {
      "type": "object",
      "required": ["requests", "errors"],
      "properties": {
        "requests": {"type": "integer"},
        "errors": {"type": "integer"},
        "ready_failures": {"type": "integer", "description": "In a row."},
        "wrong_release": {"type": "integer"}
      }
    }
  }
})json"};

constexpr http::Schema sample{"DeploymentSample", R"json({
  "type": "object",
  "description": "What the judge saw. Of a canary or a batch: canary and stable, each of the whole, of the last minute and of the last five, and now; of the watch over all nodes: site, alone.",
  "required": ["at", "summary"],
  "properties": {
    "at": {"type": "string", "format": "date-time"},
    "summary": {"type": "string"},
    "share": {"type": "number", "description": "Of the requests of the last minute, those to the canary."},
    "canary": {"$ref": "#/components/schemas/DeploymentWindow"},
    "canary_minute": {"$ref": "#/components/schemas/DeploymentWindow"},
    "stable": {"$ref": "#/components/schemas/DeploymentWindow"},
    "stable_minute": {"$ref": "#/components/schemas/DeploymentWindow"},
    "canary_five_minutes": {"$ref": "#/components/schemas/DeploymentWindow"},
    "stable_five_minutes": {"$ref": "#/components/schemas/DeploymentWindow"},
    "site": {"$ref": "#/components/schemas/DeploymentWindow"},
    "site_five_minutes": {"$ref": "#/components/schemas/DeploymentWindow"},
    "alone": {"type": ["string", "null"], "description": "The one node without which all would be well."},
    "now": {"$ref": "#/components/schemas/DeploymentCheck"},
    "checks": {"type": "array", "items": {"$ref": "#/components/schemas/DeploymentCheck"}},
    "mute": {"type": "array", "items": {"type": "string"}, "description": "Nodes that tell nothing of themselves."},
    "remaining_ms": {"type": "integer"},
    "held": {"type": "boolean"}
  }
})json"};

constexpr http::Schema permission{"DeploymentPermission", R"json({
  "type": "object",
  "required": ["allowed", "why"],
  "properties": {
    "allowed": {"type": "boolean"},
    "why": {"type": "string", "description": "Why not; empty when it is allowed."},
    "to": {"type": ["string", "null"], "description": "Of a rollback: the release to name in POST /v1/rollbacks."}
  }
})json"};

constexpr http::Schema detail{"DeploymentDetail", R"json({
  "allOf": [
    {"$ref": "#/components/schemas/Deployment"},
    {
      "type": "object",
      "required": ["plan", "steps", "samples", "can"],
      "properties": {
        "plan": {"oneOf": [{"$ref": "#/components/schemas/DeploymentPlan"}, {"type": "null"}],
                 "description": "The newest one; on the way back that of the way back."},
        "steps": {"type": "array", "items": {"$ref": "#/components/schemas/DeploymentStep"}},
        "samples": {"type": "array", "items": {"$ref": "#/components/schemas/DeploymentSample"},
                    "description": "The newest 240, the newest last."},
        "can": {
          "type": "object",
          "required": ["hold", "resume", "promote", "abort", "rollback"],
          "properties": {
            "hold": {"$ref": "#/components/schemas/DeploymentPermission"},
            "resume": {"$ref": "#/components/schemas/DeploymentPermission"},
            "promote": {"$ref": "#/components/schemas/DeploymentPermission"},
            "abort": {"$ref": "#/components/schemas/DeploymentPermission"},
            "rollback": {"$ref": "#/components/schemas/DeploymentPermission"}
          }
        }
      }
    }
  ]
})json"};

constexpr http::Schema record{"DeploymentRecord", R"json({
  "type": "object",
  "description": "An event of GET /v1/deployments/{id}/events, and the patch of topic deployments with the verb told.",
  "required": ["seq", "at", "kind", "data"],
  "properties": {
    "seq": {"type": "integer"},
    "at": {"type": "string", "format": "date-time"},
    "kind": {"type": "string", "description": "begun, state, plan, step_begun, step_ended, sample, note, cancels, passed, current, good; more may come."},
    "data": {"type": "object", "additionalProperties": true}
  }
})json"};

constexpr http::Schema new_deployment{"NewDeployment", R"json({
  "type": "object",
  "required": ["release"],
  "additionalProperties": false,
  "properties": {
    "release": {"type": "string", "minLength": 7, "maxLength": 64, "description": "Or a beginning of 7 characters or more."},
    "canary": {"type": "string", "minLength": 1, "maxLength": 64, "description": "A node that serves; the last one when it is absent."},
    "canary_window_ms": {"type": "integer", "minimum": 1000, "maximum": 86400000,
                         "description": "600000 when it is absent; less wants a reason."},
    "reason": {"type": "string", "maxLength": 500},
    "break_glass": {"type": "string", "minLength": 1, "maxLength": 500,
                    "description": "Why it passes although frozen; told to all."}
  }
})json"};

constexpr http::Schema new_rollback{"NewRollback", R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "to": {"type": "string", "minLength": 7, "maxLength": 64,
           "description": "A release that was good. Absent: the known-good one, or, where that runs, the good one before."},
    "reason": {"type": "string", "maxLength": 500}
  }
})json"};

constexpr http::Schema wish{"DeploymentWish", R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "reason": {"type": "string", "maxLength": 500},
    "break_glass": {"type": "string", "minLength": 1, "maxLength": 500,
                    "description": "Why who began it promotes it early, without a second person; told to all."}
  }
})json"};

constexpr http::Schema release{"Release", R"json({
  "type": "object",
  "required": ["id", "first_at", "good_at", "added_at", "digest", "is_current", "is_known_good",
               "is_eligible", "is_stored"],
  "properties": {
    "id": {"type": "string"},
    "first_at": {"type": ["string", "null"], "format": "date-time", "description": "When it was first deployed here; null if never."},
    "good_at": {"type": ["string", "null"], "format": "date-time"},
    "added_at": {"type": ["string", "null"], "format": "date-time", "description": "When it came to the machines."},
    "digest": {"type": ["string", "null"]},
    "is_current": {"type": "boolean"},
    "is_known_good": {"type": "boolean"},
    "is_eligible": {"type": "boolean", "description": "A rollback may go to it: it was good, does not run, and as far as is known the machines have it."},
    "is_stored": {"type": ["boolean", "null"], "description": "Whether the machines have it; null when they cannot be asked."}
  }
})json"};

constexpr http::Schema releases{"Releases", R"json({
  "type": "object",
  "required": ["data", "next_cursor"],
  "additionalProperties": false,
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/Release"}},
    "next_cursor": {"type": ["string", "null"]}
  }
})json"};

constexpr http::Schema current_release{"CurrentRelease", R"json({
  "type": "object",
  "required": ["environment", "release", "known_good", "rollback_to", "deployment_id", "changed_at"],
  "properties": {
    "environment": {"type": "string"},
    "release": {"type": ["string", "null"]},
    "known_good": {"type": ["string", "null"]},
    "rollback_to": {"type": ["string", "null"], "description": "Where POST /v1/rollbacks goes when it names none."},
    "deployment_id": {"type": ["string", "null"], "description": "null: nothing was deployed since the platform was set up."},
    "changed_at": {"type": ["string", "null"], "format": "date-time"}
  }
})json"};

constexpr http::Schema figures{"ReleaseFigures", R"json({
  "type": "object",
  "required": ["environment", "since", "until", "days", "deployment_frequency", "lead_time",
               "change_failure_rate", "time_to_restore"],
  "properties": {
    "environment": {"type": "string"},
    "since": {"type": "string", "format": "date-time"},
    "until": {"type": "string", "format": "date-time"},
    "days": {"type": "integer"},
    "deployment_frequency": {
      "type": "object",
      "description": "Deployments that succeeded.",
      "required": ["count", "per_day"],
      "properties": {"count": {"type": "integer"}, "per_day": {"type": "number"}}
    },
    "lead_time": {
      "type": "object",
      "description": "From when a release came to the machines to its first success.",
      "required": ["count", "median_ms"],
      "properties": {"count": {"type": "integer"}, "median_ms": {"type": ["integer", "null"]}}
    },
    "change_failure_rate": {
      "type": "object",
      "description": "Of the deployments that are decided, those that did not stay.",
      "required": ["count", "failed", "ratio"],
      "properties": {
        "count": {"type": "integer"},
        "failed": {"type": "integer"},
        "ratio": {"type": ["number", "null"]}
      }
    },
    "time_to_restore": {
      "type": "object",
      "description": "From the beginning of a way back to its end.",
      "required": ["count", "median_ms"],
      "properties": {"count": {"type": "integer"}, "median_ms": {"type": ["integer", "null"]}}
    }
  }
})json"};

constexpr http::Schema fleet_node{"FleetNode", R"json({
  "type": "object",
  "required": ["name", "role", "address", "release", "track", "known_good", "is_running", "is_ready",
               "takes_traffic", "weight", "is_sticky"],
  "properties": {
    "name": {"type": "string"},
    "role": {"type": "string", "enum": ["serve", "worker", "scheduler"]},
    "address": {"type": "string"},
    "release": {"type": "string"},
    "track": {"type": "string", "enum": ["canary", "stable", "kept"]},
    "known_good": {"type": "string"},
    "is_running": {"type": "boolean"},
    "is_ready": {"type": "boolean"},
    "takes_traffic": {"type": "boolean", "description": "Neither drained nor in maintenance."},
    "weight": {"type": "integer", "description": "In the balancer; of nodes that serve."},
    "is_sticky": {"type": "boolean", "description": "A twentieth of the users is led there, always the same, beside what follows from its weight; of the canary, where the fleet file asks for it."},
    "beside": {"type": "string", "description": "The release of a second program that runs there meanwhile; empty for none."}
  }
})json"};

constexpr http::Schema fleet{"Fleet", R"json({
  "type": "object",
  "required": ["environment", "as_of", "nodes", "frozen"],
  "properties": {
    "environment": {"type": "string"},
    "as_of": {"type": "string", "format": "date-time"},
    "nodes": {"type": "array", "items": {"$ref": "#/components/schemas/FleetNode"}},
    "frozen": {"oneOf": [{"$ref": "#/components/schemas/Freeze"}, {"type": "null"}],
               "description": "Of the freezes in force the one that lasts longest."}
  }
})json"};

}  // namespace

void add_schemas(http::Router& router) {
    for (const http::Schema& schema :
         {deployment,
          deployments,
          plan,
          step,
          check,
          window,
          sample,
          permission,
          detail,
          record,
          new_deployment,
          new_rollback,
          wish,
          release,
          releases,
          current_release,
          figures,
          fleet_node,
          fleet}) {
        router.add_schema(schema);
    }
}

}  // namespace acme::deploy
