#include "io/http/router.hpp"

#include <algorithm>
#include <stdexcept>

namespace acme::http {
namespace {

/// What the placeholders matched; nullopt where a percent sign begins no byte.
std::optional<std::vector<std::string>> params_of(const TableRoute& route, RouteTree::Path path) {
    std::vector<std::string> params;
    for (std::size_t i = 0; i < route.segments.size(); ++i) {
        if (!is_placeholder(route.segments[i])) continue;
        std::string_view part = path[i];
        if (takes_rest(route.segments[i])) {
            part = {part.data(), static_cast<std::size_t>(path.back().end() - part.begin())};
        }
        part.remove_suffix(verb_of(route.segments[i]).size());
        auto decoded = percent_decoded(part, false);
        if (!decoded) return std::nullopt;
        params.push_back(std::move(*decoded));
    }
    return params;
}

Task<Result<Admitted>> recognize(const Identify& identify, Arrival arrival) {
    if (!identify || !arrival.route.access.needs_identity()) co_return Admitted{};
    auto identity = ACME_TRY(co_await identify(arrival.request, arrival.context));
    co_return Admitted{.identity = std::move(identity)};
}

Result<Response> answer_without_route(const Match& match, Method method) {
    if (match.allowed.empty()) {
        return refuse(ErrorKind::not_found, "http.no_route", "There is nothing here.");
    }
    if (method == Method::options) return Response{.status = 204};
    return refuse(
        ErrorKind::invalid, "http.method_not_allowed", "This path does not take this method."
    );
}

Task<Result<Response>> tell(Result<Response> result) { co_return result; }

/// `admit` is null where nobody is to be admitted.
Task<Result<Response>> answer(
    const Admit* admit, const TableRoute& route, Call call, HeaderList& headers
) {
    if (admit != nullptr) {
        Admitted admitted =
            ACME_TRY(co_await (*admit)(Arrival{call.request, route, call.context, headers}));
        if (admitted.refusal) co_return std::move(*admitted.refusal);
        call.identity = std::move(admitted.identity);
        if (call.identity) call.context.trace->user_id = call.identity->user.str();
    }
    ACME_TRY(route.access.check(call.identity));
    ACME_TRY(call.request.body.limit(route.body_bytes_max));
    co_return co_await route.handler(call);
}

}  // namespace

Router::Router(Identify identify)
    : admit_([identify = std::move(identify)](const Arrival& arrival) {
          return recognize(identify, arrival);
      }) {}

void Router::add(Route route) {
    if (route.is_operations) route.is_metered = false;
    std::string name = std::string(name_of(route.method)).append(" ").append(route.pattern);
    const bool is_known = std::ranges::count(routes_, name, &TableRoute::name) > 0;
    const auto path = Segments::of(route.pattern);
    if (is_known || !path) throw std::logic_error("a route that cannot be added: " + name);
    tree_.add(path->all(), routes_.size());
    std::vector<std::string> segments(path->all().begin(), path->all().end());
    routes_.push_back({std::move(route), std::move(name), std::move(segments)});
}

Match Router::match(const Request& request) const {
    const auto segments = Segments::of(request.path());
    if (!segments) return {};
    const RouteTree::Path path = segments->all();
    const Method method = request.method == Method::head ? Method::get : request.method;
    Match none;
    const auto takes_method = [&](std::size_t at) {
        if (routes_[at].method == method) return true;
        none.allowed.push_back(routes_[at].method);
        if (routes_[at].method == Method::get) none.allowed.push_back(Method::head);
        return false;
    };
    if (const auto found = tree_.find(path, takes_method)) {
        const TableRoute& route = routes_[*found];
        auto params = params_of(route, path);
        if (!params) return {};
        return {.route = &route, .params = std::move(*params)};
    }
    return none;
}

// No coroutine of its own: the frame of answer() stays below the 1,020 bytes whose memory Asio
// keeps.
Task<Result<Response>> Router::call(
    Match match, const Request& request, trace::Context context, HeaderList& headers
) const {
    if (match.route == nullptr) return tell(answer_without_route(match, request.method));
    const TableRoute& route = *match.route;
    const bool is_counted = is_metered_ && route.is_metered;
    const bool has_to_admit = admit_ && (is_counted || route.access.needs_identity());
    return answer(
        has_to_admit ? &admit_ : nullptr,
        route,
        Call{request, context, std::move(match.params)},
        headers
    );
}

}  // namespace acme::http
