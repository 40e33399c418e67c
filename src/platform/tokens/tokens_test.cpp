// What tokens are good for, and how they end.
#include "base/bytes.hpp"
#include "testing/tokens_bench.hpp"

namespace acme::tokens {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::error_in;
using testing::header;
using testing::TokensBench;
using enum http::Method;

const std::string& url = testing::tokens_url;

constexpr pg::Query hold_accounts{"test.hold_accounts", "LOCK TABLE service_accounts"};

TEST(Tokens, AProgramGetsOneForItsSecretAndCallsWithItForADay) {
    TokensBench bench;
    const auto given = bench.ask();
    ASSERT_EQ(given.status, 200) << given.body;
    EXPECT_EQ(header(given, "Cache-Control"), "no-store");
    const auto json = boost::json::parse(given.body).as_object();
    EXPECT_EQ(json.at("expires_in").as_int64(), 86'400);
    EXPECT_EQ(json.at("token_type").as_string(), "Bearer");
    EXPECT_EQ(json.at("scope").as_string(), "files:read nodes:read");
    const std::string token(json.at("access_token").as_string());
    EXPECT_EQ(bench.with(token).body, "\"" + bench.account.id.str() + "\"");
    EXPECT_EQ(error_in(bench.with(token, "/v1/files", post)), "keys.scope_required");
    EXPECT_EQ(error_in(bench.with(token, "/v1/me")), "keys.scope_required");
    EXPECT_EQ(error_in(bench.with(token, "/v1/nodes")), "access.role_required");
    bench.clock.advance(hours(24) - seconds(1));
    EXPECT_EQ(bench.with(token).status, 200);
    bench.clock.advance(seconds(1));
    EXPECT_EQ(error_in(bench.with(token)), "tokens.invalid_token");
}

TEST(Tokens, IsVerifiedOnceHoweverOftenItComes) {
    TokensBench bench;
    const std::string token = bench.token();
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(bench.with(token).status, 200);
        bench.clock.advance(seconds(1));
    }
    EXPECT_EQ(bench.cache("misses"), 1);
    EXPECT_EQ(bench.cache("hits"), 19);
}

TEST(Tokens, EndWithinASecondWhenRevokedOrWithTheirAccountOrWithTheirKey) {
    TokensBench bench;
    Tokens other(
        url,
        bench.db,
        bench.accounts,
        bench.keys,
        bench.node.limits,
        bench.telemetry,
        bench.node.trusted_proxies
    );
    const std::string revoked = bench.token();
    const std::string kept = bench.token();
    EXPECT_EQ(bench.with(revoked).status, 200);
    bench.wait(other.revoke(
        bench.context, {.name = "test"}, OrgId::make(bench.clock.now(), bench.random), revoked
    ));
    bench.clock.advance(seconds(1));
    EXPECT_EQ(bench.with(revoked).status, 200) << "another organization's word counts nothing";
    bench.wait(other.revoke(bench.context, {.name = "test"}, bench.org, revoked));
    bench.clock.advance(seconds(1));
    EXPECT_EQ(bench.with(revoked).status, 401);
    EXPECT_EQ(bench.with(kept).status, 200);

    ASSERT_TRUE(bench.wait(bench.keys.rotate(bench.context, {.name = "test"}, true)));
    bench.clock.advance(seconds(1));
    EXPECT_EQ(bench.with(kept).status, 401) << "its key was dropped";
    const std::string last = bench.token();
    EXPECT_EQ(bench.with(last).status, 200);
    ASSERT_TRUE(bench.set_disabled(true));
    bench.clock.advance(seconds(1));
    EXPECT_EQ(bench.with(last).status, 401);
    EXPECT_EQ(bench.ask().status, 401);
}

TEST(Tokens, ReadingFlagsGoesOnWhilePostgresqlHangs) {
    TokensBench bench;
    const auto was = bench.wait(bench.accounts.find(bench.context, bench.account.id));
    ASSERT_TRUE(bench.wait(bench.accounts.change(
        bench.context,
        {.name = "test"},
        bench.org,
        bench.account.id,
        was->version,
        {.scopes = {{"flags:read"}}}
    )));
    const std::string token = bench.token();
    EXPECT_EQ(bench.with(token, "/v1/flags/ruleset").status, 200);
    {
        pg::Transaction holder = bench.wait(bench.db.begin(bench.context));
        bench.wait(holder.run(bench.context, hold_accounts));
        bench.clock.advance(minutes(10));
        for (int i = 0; i < 3; ++i) {
            EXPECT_EQ(bench.with(token, "/v1/flags/ruleset").status, 200);
        }
    }
    bench.wait(bench.tokens.close());
    EXPECT_EQ(bench.with(token, "/v1/flags/ruleset").status, 200);
}

TEST(Tokens, WhatAnotherNodeOfOursWouldNotHaveSignedIsRefused) {
    TokensBench bench;
    const std::string token = bench.token();
    const auto forge = [&](auto change) {
        const auto now = std::chrono::floor<seconds>(bench.clock.now());
        Claims claims{
            .issuer = url,
            .audience = url,
            .subject = bench.account.id.str(),
            .org = bench.org.str(),
            .scope = "files:read",
            .id = "1",
            .issued_at = now,
            .expires_at = now + token_life,
        };
        change(claims);
        const auto text = [&](std::string_view kid) { return to_be_signed(claims, kid); };
        return bench.wait(bench.keys.sign(bench.context, text)).value();
    };
    EXPECT_EQ(bench.with(forge([](Claims&) {})).status, 200);
    EXPECT_EQ(bench.with(forge([](Claims& it) { it.issuer = "http://x"; })).status, 401);
    EXPECT_EQ(bench.with(forge([](Claims& it) { it.audience = "http://x"; })).status, 401);
    EXPECT_EQ(bench.with(forge([](Claims& it) { it.expires_at += hours(1); })).status, 401);
    EXPECT_EQ(bench.with(forge([&](Claims& it) { it.subject = bench.user.str(); })).status, 401);
    EXPECT_EQ(bench.with(forge([&](Claims& it) { it.org = OrgId().str(); })).status, 401);
    const auto later = [](auto shift) {
        return [shift](Claims& it) {
            it.issued_at += shift;
            it.expires_at += shift;
        };
    };
    EXPECT_EQ(bench.with(forge(later(-hours(24)))).status, 401) << "it has ended";
    EXPECT_EQ(bench.with(forge(later(minutes(2)))).status, 401) << "it has not begun";
    const auto typed = [&](std::string_view kid) {
        const std::string header =
            R"({"alg":"RS256","typ":"JWT","kid":")" + std::string(kid) + "\"}";
        const std::string body = token.substr(token.find('.'), token.rfind('.') - token.find('.'));
        return to_base64url(header) + body;
    };
    EXPECT_EQ(bench.with(bench.wait(bench.keys.sign(bench.context, typed)).value()).status, 401)
        << "an assertion, or what else is signed, is no access token";
    const auto dot = token.rfind('.');
    EXPECT_EQ(bench.with(token.substr(0, dot + 1)).status, 401);
    EXPECT_EQ(bench.with(token + "A").status, 401);
    const RsaKey stranger = RsaKey::generate();
    const std::string text = token.substr(0, dot);
    EXPECT_EQ(bench.with(with_signature(text, stranger.sign(text))).status, 401);
}

TEST(Tokens, EachAccountHasAQuotaOfItsOwn) {
    TokensBench bench({.user_max = 3, .anonymous_max = 1000});
    const std::string one = bench.token();
    const std::string same = bench.token();
    bench.account = bench.add_account("other", bench.org);
    bench.secret =
        bench.wait(bench.accounts.add_secret(bench.context, {.name = "test"}, bench.account.id))
            ->text;
    const std::string other = bench.token();
    EXPECT_EQ(bench.with(one).status, 200);
    EXPECT_EQ(bench.with(one).status, 200);
    EXPECT_EQ(bench.with(same).status, 200);
    EXPECT_EQ(bench.with(same).status, 429);
    EXPECT_EQ(bench.with(other).status, 200);
}

constexpr pg::Query all_rows{"tokens.test_rows", R"sql(
    SELECT (SELECT string_agg(c::text, ' ') FROM service_account_credentials c)
        || (SELECT string_agg(k::text, ' ') FROM signing_keys k)
        || (SELECT string_agg(a::text, ' ') FROM audit_entries a)
)sql"};

TEST(Tokens, NeitherRowsNorAuditNorLogHoldASecretOrAPrivateKey) {
    TokensBench bench;
    const std::string token = bench.token();
    EXPECT_EQ(bench.with(token).status, 200);
    std::string all = bench.wait(bench.db.run(bench.context, all_rows))[0].text();
    EXPECT_NE(all.find("service_accounts.add_secret"), std::string::npos);
    for (const std::string& line : bench.lines) all += line;
    EXPECT_EQ(all.find(bench.secret.substr(13, 43)), std::string::npos);
    EXPECT_EQ(all.find("PRIVATE KEY"), std::string::npos);
    EXPECT_EQ(all.find(token.substr(token.rfind('.') + 1)), std::string::npos);
}

}  // namespace
}  // namespace acme::tokens
