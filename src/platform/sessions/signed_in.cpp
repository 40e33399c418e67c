#include "platform/sessions/signed_in.hpp"

#include "io/http/json.hpp"
#include "platform/sessions/sessions_json.hpp"

#include <prometheus/counter.h>

namespace acme::sessions {

http::Response signed_in(Sessions::Begun begun) {
    http::Response response = http::json(200, to_json(begun.session, true));
    response.headers.emplace_back("Set-Cookie", std::move(begun.cookie));
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

Origin origin_of(const Sessions& sessions, const http::Call& call, std::string method) {
    return {
        .method = std::move(method),
        .user_agent = std::string(call.request.header("user-agent")),
        .ip = sessions.address_of(call.request),
    };
}

Task<std::optional<Identity>> former_of(Sessions& sessions, const http::Call& call) {
    const auto former = co_await sessions.identify(call.request, call.context);
    co_return former ? *former : std::nullopt;
}

void count_event(Metrics& metrics, const char* kind, const char* result) {
    metrics
        .counter(
            "auth_events_total",
            "Signing in and out, by what became of it.",
            {{"kind", kind}, {"result", result}}
        )
        .Increment();
}

}  // namespace acme::sessions
