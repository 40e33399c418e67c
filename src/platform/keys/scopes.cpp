#include "platform/keys/scopes.hpp"

#include "platform/keys/key_text.hpp"

#include <algorithm>

namespace acme::keys {
namespace {

constexpr std::string_view scheme = "bearer ";

}  // namespace

bool is_scope(std::string_view scope) {
    const auto colon = scope.find(':');
    if (colon == scope.npos) return false;
    const std::string_view room = scope.substr(0, colon);
    const std::string_view verb = scope.substr(colon + 1);
    const bool is_known = std::ranges::count(scoped_rooms, room) > 0;
    return is_known && (verb == "read" || (verb == "write" && room != "me"));
}

void add_scope_problems(const std::vector<std::string>& scopes, std::vector<FieldError>& problems) {
    for (std::size_t i = 0; i < scopes.size(); ++i) {
        if (is_scope(scopes[i])) continue;
        problems.push_back({
            "/scopes/" + std::to_string(i),
            "keys.scope_unknown",
            "must be a room and what is done there, such as files:read",
        });
    }
    if (scopes.empty()) {
        problems.push_back({"/scopes", "keys.scope_unknown", "must name at least one scope"});
    }
}

std::string joined(std::vector<std::string> scopes) {
    std::ranges::sort(scopes);
    scopes.erase(std::ranges::unique(scopes).begin(), scopes.end());
    std::string text;
    for (const std::string& scope : scopes) text.append(text.empty() ? "" : " ").append(scope);
    return text;
}

std::vector<std::string> apart(std::string_view list, char separator) {
    std::vector<std::string> scopes;
    while (!list.empty()) {
        const auto end = std::min(list.find(separator), list.size());
        if (end > 0) scopes.emplace_back(list.substr(0, end));
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return scopes;
}

bool grants(std::string_view scopes, std::string_view scope) {
    while (!scopes.empty()) {
        const auto blank = std::min(scopes.find(' '), scopes.size());
        if (scopes.substr(0, blank) == scope) return true;
        scopes.remove_prefix(std::min(blank + 1, scopes.size()));
    }
    return false;
}

bool is_of_flags(const http::TableRoute& route) {
    const auto& segments = route.segments;
    const bool is_protocol = segments.front() == "ofrep" || segments.front() == "api";
    if (is_protocol) return route.access.needs_identity();
    const bool is_room = segments.size() > 2 && segments[0] == "v1" && segments[1] == "flags";
    return is_room && (route.method == http::Method::get || segments[2] == "exposures");
}

std::optional<std::string> scope_of(const http::TableRoute& route) {
    if (is_of_flags(route)) return "flags:read";
    const auto& segments = route.segments;
    const bool is_versioned = segments.size() > 1 && segments[0] == "v1";
    const bool is_pull = segments.back() == "pull";  // waits, but not for long
    if (!is_versioned || (route.is_stream && !is_pull)) return std::nullopt;
    const bool is_platforms = segments[1] == "platform" && segments.size() > 2;
    std::string room = segments[is_platforms ? 2 : 1];
    room = room.substr(0, room.find(':'));
    for (const std::string_view word : {"queues", "workers", "pull", "leases"}) {
        if (room == word) room = "jobs";
    }
    if (room == "rollbacks") room = "deployments";
    if (room == "uploads") room = "files";
    const bool is_read = route.method == http::Method::get;
    const bool is_mine = room == "me" && segments.size() > 2;
    const bool is_second_person = segments.back().ends_with(":pass");
    std::string scope = room + (is_read ? ":read" : ":write");
    if (is_mine || is_second_person || !is_scope(scope)) return std::nullopt;
    return scope;
}

Result<> check_scope(const http::TableRoute& route, std::string_view scopes) {
    const auto scope = scope_of(route);
    if (!scope) {
        return refuse(
            ErrorKind::forbidden, "keys.not_for_keys", "This takes a person who is signed in."
        );
    }
    if (grants(scopes, *scope)) return {};
    return refuse(
        ErrorKind::forbidden, "keys.scope_required", "This takes the scope " + *scope + "."
    );
}

std::string_view bearer_in(const http::Request& request) {
    const std::string_view header = request.header("Authorization");
    // SDKs of Unleash send a key as it is.
    if (request.path().starts_with("/api/") && header.starts_with(key_prefix)) return header;
    if (header.size() < scheme.size()) return "";
    for (std::size_t i = 0; i < scheme.size(); ++i) {
        const bool is_upper = header[i] >= 'A' && header[i] <= 'Z';
        if ((is_upper ? static_cast<char>(header[i] + 32) : header[i]) != scheme[i]) return "";
    }
    return header.substr(scheme.size());
}

}  // namespace acme::keys
