#pragma once

/// What programs may call, by the rooms of the API: "files:read", "deployments:write". A scope
/// takes away from what a role gives, and gives nothing.

#include "base/result.hpp"
#include "io/http/router.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acme::keys {

/// Each has the scopes "room:read" and "room:write". Of "me" there is only reading who one is.
inline constexpr std::array<std::string_view, 15> scoped_rooms{
    "audit",
    "deployments",
    "drift",
    "drills",
    "files",
    "flags",
    "fleet",
    "freezes",
    "jobs",
    "me",
    "nodes",
    "pings",
    "releases",
    "schedules",
    "webhooks"
};

/// Whether there is such a scope.
bool is_scope(std::string_view scope);

/// keys.scope_unknown for those that are none, and for a list without any.
void add_scope_problems(const std::vector<std::string>& scopes, std::vector<FieldError>& problems);

/// As they are kept: each once, in order, with blanks between.
std::string joined(std::vector<std::string> scopes);

/// Those of a list, "files:read files:write"; nothing between two separators is none.
std::vector<std::string> apart(std::string_view list, char separator = ' ');

/// Whether `scope` is among those that joined() made.
bool grants(std::string_view scopes, std::string_view scope);

/// What a program needs for this route: "files:read". nullopt: programs never may. That is so for
/// what belongs to people, for being a second person, and for streams, which would outlive a
/// revocation.
std::optional<std::string> scope_of(const http::TableRoute& route);

/// Whether this is reading flags, which programs do without counting against a quota, and go on
/// doing while PostgreSQL is out of reach: they ask with every request that they answer themselves.
bool is_of_flags(const http::TableRoute& route);

/// How long a program that was known goes on reading flags while PostgreSQL cannot be asked.
inline constexpr std::chrono::hours known_through_outages{1};

/// Errors: keys.not_for_keys, keys.scope_required (forbidden).
Result<> check_scope(const http::TableRoute& route, std::string_view scopes);

/// What stands behind "Bearer" in Authorization; "" when there is none. Source: RFC 6750, 2.1.
std::string_view bearer_in(const http::Request& request);

}  // namespace acme::keys
