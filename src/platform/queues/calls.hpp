#pragma once

/// What the handlers of this room have in common. Private to platform/queues.

#include "io/http/client_address.hpp"
#include "io/http/fields.hpp"
#include "io/http/router.hpp"
#include "io/pg/database.hpp"
#include "platform/audit/audit.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/queues/queues_http.hpp"
#include "work/queues/ids.hpp"
#include "work/queues/queues.hpp"

namespace acme::queues {

inline constexpr std::size_t body_bytes_max = std::size_t{16} * 1024;
inline constexpr std::size_t job_bytes_max = std::size_t{128} * 1024;  // 64 KiB, escaped
inline constexpr std::size_t batch_bytes_max = std::size_t{16} * 1024 * 1024;

/// Whose jobs a route is about: the organization's of who calls, or the platform's.
enum class Side : std::uint8_t { organization, platform };
inline constexpr Side sides[] = {Side::organization, Side::platform};

/// The pattern, or the name, of the one side or of the other. Both are literals.
constexpr std::string_view of(Side side, std::string_view organization, std::string_view platform) {
    return side == Side::organization ? organization : platform;
}

inline Owner owner_of(Side side, const http::Call& call) {
    return side == Side::organization ? call.who().org.str() : "";
}

/// Members see what is in the queues of their organization, and add to them.
inline http::Access to_read(Side side) {
    return side == Side::organization ? http::Access::org(OrgRole::member)
                                      : http::Access::platform(PlatformRole::viewer);
}

inline http::Access to_add(Side side) {
    return side == Side::organization ? http::Access::org(OrgRole::member)
                                      : http::Access::platform(PlatformRole::operator_);
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

/// Leave the bodies of what they make to fields() of the others: one number, or null.
std::optional<double> optional_number(
    http::Fields& fields, std::string_view key, double least, double most
);

/// A time as RFC 3339 has it; complains with queues.time.
std::optional<WallTime> optional_time(http::Fields& fields, std::string_view key);

void add_job_routes(http::Router& router, Routes room, Side side);
void add_adding_routes(http::Router& router, Routes room, Side side);
void add_acting_routes(http::Router& router, Routes room, Side side);
void add_queue_routes(http::Router& router, Routes room, Side side);
void add_pull_routes(http::Router& router, Routes room);

}  // namespace acme::queues
