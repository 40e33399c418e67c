#include "platform/limits/standing.hpp"

#include "base/error.hpp"
#include "io/http/problem.hpp"

#include <algorithm>
#include <string>

namespace acme::limits {
namespace {

std::int64_t seconds_of(std::chrono::milliseconds time) {
    return std::max<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(time).count(), 1);
}

}  // namespace

std::string_view name_of(Policy policy) {
    switch (policy) {
        case Policy::user: return "user";
        case Policy::anonymous: return "anonymous";
        case Policy::key: return "key";
        case Policy::org: return "org";
    }
    return "user";
}

std::string_view name_of(Mode mode) {
    switch (mode) {
        case Mode::redis: return "redis";
        case Mode::cached: return "cached";
        case Mode::local: return "local";
    }
    return "redis";
}

std::chrono::milliseconds Standing::wait() const {
    std::chrono::milliseconds longest{0};
    for (const Level& level : levels) {
        if (level.is_exceeded) longest = std::max(longest, level.reset);
    }
    return longest;
}

void tell(const Standing& standing, std::chrono::seconds window, http::HeaderList& headers) {
    std::string policies;
    std::string states;
    for (const Level& level : standing.levels) {
        std::string name = policies.empty() ? "\"" : ", \"";
        name.append(name_of(level.policy)).append("\"");
        policies.append(name).append(";q=").append(std::to_string(level.limit));
        policies.append(";w=").append(std::to_string(window.count()));
        if (standing.mode == Mode::local) policies.append(R"(;acme-mode="local")");
        states.append(name).append(";r=").append(std::to_string(level.remaining));
        states.append(";t=").append(std::to_string(seconds_of(level.reset)));
    }
    headers.emplace_back("RateLimit-Policy", std::move(policies));
    headers.emplace_back("RateLimit", std::move(states));
}

http::Response refusal(const Standing& standing, std::string_view path, const trace::Trace& trace) {
    const std::int64_t wait = seconds_of(standing.wait());
    const Error error{
        .kind = ErrorKind::rate_limited,
        .code = "limits.exceeded",
        .message = "Too many requests. The next one is answered in " + std::to_string(wait) + " s.",
        .retry_after = std::chrono::seconds(wait),
    };
    std::vector<std::string_view> violated;
    for (const Level& level : standing.levels) {
        if (level.is_exceeded) violated.push_back(name_of(level.policy));
    }
    return http::quota_exceeded(error, violated, path, trace);
}

}  // namespace acme::limits
