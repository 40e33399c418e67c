#include "platform/flag_settings/settings_http.hpp"

#include "base/text.hpp"
#include "io/http/condition.hpp"
#include "io/pg/database.hpp"
#include "platform/flag_settings/calls.hpp"
#include "platform/idempotency/idempotency.hpp"

#include <boost/json/serialize.hpp>

namespace acme::flag_settings {
namespace {

using http::Call;
using http::Fields;
using http::Response;

constexpr std::size_t environment_bytes_max = std::size_t{16} * 1024;

Task<Result<Response>> list(Routes room, const Call& call) {
    boost::json::array data;
    for (const Environment& each : co_await room.settings.environments.list(call.context)) {
        data.push_back(to_json(each));
    }
    co_return http::json(200, boost::json::object{{"data", std::move(data)}});
}

Task<Result<Response>> add(Routes room, const Call& call) {
    const boost::json::object body = ACME_TRY(co_await http::json_object(call.request));
    Fields fields(body);
    Environment wanted{.key = fields.text("key", {1, 63}), .name = fields.text("name", {1, 100})};
    wanted.is_protected = fields.optional_boolean("protected").value_or(false);
    ACME_TRY(fields.finish());
    auto transaction = co_await room.settings.parts.db.begin(call.context);
    auto claim =
        ACME_TRY(co_await room.idempotency.claim(transaction, call, boost::json::serialize(body)));
    if (claim.replay) co_return *std::move(claim.replay);
    const Environment made = ACME_TRY(co_await room.settings.environments.add(
        transaction, call.context, editor_of(room, call), std::move(wanted)
    ));
    Response response = http::json(201, to_json(made));
    co_await room.idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return response;
}

Task<Result<Response>> change(Routes room, const Call& call) {
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    auto name = fields.optional_text("name", {1, 100});
    const auto is_protected = fields.optional_boolean("protected");
    ACME_TRY(fields.finish());
    const Environment changed = ACME_TRY(co_await room.settings.environments.change(
        call.context, editor_of(room, call), call.params[0], std::move(name), is_protected
    ));
    co_return http::json(200, to_json(changed));
}

void add_environment_routes(http::Router& router, Routes room) {
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/admin/flag-environments",
        .access = to_read,
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists the environments in which flags are answered.",
             .response = "FlagEnvironments"},
        .handler = [room](const Call& call) { return list(room, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/admin/flag-environments",
        .access = http::Access::platform(PlatformRole::admin),
        .body_bytes_max = environment_bytes_max,
        .doc =
            {.summary = "Adds an environment, in which every flag is off.",
             .request = "NewFlagEnvironment",
             .response = "FlagEnvironment",
             .status = 201,
             .errors =
                 {"flags.invalid",
                  "flags.taken",
                  "flags.too_many",
                  "idempotency.key_malformed",
                  "idempotency.in_progress",
                  "idempotency.other_payload"},
             .takes_key = true},
        .handler = [room](const Call& call) { return add(room, call); },
    });
    router.add({
        .method = http::Method::patch,
        .pattern = "/v1/admin/flag-environments/{environment}",
        .access = http::Access::platform(PlatformRole::admin),
        .body_bytes_max = environment_bytes_max,
        .doc =
            {.summary = "Changes the name of an environment, or whether it is protected.",
             .request = "FlagEnvironmentPatch",
             .response = "FlagEnvironment",
             .errors = {"flags.environment_unknown", "flags.invalid"},
             .request_type = "application/merge-patch+json"},
        .handler = [room](const Call& call) { return change(room, call); },
    });
}

}  // namespace

Task<Result<boost::json::object>> long_object(const Call& call, std::size_t bytes_max) {
    if (!call.request.header("Content-Type").starts_with("application/json")) {
        co_return refuse(
            ErrorKind::invalid, "http.media_type", "This takes a body of type application/json."
        );
    }
    const std::string text = ACME_TRY(co_await call.request.body.read_all(bytes_max));
    co_return http::parse_object(text);
}

std::string reason_in(Fields& fields) {
    return fields.optional_text("reason", {0, reason_chars_max}).value_or("");
}

Task<Result<std::string>> reason_of(const Call& call) {
    if (call.request.header("Content-Type").empty()) co_return std::string();
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    std::string reason = reason_in(fields);
    ACME_TRY(fields.finish());
    co_return reason;
}

Task<Result<Environment>> environment_of(Routes room, const Call& call) {
    const auto key = call.request.query("environment");
    if (key) co_return co_await room.settings.environments.find(call.context, *key);
    co_return (co_await room.settings.environments.list(call.context)).front();
}

Draft draft_in(Fields& fields) {
    Draft draft{.is_enabled = fields.boolean("enabled")};
    draft.salt = fields.optional_text("salt", {1, 200});
    for (const char* const name :
         {"off_value", "bucket_by", "prerequisites", "overrides", "rules", "fallthrough"}) {
        const auto* value = fields.any(name);
        if (value != nullptr && !value->is_null()) draft.rules[name] = *value;
    }
    return draft;
}

Result<std::int64_t> version_asked(const Call& call) {
    const std::string_view wanted = call.request.header("If-Match");
    if (wanted.empty()) {
        return std::unexpected(http::check_if_match(call.request, "").error());
    }
    if (wanted.size() < 2 || !wanted.starts_with('"') || !wanted.ends_with('"')) return 0;
    return parse_number<std::int64_t>(wanted.substr(1, wanted.size() - 2)).value_or(0);
}

void add_routes(http::Router& router, Routes room) {
    for (const http::Schema& schema : flag_schemas()) router.add_schema(schema);
    for (const http::Schema& schema : targeting_schemas()) router.add_schema(schema);
    for (const http::Schema& schema : segment_schemas()) router.add_schema(schema);
    add_environment_routes(router, room);
    add_flag_routes(router, room);
    add_targeting_routes(router, room);
    add_history_routes(router, room);
    add_segment_routes(router, room);
    add_exchange_routes(router, room);
}

}  // namespace acme::flag_settings
