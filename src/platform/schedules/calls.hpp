#pragma once

/// What the handlers of this room have in common. Private to platform/schedules.

#include "io/http/client_address.hpp"
#include "io/http/fields.hpp"
#include "io/http/router.hpp"
#include "platform/schedules/schedules.hpp"
#include "platform/schedules/schedules_http.hpp"

namespace acme::schedules {

inline constexpr std::size_t body_bytes_max = std::size_t{128} * 1024;  // arguments, escaped

/// Whose schedules a route is about: the organization's of who calls, or the platform's.
enum class Side : std::uint8_t { organization, platform };
inline constexpr Side sides[] = {Side::organization, Side::platform};

/// The pattern of the one side or of the other. Both are literals.
constexpr std::string_view of(Side side, std::string_view organization, std::string_view platform) {
    return side == Side::organization ? organization : platform;
}

inline std::string owner_of(Side side, const http::Call& call) {
    return side == Side::organization ? call.who().org.str() : "";
}

inline http::Access to_read(Side side) {
    return side == Side::organization ? http::Access::org(OrgRole::member)
                                      : http::Access::platform(PlatformRole::viewer);
}

inline http::Access to_act(Side side) {
    return side == Side::organization ? http::Access::org(OrgRole::admin)
                                      : http::Access::platform(PlatformRole::operator_);
}

inline audit::Actor actor_of(const Routes& room, const http::Call& call) {
    return {
        .name = call.who().user.str(),
        .org = call.who().org,
        .ip = http::client_address(call.request, room.trusted_proxies),
    };
}

/// A rule out of JSON. What is wrong with it is a complaint of `fields`, each with its field.
Rule rule_in(http::Fields& fields, WallTime now);

/// The times of a rule alone.
Rule times_in(http::Fields& fields);

/// A time as RFC 3339 has it; complains with schedules.times.
std::optional<WallTime> optional_time(http::Fields& fields, std::string_view key);

void add_acting_routes(http::Router& router, Routes room, Side side);

}  // namespace acme::schedules
