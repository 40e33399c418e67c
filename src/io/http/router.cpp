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

bool takes_rest(std::string_view segment) { return segment.ends_with("...}"); }

bool takes_rest(const TableRoute& route) { return takes_rest(route.segments.back()); }

bool fits(const TableRoute& route, const Segments& path) {
    const std::size_t count = route.segments.size();
    const bool is_long_enough = takes_rest(route) ? path.count >= count : path.count == count;
    if (!is_long_enough) return false;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string& wanted = route.segments[i];
        if (is_placeholder(wanted) ? path.parts[i].empty() : wanted != path.parts[i]) return false;
    }
    return true;
}

/// What the placeholders matched; nullopt where a percent sign begins no byte.
std::optional<std::vector<std::string>> params_of(const TableRoute& route, const Segments& path) {
    std::vector<std::string> params;
    for (std::size_t i = 0; i < route.segments.size(); ++i) {
        if (!is_placeholder(route.segments[i])) continue;
        std::string_view part = path.parts[i];
        if (takes_rest(route.segments[i])) {
            const std::string_view last = path.parts[path.count - 1];
            part = {part.data(), static_cast<std::size_t>(last.end() - part.begin())};
        }
        auto decoded = percent_decoded(part, false);
        if (!decoded) return std::nullopt;
        params.push_back(std::move(*decoded));
    }
    return params;
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
    for (const bool with_rest : {false, true}) {
        for (const TableRoute& route : routes_) {
            if (route.method != method || takes_rest(route) != with_rest) continue;
            if (!fits(route, *path)) continue;
            auto params = params_of(route, *path);
            if (!params) return {};
            return {.route = &route, .params = std::move(*params)};
        }
    }
    Match none;
    for (const TableRoute& route : routes_) {
        if (!fits(route, *path)) continue;
        none.allowed.push_back(route.method);
        if (route.method == Method::get) none.allowed.push_back(Method::head);
    }
    return none;
}

Task<Result<Response>> Router::call(Match match, const Request& request, trace::Context context)
    const {
    if (match.route == nullptr) {
        if (match.allowed.empty()) {
            co_return refuse(ErrorKind::not_found, "http.no_route", "There is nothing here.");
        }
        if (request.method == Method::options) co_return Response{.status = 204};
        co_return refuse(
            ErrorKind::invalid, "http.method_not_allowed", "This path does not take this method."
        );
    }
    Call call{request, context, std::move(match.params)};
    const Access& access = match.route->access;
    if (identify_ && access.needs_identity()) {
        call.identity = ACME_TRY(co_await identify_(request, context));
        if (call.identity) context.trace->user_id = call.identity->user.str();
    }
    ACME_TRY(access.check(call.identity));
    ACME_TRY(request.body.limit(match.route->body_bytes_max));
    co_return co_await match.route->handler(call);
}

}  // namespace acme::http
