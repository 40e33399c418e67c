#include "platform/ofrep/ofrep_http.hpp"

#include "base/text.hpp"

#include <boost/json/parse.hpp>

namespace acme::ofrep {
namespace {

using http::Call;
using http::Method;
using http::Response;

constexpr http::Schema ruleset_schema{"FlagRuleset", R"json({
    "type": "object",
    "required": ["environment", "version", "flags", "segments"],
    "properties": {
        "environment": {"type": "string"},
        "version": {"type": "integer", "description": "0: nothing was published yet"},
        "flags": {"type": "array", "items": {"type": "object"}},
        "segments": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["key"],
                "properties": {
                    "key": {"type": "string"},
                    "users": {"type": "array", "items": {"type": "string"}},
                    "orgs": {"type": "array", "items": {"type": "string"}},
                    "list": {"type": "string", "description":
                             "In place of users and orgs: their list, GET /v1/flags/ruleset/lists/{id}"},
                    "if": {"type": "array", "items": {"type": "object"}}
                }
            }
        }
    }
})json"};

constexpr http::Schema list_schema{"FlagList", R"json({
    "type": "object",
    "required": ["key", "users", "orgs"],
    "properties": {
        "key": {"type": "string", "description": "Of the segment"},
        "users": {"type": "array", "items": {"type": "string"}},
        "orgs": {"type": "array", "items": {"type": "string"}}
    }
})json"};

constexpr http::Schema exposures_schema{"FlagExposures", R"json({
    "type": "array",
    "maxItems": 1000,
    "items": {
        "type": "object",
        "required": ["flag", "variant"],
        "properties": {
            "flag": {"type": "string"},
            "variant": {"type": "string"},
            "unit": {"type": "string", "minLength": 1, "maxLength": 200,
                     "description": "Who has seen it, as the flag is split by; programs say it"}
        }
    }
})json"};

constexpr http::Schema taken_schema{"FlagExposuresTaken", R"json({
    "type": "object",
    "required": ["accepted"],
    "properties": {"accepted": {"type": "integer"}}
})json"};

/// What they take and answer is in the protocol's own OpenAPI document, not in ours.
void add_evaluations(http::Router& router, Ofrep& ofrep) {
    router.add({
        .method = Method::post,
        .pattern = "/ofrep/v1/evaluate/flags",
        .access = http::Access::signed_in(),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Evaluates all feature flags (OFREP).",
             .query = {"environment", "flagConfigEtag", "flagConfigLastModified", "strict"},
             .also = {304, 400, 404, 503}},
        .handler = [&](const Call& call) { return ofrep.evaluate_all(call); },
    });
    router.add({
        .method = Method::post,
        .pattern = "/ofrep/v1/evaluate/flags/{key}",
        .access = http::Access::signed_in(),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Evaluates one feature flag (OFREP).",
             .query = {"environment", "flagConfigEtag", "flagConfigLastModified", "strict"},
             .also = {400, 404, 503}},
        .handler = [&](const Call& call) { return ofrep.evaluate(call); },
    });
}

void add_streams(http::Router& router, Room room) {
    router.add({
        .method = Method::get,
        .pattern = "/ofrep/v1/stream",
        .access = http::Access::anyone(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary =
                 "Streams that flags have changed (OFREP); an evaluation of all names its address.",
             .query = {"environment", "t"},
             .errors = {"flags.stream_token", "flags.too_many_streams"},
             .response_type = "text/event-stream"},
        .handler = [streams = &room.streams](const Call& call) { return streams->open(call); },
        .time_max = std::chrono::milliseconds(0),
        .is_stream = true,
        .is_metered = false,
    });
    router.add({
        .method = Method::get,
        .pattern = "/v1/flags/stream",
        .access = http::Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Streams rule sets and what changes in them, for programs that evaluate "
                        "themselves.",
             .query = {"environment"},
             .errors = {"flags.environment_unknown", "flags.not_ready", "flags.too_many_streams"},
             .response_type = "text/event-stream"},
        .handler = [rulesets = &room.rulesets](const Call& call) { return rulesets->stream(call); },
        .time_max = std::chrono::milliseconds(0),
        .is_stream = true,
    });
}

Task<Result<Response>> tell(Result<Response> response) { co_return response; }

void add_rulesets(http::Router& router, Room room) {
    router.add({
        .method = Method::get,
        .pattern = "/v1/flags/ruleset",
        .access = http::Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary =
                 "Gets the rule set of an environment, for programs that evaluate themselves.",
             .response = "FlagRuleset",
             .query = {"environment"},
             .errors = {"flags.environment_unknown", "flags.not_ready"},
             .also = {304}},
        .handler = [rulesets = &room.rulesets](const Call& call
                   ) { return tell(rulesets->download(call)); },
    });
    router.add({
        .method = Method::get,
        .pattern = "/v1/flags/ruleset/lists/{id}",
        .access = http::Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Gets the members of a long segment, which rule sets name by this id.",
             .response = "FlagList",
             .errors = {"flags.list_unknown"},
             .also = {304}},
        .handler = [rulesets =
                        &room.rulesets](const Call& call) { return rulesets->download_list(call); },
    });
    router.add({
        .method = Method::post,
        .pattern = "/v1/flags/exposures",
        .access = http::Access::signed_in(),
        .body_bytes_max = exposures_bytes_max,
        .doc =
            {.summary = "Keeps who has seen which variant of a flag.",
             .request = "FlagExposures",
             .response = "FlagExposuresTaken",
             .status = 202,
             .query = {"environment"},
             .errors = {"flags.invalid", "flags.too_large"}},
        .handler = [exposures =
                        &room.exposures](const Call& call) { return exposures->take(call); },
    });
}

}  // namespace

void add_routes(http::Router& router, Room room) {
    add_evaluations(router, room.ofrep);
    router.add_schema(ruleset_schema);
    router.add_schema(list_schema);
    router.add_schema(exposures_schema);
    router.add_schema(taken_schema);
    add_streams(router, room);
    add_rulesets(router, room);
}

void add_ofrep_words(const http::Request& request, Response& refusal) {
    if (!request.target.starts_with("/ofrep/")) return;
    if (refusal.content_type != "application/problem+json" || !refusal.body.ends_with('}')) return;
    boost::system::error_code malformed;
    const auto problem = boost::json::parse(refusal.body, malformed);
    if (malformed || !problem.is_object()) return;
    const auto* const detail = problem.get_object().if_contains("detail");
    const bool has_detail = detail != nullptr && detail->is_string();
    refusal.body.pop_back();
    refusal.body.append(R"(,"errorCode":"GENERAL","errorDetails":)");
    append_json_string(
        refusal.body, has_detail ? std::string_view(detail->get_string()) : std::string_view()
    );
    refusal.body.append("}");
    refusal.content_type = "application/json";
}

}  // namespace acme::ofrep
