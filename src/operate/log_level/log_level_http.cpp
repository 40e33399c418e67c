#include "operate/log_level/log_level_http.hpp"

#include "io/http/client_address.hpp"
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "io/http/router.hpp"
#include "io/http/time.hpp"
#include "operate/log_level/log_level.hpp"

namespace acme::log_level {
namespace {

using http::Call;
using http::Response;

constexpr std::size_t choice_json_bytes_max = 1024;

constexpr http::Schema level_schema{"LogLevel", R"json({
  "type": "object",
  "required": ["level", "expires_at", "set_by"],
  "additionalProperties": false,
  "properties": {
    "level": {"type": ["string", "null"], "enum": ["debug", "info", "warn", "error", null],
              "description": "Null: each process logs at its own LOG_LEVEL."},
    "expires_at": {"type": ["string", "null"], "format": "date-time"},
    "set_by": {"type": ["string", "null"]}
  }
})json"};

constexpr http::Schema choice_schema{"LogLevelChoice", R"json({
  "type": "object",
  "required": ["level", "seconds"],
  "additionalProperties": false,
  "properties": {
    "level": {"type": "string", "enum": ["debug", "info", "warn", "error"]},
    "seconds": {"type": "integer", "minimum": 1, "maximum": 3600}
  }
})json"};

Response to_response(const std::optional<Chosen>& chosen) {
    boost::json::object object{{"level", nullptr}, {"expires_at", nullptr}, {"set_by", nullptr}};
    if (chosen) {
        object["level"] = name_of(chosen->level);
        object["expires_at"] = http::to_json(chosen->expires_at);
        object["set_by"] = chosen->set_by;
    }
    return http::json(200, object);
}

audit::Actor actor_of(const Call& call, const Networks& trusted_proxies) {
    return {
        .name = call.who().user.str(),
        .org = std::nullopt,
        .ip = http::client_address(call.request, trusted_proxies),
    };
}

Task<Result<Response>> show(Levels& levels, const Call& call) {
    co_return to_response(co_await levels.now(call.context));
}

Task<Result<Response>> choose(Levels& levels, const Networks& proxies, const Call& call) {
    http::Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    const std::string word = fields.choice("level", {"debug", "info", "warn", "error"});
    const std::chrono::seconds time(fields.integer("seconds", {1, time_max.count()}));
    ACME_TRY(fields.finish());
    const LogLevel level = parse_log_level(word).value_or(LogLevel::info);
    co_return to_response(
        ACME_TRY(co_await levels.choose(call.context, actor_of(call, proxies), level, time))
    );
}

Task<Result<Response>> end(Levels& levels, const Networks& proxies, const Call& call) {
    co_await levels.end(call.context, actor_of(call, proxies));
    co_return Response{.status = 204};
}

}  // namespace

void add_routes(http::Router& router, Levels& levels, const Networks& trusted_proxies) {
    constexpr std::string_view pattern = "/v1/admin/log_level";
    const auto access = http::Access::platform(PlatformRole::admin);
    router.add_schema(level_schema);
    router.add_schema(choice_schema);
    router.add({
        .method = http::Method::get,
        .pattern = pattern,
        .access = access,
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Shows the level that all processes log at for a while.",
             .response = "LogLevel"},
        .handler = [&levels](const Call& call) { return show(levels, call); },
    });
    router.add({
        .method = http::Method::put,
        .pattern = pattern,
        .access = access,
        .body_bytes_max = choice_json_bytes_max,
        .doc =
            {.summary = "Chooses the level that all processes log at, for an hour at most.",
             .request = "LogLevelChoice",
             .response = "LogLevel"},
        .handler = [&levels, &trusted_proxies](const Call& call
                   ) { return choose(levels, trusted_proxies, call); },
    });
    router.add({
        .method = http::Method::del,
        .pattern = pattern,
        .access = access,
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Has each process log at its own LOG_LEVEL again, before the time.",
             .status = 204},
        .handler = [&levels, &trusted_proxies](const Call& call
                   ) { return end(levels, trusted_proxies, call); },
    });
}

}  // namespace acme::log_level
