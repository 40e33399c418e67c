#include "io/http/router.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace acme::http {
namespace {

constexpr std::size_t segments_max = 16;

struct Segments {
    std::array<std::string_view, segments_max> parts;
    std::size_t count = 0;
};

/// nullopt for a path that no route can have, because it is too deep.
std::optional<Segments> split(std::string_view path) {
    Segments segments;
    while (!path.empty()) {
        if (segments.count == segments_max) return std::nullopt;
        path.remove_prefix(1);  // the slash
        const auto length = std::min(path.find('/'), path.size());
        segments.parts[segments.count++] = path.substr(0, length);
        path.remove_prefix(length);
    }
    return segments;
}

bool is_placeholder(std::string_view segment) { return segment.starts_with('{'); }

bool fits(const TableRoute& route, const Segments& path) {
    if (route.segments.size() != path.count) return false;
    for (std::size_t i = 0; i < path.count; ++i) {
        const std::string& wanted = route.segments[i];
        if (!is_placeholder(wanted) && wanted != path.parts[i]) return false;
    }
    return true;
}

}  // namespace

void Router::add(Route route) {
    std::string name = std::string(name_of(route.method)).append(" ").append(route.pattern);
    const bool is_known = std::ranges::count(routes_, name, &TableRoute::name) > 0;
    const auto parts = split(route.pattern);
    if (is_known || !parts) throw std::logic_error("a route that cannot be added: " + name);
    std::vector<std::string> segments(parts->parts.begin(), parts->parts.begin() + parts->count);
    routes_.push_back({std::move(route), std::move(name), std::move(segments)});
}

// A walk over some hundred routes takes about a microsecond, so there is no tree.
Match Router::match(const Request& request) const {
    const auto path = split(request.path());
    if (!path) return {};
    const Method method = request.method == Method::head ? Method::get : request.method;
    Match none;
    for (const TableRoute& route : routes_) {
        if (!fits(route, *path)) continue;
        if (route.method != method) {
            none.allowed.push_back(route.method);
            continue;
        }
        Match match{.route = &route};
        for (std::size_t i = 0; i < path->count; ++i) {
            if (is_placeholder(route.segments[i])) match.params.emplace_back(path->parts[i]);
        }
        return match;
    }
    return none;
}

Task<Result<Response>> Router::call(Match match, const Request& request, trace::Context context)
    const {
    if (match.route == nullptr) {
        co_return refuse(ErrorKind::not_found, "http.no_route", "There is nothing here.");
    }
    Call call{request, context, std::move(match.params)};
    if (identify_) call.identity = ACME_TRY(co_await identify_(request, context));
    ACME_TRY(match.route->access.check(call.identity));
    ACME_TRY(request.body.limit(match.route->body_bytes_max));
    co_return co_await match.route->handler(call);
}

}  // namespace acme::http
