#pragma once

/// Service accounts and their tokens on a real PostgreSQL and a real Redis, through the router.

#include "base/seal.hpp"
#include "io/pg/database.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/tokens/device_logins.hpp"
#include "platform/tokens/oauth_http.hpp"
#include "platform/tokens/service_accounts_http.hpp"
#include "platform/tokens/tokens.hpp"
#include "testing/sessions_bench.hpp"
#include "testing/text_body.hpp"

#include <boost/json/parse.hpp>

namespace acme::testing {

inline const std::string tokens_url = "http://localhost:8080";
inline constexpr const char* assertion_type =
    "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";

inline Task<Result<http::Response>> say_who(const http::Call& call) {
    co_return http::Response{.body = "\"" + call.who().user.str() + "\""};
}

inline http::Route route_that_says_who(
    http::Method method, std::string_view pattern, http::Access access
) {
    return {
        .method = method,
        .pattern = pattern,
        .access = access,
        .body_bytes_max = http::json_bytes_max,
        .doc = {.summary = "Is there."},
        .handler = [](const http::Call& call) { return say_who(call); },
    };
}

inline constexpr const char* token_secret_keys = "only-for-tests-0123456789-abcdefghi";

inline constexpr pg::Query put_key{"tokens.test_put_key", R"sql(
    INSERT INTO signing_keys (id, public_jwk, sealed, created_at, active_at)
    VALUES ($1, $2, $3, $4, $4)
)sql"};

/// Made once: each takes seconds.
inline const tokens::RsaKey& first_key() {
    static const tokens::RsaKey made = tokens::RsaKey::generate();
    return made;
}

/// One node whose router takes cookies and tokens, with a few routes that only say who calls.
struct TokensBench : SessionsBench {
    explicit TokensBench(limits::Options options = ample_limits) : SessionsBench(options) {
        tokens::add_routes(
            router,
            {tokens,
             accounts,
             keys,
             api_keys,
             {device_logins, tokens_url, node.trusted_proxies},
             node.trusted_proxies}
        );
        tokens::add_device_routes(node.router, {device_logins, tokens_url, node.trusted_proxies});
        router.add(route_that_says_who(http::Method::get, "/v1/files", http::Access::signed_in()));
        router.add(
            route_that_says_who(http::Method::post, "/v1/files", http::Access::org(OrgRole::member))
        );
        router.add(route_that_says_who(
            http::Method::get, "/v1/nodes", http::Access::platform(PlatformRole::viewer)
        ));
        router.add(route_that_says_who(http::Method::get, "/v1/me", http::Access::signed_in()));
        router.add(
            route_that_says_who(http::Method::get, "/v1/flags/ruleset", http::Access::signed_in())
        );
        tokens::add_service_account_routes(node.router, machines);
        put_signing_key(first_key().pem());
        account = add_account("ci", org);
        secret = wait(accounts.add_secret(context, {.name = "test"}, account.id))->text;
    }

    /// As the first one, with what the first one that SigningKeys makes would have.
    void put_signing_key(const Secret& pem) {
        const Seal seal(keys_for(Secret(token_secret_keys), "signing keys v1"));
        const std::string id = first_key().thumbprint();
        const std::string sealed = seal.close(random, pem.reveal(), id);
        wait(db.run(context, put_key, id, tokens::to_jwk(first_key()), sealed, clock.now()));
    }

    tokens::ServiceAccount add_account(std::string name, OrgId of) {
        tokens::NewAccount wanted{.name = std::move(name), .scopes = {"files:read", "nodes:read"}};
        return wait(accounts.create(context, {.name = "test"}, of, std::move(wanted))).value();
    }

    Result<tokens::ServiceAccount> set_disabled(bool is_disabled) {
        const auto now = wait(accounts.find(context, account.id));
        return wait(accounts.change(
            context, {.name = "test"}, org, account.id, now->version, {.is_disabled = is_disabled}
        ));
    }

    http::Response send(
        http::Method method,
        std::string_view path,
        std::vector<http::Header> headers = {},
        std::string_view body = ""
    ) {
        TextBody text(body);
        headers.push_back({"Host", "localhost:8080"});
        const http::Request request{
            .method = method, .target = path, .headers = headers, .body = text, .peer = "192.0.2.7"
        };
        return wait(service.answer(request, trace));
    }

    http::Response form(std::string_view path, const std::string& body) {
        return send(
            http::Method::post, path, {{"Content-Type", "application/x-www-form-urlencoded"}}, body
        );
    }

    std::string credentials() const {
        return "client_id=" + account.id.str() + "&client_secret=" + secret;
    }

    http::Response ask(const std::string& more = "") {
        return form("/oauth/token", "grant_type=client_credentials&" + credentials() + more);
    }

    std::string token(const std::string& more = "") {
        const auto given = ask(more);
        EXPECT_EQ(given.status, 200) << given.body;
        const auto json = boost::json::parse(given.body);
        return std::string(json.at("access_token").as_string());
    }

    http::Response with(
        const std::string& token,
        std::string_view path = "/v1/files",
        http::Method method = http::Method::get
    ) {
        const std::string value = "Bearer " + token;
        return send(method, path, {{"Authorization", value}});
    }

    std::int64_t cache(std::string_view result) {
        const std::string name = "\ncache_" + std::string(result) + "_total{cache=\"tokens\"} ";
        const std::string text = metrics.text();
        const auto at = text.find(name);
        return at == text.npos ? -1 : std::stoll(text.substr(at + name.size()));
    }

    const UserId user = add_user("ada@example.com");
    const OrgId org = wait(node.accounts.standing(context, user)).value().org;
    keys::Keys api_keys{db, node.accounts, node.limits, telemetry, node.trusted_proxies};
    tokens::DeviceLogins device_logins{db, api_keys, telemetry};
    tokens::ServiceAccounts accounts{db, telemetry};
    idempotency::Idempotency idempotency{db, clock};
    tokens::Machines machines{
        accounts, node.accounts, idempotency, node.cursors, node.trusted_proxies
    };
    tokens::SigningKeys keys{loop, db, Secret(token_secret_keys), telemetry};
    tokens::Tokens tokens{
        tokens_url, db, accounts, keys, node.limits, telemetry, node.trusted_proxies
    };
    http::Router router{http::Admit([this](const http::Arrival& arrival) {
        const bool has_token = tokens::Tokens::has_token(arrival.request);
        return has_token ? tokens.admit(arrival) : node.sessions.admit(arrival);
    })};
    http::Service service{router, telemetry, [](trace::Trace&) {}};
    tokens::ServiceAccount account;
    std::string secret;
};

/// The code of a refusal, in OAuth's form or ours.
inline std::string error_in(const http::Response& response) {
    const auto json = boost::json::parse(response.body).as_object();
    const auto* const error = json.if_contains("error");
    return std::string(error != nullptr ? error->as_string() : json.at("code").as_string());
}

}  // namespace acme::testing
