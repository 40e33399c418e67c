#include "testing/sessions_bench.hpp"

#include "platform/accounts/accounts_http.hpp"
#include "platform/factors/factors_http.hpp"
#include "platform/factors/passkeys_http.hpp"
#include "testing/text_body.hpp"

namespace acme::testing {
namespace {

const char* const secret_keys = "a-secret-key-for-tests-with-32-bytes-and-more";

}  // namespace

SessionsNode::SessionsNode(Bench& its_bench, const std::string& redis_url, limits::Options options)
    : bench(its_bench),
      cursors(keys_for(Secret(secret_keys), "cursors v1")),
      redis(
          {.url = Secret(redis_url), .deadline = std::chrono::milliseconds(500)}, bench.telemetry
      ),
      accounts(bench.db, bench.telemetry),
      passwords(bench.loop, bench.db, accounts, Secret(secret_keys), bench.telemetry),
      links(bench.db, bench.telemetry, "http://localhost:8080"),
      factors(bench.db, Secret(secret_keys), "Acme localhost", bench.telemetry),
      passkeys(
          factors::Party::of_url("http://localhost:8080"),
          bench.db,
          factors,
          Secret(secret_keys),
          bench.telemetry
      ),
      limits(options, redis, bench.telemetry),
      sessions(
          {.is_secure = false, .trusted_proxies = trusted_proxies},
          bench.db,
          redis,
          accounts,
          limits,
          bench.telemetry
      ),
      tries(redis, bench.clock),
      auth{sessions, passwords, links, tries, factors, passkeys},
      router(http::Admit([this](const http::Arrival& arrival) { return sessions.admit(arrival); })),
      service(router, bench.telemetry, [](trace::Trace&) {}) {
    accounts::add_routes(router, accounts, trusted_proxies);
    sessions::add_routes(router, sessions, cursors);
    sessions::add_auth_routes(router, auth, bench.metrics);
    sessions::add_mfa_routes(router, auth, bench.metrics);
    sessions::add_webauthn_routes(router, auth, bench.metrics);
    const factors::Routes own_factors{
        factors,
        accounts,
        [this](trace::Context context, Identity who) {
            return sessions.check_recent(context, std::move(who));
        },
        trusted_proxies
    };
    factors::add_routes(router, own_factors);
    factors::add_passkey_routes(router, own_factors, passkeys);
}

http::Response Browser::send(
    http::Method method,
    std::string_view target,
    std::string_view body,
    std::vector<http::Header> more
) {
    TextBody text(body);
    const bool is_patch = method == http::Method::patch;
    if (!body.empty()) {
        more.push_back(
            {"Content-Type", is_patch ? "application/merge-patch+json" : "application/json"}
        );
    }
    if (!cookie.empty()) more.push_back({"Cookie", cookie});
    more.push_back({"Host", "localhost:8080"});
    const http::Request request{
        .method = method, .target = target, .headers = more, .body = text, .peer = address
    };
    auto response = node->bench.wait(node->service.answer(request, node->bench.trace));
    if (const std::string set = header(response, "Set-Cookie"); !set.empty()) {
        cookie = set.substr(0, set.find(';'));
    }
    return response;
}

SessionsBench::~SessionsBench() {
    node.redis.close();
    loop.restart();
    loop.poll();
}

UserId SessionsBench::add_user(std::string email, std::optional<PlatformRole> role) {
    accounts::NewUser user{.email = std::move(email), .name = "Ada", .platform_role = role};
    const auto made =
        wait(node.passwords.create(context, {.name = "test"}, std::move(user), Secret(password)));
    if (!made) throw std::runtime_error(made.error().message);
    return made->id;
}

Browser SessionsBench::signed_in(std::string email) {
    Browser made = browser();
    const std::string body = R"({"email":")" + email + R"(","password":")" + password + R"("})";
    const auto response = made.post("/v1/auth/login", body);
    if (response.status != 200) throw std::runtime_error(response.body);
    return made;
}

std::string header(const http::Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
        if (key == name) return value;
    }
    return "";
}

}  // namespace acme::testing
