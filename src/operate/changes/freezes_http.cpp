#include "operate/changes/freezes_http.hpp"

#include "io/http/client_address.hpp"
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "io/http/page.hpp"
#include "io/pg/database.hpp"
#include "platform/idempotency/idempotency.hpp"

#include <boost/json/serialize.hpp>

#include <memory>

namespace acme::changes {
namespace {

using http::Access;
using http::Call;
using http::Response;
using Shared = std::shared_ptr<HttpParts>;

constexpr std::size_t freeze_json_bytes_max = std::size_t{16} * 1024;
constexpr std::size_t time_chars_max = 40;

constexpr http::Schema freeze_schema{"Freeze", R"json({
  "type": "object",
  "required": ["id", "environment", "reason", "until", "actor", "source", "created_at", "is_active",
               "lifted_at", "lifted_by", "lift_reason"],
  "additionalProperties": false,
  "properties": {
    "id": {"type": "string"},
    "environment": {"type": "string"},
    "reason": {"type": "string"},
    "until": {"type": ["string", "null"], "format": "date-time"},
    "actor": {"type": "string"},
    "source": {"type": "string"},
    "created_at": {"type": "string", "format": "date-time"},
    "is_active": {"type": "boolean"},
    "lifted_at": {"type": ["string", "null"], "format": "date-time"},
    "lifted_by": {"type": ["string", "null"]},
    "lift_reason": {"type": ["string", "null"]}
  }
})json"};

constexpr http::Schema freezes_schema{"Freezes", R"json({
  "type": "object",
  "required": ["data", "next_cursor"],
  "additionalProperties": false,
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/Freeze"}},
    "next_cursor": {"type": ["string", "null"]}
  }
})json"};

constexpr http::Schema new_freeze_schema{"NewFreeze", R"json({
  "type": "object",
  "required": ["reason", "until"],
  "additionalProperties": false,
  "properties": {
    "reason": {"type": "string", "minLength": 1, "maxLength": 500},
    "until": {"type": "string", "format": "date-time", "maxLength": 40}
  }
})json"};

constexpr http::Schema pass_schema{"FreezePass", R"json({
  "type": "object",
  "required": ["freeze", "release", "actor", "reason", "created_at"],
  "additionalProperties": false,
  "properties": {
    "freeze": {"type": "string"},
    "release": {"type": "string"},
    "actor": {"type": "string", "description": "Who deploys the release must be another."},
    "reason": {"type": "string"},
    "created_at": {"type": "string", "format": "date-time"}
  }
})json"};

constexpr http::Schema new_pass_schema{"NewFreezePass", R"json({
  "type": "object",
  "required": ["release", "reason"],
  "additionalProperties": false,
  "properties": {
    "release": {"type": "string", "minLength": 1, "maxLength": 64, "description": "Its whole name."},
    "reason": {"type": "string", "minLength": 1, "maxLength": 500}
  }
})json"};

audit::Actor actor_of(const HttpParts& parts, const Call& call) {
    return {
        .name = call.who().user.str(),
        .org = std::nullopt,
        .ip = http::client_address(call.request, parts.trusted_proxies),
    };
}

Task<Result<Response>> list(Shared parts, const Call& call) {
    const std::string scope = "freezes " + parts->environment;
    const auto asked = ACME_TRY(http::page_asked(call.request, parts->cursors, scope));
    auto found = co_await parts->freezes.list(
        call.context, parts->environment, FreezeId::parse(asked.after), asked.limit + 1
    );
    std::string next;
    if (std::ssize(found) > asked.limit) {
        found.pop_back();
        next = parts->cursors.sign(scope, found.back().id.str());
    }
    boost::json::array data;
    for (const Freeze& freeze : found) data.push_back(to_json(freeze));
    co_return http::page(call.request, std::move(data), std::move(next));
}

Task<Result<Response>> begin(Shared parts, const Call& call) {
    const boost::json::object body = ACME_TRY(co_await http::json_object(call.request));
    http::Fields fields(body);
    NewFreeze wanted{
        .environment = parts->environment,
        .reason = fields.text("reason", {1, reason_chars_max}),
        .until = parse_time(fields.text("until", {1, time_chars_max})),
    };
    if (!wanted.until) fields.complain("until", "changes.moment", "is 2026-11-24T18:00:00Z");
    ACME_TRY(fields.finish());
    auto transaction = co_await parts->db.begin(call.context);
    auto claim =
        ACME_TRY(co_await parts->idempotency.claim(transaction, call, boost::json::serialize(body))
        );
    if (claim.replay) co_return *std::move(claim.replay);
    const Freeze freeze = ACME_TRY(co_await Freezes::begin(
        transaction, call.context, actor_of(*parts, call), std::move(wanted), parts->clock.now()
    ));
    Response response = http::json(201, to_json(freeze));
    co_await parts->idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return response;
}

/// A DELETE has no body that all clients send, so the reason stands in the query.
Task<Result<Response>> lift(Shared parts, const Call& call) {
    const auto id = FreezeId::parse(call.params[0]);
    if (!id) {
        co_return refuse(ErrorKind::not_found, "changes.no_freeze", "There is no such freeze.");
    }
    std::string reason = call.request.query("reason").value_or("");
    const Freeze freeze = ACME_TRY(
        co_await parts->freezes.lift(call.context, actor_of(*parts, call), *id, std::move(reason))
    );
    co_return http::json(200, to_json(freeze));
}

Task<Result<Response>> let_through(Shared parts, const Call& call) {
    const auto id = FreezeId::parse(call.params[0]);
    if (!id) {
        co_return refuse(ErrorKind::not_found, "changes.no_freeze", "There is no such freeze.");
    }
    const boost::json::object body = ACME_TRY(co_await http::json_object(call.request));
    http::Fields fields(body);
    NewPass wanted{
        .freeze = *id,
        .release = fields.text("release", {1, release_chars_max}),
        .reason = fields.text("reason", {1, reason_chars_max}),
    };
    ACME_TRY(fields.finish());
    auto transaction = co_await parts->db.begin(call.context);
    auto claim =
        ACME_TRY(co_await parts->idempotency.claim(transaction, call, boost::json::serialize(body))
        );
    if (claim.replay) co_return *std::move(claim.replay);
    const Pass pass = ACME_TRY(co_await Freezes::let_through(
        transaction, call.context, actor_of(*parts, call), std::move(wanted), parts->clock.now()
    ));
    Response response = http::json(201, to_json(pass));
    co_await parts->idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return response;
}

void add_pass(http::Router& router, const Shared& parts) {
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/freezes/{id}:pass",
        .access = Access::platform(PlatformRole::operator_),
        .body_bytes_max = freeze_json_bytes_max,
        .doc =
            {.summary = "Lets one release through a freeze, for whoever else deploys it.",
             .request = "NewFreezePass",
             .response = "FreezePass",
             .status = 201,
             .errors =
                 {"changes.no_freeze",
                  "changes.freeze_over",
                  "changes.freeze_invalid",
                  "idempotency.in_progress",
                  "idempotency.other_payload",
                  "idempotency.key_malformed"},
             .takes_key = true},
        .handler = [parts](const Call& call) { return let_through(parts, call); },
    });
}

void add_list(http::Router& router, const Shared& parts) {
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/freezes",
        .access = Access::platform(PlatformRole::viewer),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists the times in which nothing new is deployed, newest first.",
             .response = "Freezes",
             .query = {"limit", "cursor"},
             .errors = {"http.page_limit", "http.cursor"}},
        .handler = [parts](const Call& call) { return list(parts, call); },
    });
}

}  // namespace

void add_routes(http::Router& router, HttpParts given) {
    const auto parts = std::make_shared<HttpParts>(std::move(given));
    router.add_schema(freeze_schema);
    router.add_schema(freezes_schema);
    router.add_schema(new_freeze_schema);
    router.add_schema(pass_schema);
    router.add_schema(new_pass_schema);
    add_list(router, parts);
    add_pass(router, parts);
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/freezes",
        .access = Access::platform(PlatformRole::operator_),
        .body_bytes_max = freeze_json_bytes_max,
        .doc =
            {.summary = "Begins a freeze: until then deployments are refused, rollbacks are not.",
             .request = "NewFreeze",
             .response = "Freeze",
             .status = 201,
             .errors =
                 {"changes.freeze_invalid",
                  "idempotency.in_progress",
                  "idempotency.other_payload",
                  "idempotency.key_malformed"},
             .takes_key = true},
        .handler = [parts](const Call& call) { return begin(parts, call); },
    });
    router.add({
        .method = http::Method::del,
        .pattern = "/v1/freezes/{id}",
        .access = Access::platform(PlatformRole::operator_),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lifts a freeze before its end.",
             .response = "Freeze",
             .query = {"reason"},
             .errors = {"changes.no_freeze", "changes.freeze_over", "changes.freeze_invalid"}},
        .handler = [parts](const Call& call) { return lift(parts, call); },
    });
}

}  // namespace acme::changes
