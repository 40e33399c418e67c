#pragma once

/// What the handlers of this room have in common. Private to platform/flag_settings.

#include "io/http/client_address.hpp"
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "io/http/router.hpp"
#include "platform/flag_settings/schemas.hpp"
#include "platform/flag_settings/settings_http.hpp"
#include "platform/flag_settings/settings_json.hpp"

namespace acme::flag_settings {

/// More than targeting_bytes_max, so that who sends too much is told where it is.
inline constexpr std::size_t draft_bytes_max = std::size_t{4} * 1024 * 1024;

inline constexpr http::Access to_read = http::Access::platform(PlatformRole::viewer);
inline constexpr http::Access to_change = http::Access::platform(PlatformRole::operator_);

inline audit::Actor actor_of(const Routes& room, const http::Call& call) {
    return {
        .name = call.who().user.str(),
        .org = std::nullopt,
        .ip = http::client_address(call.request, room.trusted_proxies),
    };
}

inline Editor editor_of(const Routes& room, const http::Call& call, std::string reason = "") {
    return {
        .actor = actor_of(room, call),
        .role = call.who().platform_role.value_or(PlatformRole::viewer),
        .reason = std::move(reason),
    };
}

/// As http::json_object(), of a body of up to `bytes_max`, which may be more than it reads.
Task<Result<boost::json::object>> long_object(const http::Call& call, std::size_t bytes_max);

/// "reason", "" when it is absent.
std::string reason_in(http::Fields& fields);

/// The body of :kill and the like, which may be absent.
Task<Result<std::string>> reason_of(const http::Call& call);

/// The environment that `?environment=` names; without, the first one.
Task<Result<Environment>> environment_of(Routes room, const http::Call& call);

/// enabled, salt and all of the rules; null is as if absent.
Draft draft_in(http::Fields& fields);

/// The version that If-Match names; 0, which none has, for one that is no version of ours. Errors:
/// http.precondition_required.
Result<std::int64_t> version_asked(const http::Call& call);

void add_flag_routes(http::Router& router, Routes room);
void add_targeting_routes(http::Router& router, Routes room);
void add_history_routes(http::Router& router, Routes room);
void add_segment_routes(http::Router& router, Routes room);
void add_exchange_routes(http::Router& router, Routes room);

}  // namespace acme::flag_settings
