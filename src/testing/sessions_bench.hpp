#pragma once

/// Accounts and sessions on a real PostgreSQL and a real Redis, through their classes and through
/// the router, with browsers that keep their cookies.

#include "io/http/page.hpp"
#include "io/http/service.hpp"
#include "platform/accounts/accounts.hpp"
#include "platform/accounts/links.hpp"
#include "platform/accounts/passwords.hpp"
#include "platform/factors/passkeys.hpp"
#include "platform/sessions/sessions.hpp"
#include "platform/sessions/sessions_http.hpp"
#include "platform/sessions/tries.hpp"
#include "testing/bench.hpp"
#include "testing/redis.hpp"

namespace acme::testing {

/// In the way of no test that is not about them.
inline constexpr limits::Options ample_limits{.user_max = 1'000'000, .anonymous_max = 1'000'000};

/// What one thread of a node has of these rooms. Two of them are two nodes.
struct SessionsNode {
    SessionsNode(
        Bench& bench, const std::string& redis_url, limits::Options options = ample_limits
    );
    SessionsNode(const SessionsNode&) = delete;
    SessionsNode& operator=(const SessionsNode&) = delete;
    ~SessionsNode() { redis.close(); }

    Bench& bench;
    const Networks trusted_proxies = Networks::parse("192.0.2.99").value();
    http::Cursors cursors;
    redis::Client redis;
    accounts::Accounts accounts;
    accounts::Passwords passwords;
    accounts::Links links;
    factors::Factors factors;
    factors::Passkeys passkeys;
    limits::Limits limits;
    sessions::Sessions sessions;
    sessions::Tries tries;
    sessions::Auth auth;
    http::Router router;
    http::Service service;
};

/// Sends requests and keeps the session cookie.
struct Browser {
    http::Response send(
        http::Method method,
        std::string_view target,
        std::string_view body = "",
        std::vector<http::Header> more = {}
    );
    http::Response get(std::string_view target) { return send(http::Method::get, target); }
    http::Response post(std::string_view target, std::string_view body = "") {
        return send(http::Method::post, target, body);
    }

    SessionsNode* node;
    std::string cookie = "";  // "name=value", as sent
    std::string address = "192.0.2.1";
};

struct SessionsBench : Bench {
    explicit SessionsBench(limits::Options options = ample_limits)
        : node(*this, server.url(), options) {}
    ~SessionsBench();

    /// With the password "correct battery".
    UserId add_user(std::string email, std::optional<PlatformRole> role = std::nullopt);

    Browser browser() { return {.node = &node}; }

    /// Signed in by password.
    Browser signed_in(std::string email);

    static constexpr const char* password = "correct battery";

    Redis server;
    SessionsNode node;
};

/// The value of a header; "" when there is none.
std::string header(const http::Response& response, std::string_view name);

}  // namespace acme::testing
