// Service accounts as the administrators of an organization keep them over HTTP.
#include "testing/tokens_bench.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>

namespace acme::tokens {
namespace {

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Browser;
using testing::error_in;
using testing::header;
using testing::TokensBench;
using enum http::Method;

const http::Header json_type{"Content-Type", "application/json"};
const http::Header patch_type{"Content-Type", "application/merge-patch+json"};

struct AccountsBench : TokensBench {
    std::string path(const std::string& rest = "") const {
        return "/v1/orgs/" + org.str() + "/service_accounts" + rest;
    }

    static http::Response post_json(
        Browser& browser, const std::string& to, std::string_view body, const char* key = nullptr
    ) {
        std::vector<http::Header> headers{json_type};
        if (key != nullptr) headers.push_back({"Idempotency-Key", key});
        return browser.send(post, to, body, std::move(headers));
    }

    static http::Response change(Browser& browser, const std::string& at, std::string_view body) {
        const std::string etag = header(browser.get(at), "ETag");
        return browser.send(http::Method::patch, at, body, {patch_type, {"If-Match", etag}});
    }

    /// The id of the account, or of the secret, that the answer shows.
    static std::string id_in(const http::Response& response) {
        return std::string(boost::json::parse(response.body).at("id").as_string());
    }

    Browser owner = signed_in("ada@example.com");
};

std::string text_of(const http::Response& response, std::string_view field) {
    return std::string(boost::json::parse(response.body).at(field).as_string());
}

std::string public_pem(const RsaKey& key) {
    const Secret pem_of_both = key.pem();
    const std::string_view text = pem_of_both.reveal();
    BIO* const in = BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
    EVP_PKEY* const whole = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
    BIO* const out = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(out, whole);
    char* data = nullptr;
    const long size = BIO_get_mem_data(out, &data);
    std::string pem(data, static_cast<std::size_t>(size));
    BIO_free(in);
    BIO_free(out);
    EVP_PKEY_free(whole);
    return pem;
}

TEST(ServiceAccounts, AreMadeOncePerKeyAndGetATokenForTheirSecret) {
    AccountsBench bench;
    const char* const wanted = R"({"name": "deploy", "scopes": ["files:read"]})";
    const auto made = AccountsBench::post_json(bench.owner, bench.path(), wanted, "k1");
    ASSERT_EQ(made.status, 201) << made.body;
    const auto again = AccountsBench::post_json(bench.owner, bench.path(), wanted, "k1");
    EXPECT_EQ(again.body, made.body);
    EXPECT_EQ(header(again, "Idempotency-Replayed"), "true");
    const std::string id = AccountsBench::id_in(made);
    const std::string keys = bench.path("/" + id + "/keys");
    const auto secret = AccountsBench::post_json(bench.owner, keys, R"({"days": 7})");
    ASSERT_EQ(secret.status, 201) << secret.body;
    EXPECT_EQ(header(secret, "Cache-Control"), "no-store");
    bench.account.id = *UserId::parse(id);
    bench.secret = text_of(secret, "secret");
    EXPECT_EQ(bench.with(bench.token()).body, "\"" + id + "\"");
    const auto listed = bench.owner.get(keys);
    EXPECT_EQ(listed.body.find(bench.secret), std::string::npos);
    EXPECT_EQ(listed.body.find("\"last_used_at\":null"), std::string::npos) << listed.body;
    bench.clock.advance(days(7));
    EXPECT_EQ(bench.ask().status, 401) << "it has ended by itself";
    EXPECT_EQ(bench.owner.get(keys).body, R"({"data":[]})");
}

TEST(ServiceAccounts, ASecretGivesWayToAnotherWithOverlapOrEndsAtOnce) {
    AccountsBench bench;
    const std::string keys = bench.path("/" + bench.account.id.str() + "/keys");
    const auto second = AccountsBench::post_json(bench.owner, keys, R"({"grace_seconds": 300})");
    EXPECT_EQ(bench.ask().status, 200) << "the first one goes on for a while";
    bench.clock.advance(minutes(5));
    EXPECT_EQ(bench.ask().status, 401);
    bench.secret = text_of(second, "secret");
    EXPECT_EQ(bench.ask().status, 200);
    const std::string one = keys + "/" + AccountsBench::id_in(second);
    EXPECT_EQ(bench.owner.send(del, one).status, 204);
    EXPECT_EQ(error_in(bench.owner.send(del, one)), "tokens.no_credential");
    EXPECT_EQ(bench.ask().status, 401);
}

TEST(ServiceAccounts, DisabledOnesLoseTheirTokensForGood) {
    AccountsBench bench;
    const std::string at = bench.path("/" + bench.account.id.str());
    const std::string before = bench.token();
    EXPECT_EQ(bench.with(before).status, 200);
    ASSERT_EQ(AccountsBench::change(bench.owner, at, R"({"state": "disabled"})").status, 200);
    bench.clock.advance(seconds(1));
    EXPECT_EQ(bench.with(before).status, 401);
    EXPECT_EQ(bench.ask().status, 401);
    const auto enabled = AccountsBench::change(bench.owner, at, R"({"state": "active"})");
    EXPECT_EQ(text_of(enabled, "state"), "active");
    EXPECT_EQ(bench.with(bench.token()).status, 200);
    bench.clock.advance(seconds(1));
    EXPECT_EQ(bench.with(before).status, 401) << "it does not come back";
}

TEST(ServiceAccounts, EnabledInTheSameSecondGetTokensThatAreGood) {
    AccountsBench bench;
    const std::string before = bench.token();
    ASSERT_TRUE(bench.set_disabled(true));
    ASSERT_TRUE(bench.set_disabled(false));
    const std::string fresh = bench.token();
    EXPECT_EQ(bench.with(before).status, 401);
    EXPECT_EQ(bench.with(fresh).status, 200);
}

TEST(ServiceAccounts, AreChangedAgainstTheVersionThatWasReadAndTokensFollow) {
    AccountsBench bench;
    const std::string at = bench.path("/" + bench.account.id.str());
    const std::string token = bench.token();
    EXPECT_EQ(bench.with(token).status, 200);
    const auto blind = bench.owner.send(http::Method::patch, at, "{}", {patch_type});
    EXPECT_EQ(blind.status, 428);
    const std::string etag = header(bench.owner.get(at), "ETag");
    const auto changed =
        AccountsBench::change(bench.owner, at, R"({"name": "b", "scopes": ["nodes:read"]})");
    EXPECT_EQ(text_of(changed, "name"), "b");
    const auto stale = bench.owner.send(
        http::Method::patch, at, R"({"name": "c"})", {patch_type, {"If-Match", etag}}
    );
    EXPECT_EQ(error_in(stale), "http.precondition_failed");
    bench.clock.advance(seconds(1));
    EXPECT_EQ(error_in(bench.with(token)), "keys.scope_required") << "it lost files:read";
}

TEST(ServiceAccounts, ThatAreRemovedLeaveNothingThatWorks) {
    AccountsBench bench;
    const std::string at = bench.path("/" + bench.account.id.str());
    const std::string token = bench.token();
    EXPECT_EQ(bench.owner.send(del, at).status, 204);
    EXPECT_EQ(error_in(bench.owner.get(at)), "tokens.no_account");
    EXPECT_EQ(bench.with(token).status, 401);
    EXPECT_EQ(bench.ask().status, 401);
}

TEST(ServiceAccounts, WithARoleOnThePlatformAreForItsAdministratorsOnly) {
    AccountsBench bench;
    NewAccount wanted{.name = "ops", .scopes = {"nodes:read"}};
    wanted.platform_role = PlatformRole::admin;
    const auto ops = bench.wait(
        bench.accounts.create(bench.context, {.name = "test"}, bench.org, std::move(wanted))
    );
    const std::string at = bench.path("/" + ops->id.str());
    const auto refused = AccountsBench::post_json(bench.owner, at + "/keys", "{}");
    EXPECT_EQ(error_in(refused), "access.role_required");
    EXPECT_EQ(AccountsBench::change(bench.owner, at, R"({"name": "mine"})").status, 403);
    EXPECT_EQ(bench.owner.send(del, at).status, 403);
    EXPECT_EQ(bench.owner.get(at).status, 200);
    EXPECT_EQ(bench.owner.get(at + "/keys").body, R"({"data":[]})");
}

TEST(ServiceAccounts, APublicKeyIsTakenAsAJwkOrAsPem) {
    AccountsBench bench;
    const std::string keys = bench.path("/" + bench.account.id.str() + "/keys");
    const RsaKey own = testing::first_key();
    const std::string as_object = R"({"public_key": )" + to_jwk(own) + "}";
    const auto jwk = AccountsBench::post_json(bench.owner, keys, as_object);
    ASSERT_EQ(jwk.status, 201) << jwk.body;
    EXPECT_EQ(text_of(jwk, "thumbprint"), own.thumbprint());
    const boost::json::object as_text{{"public_key", public_pem(own)}};
    const auto pem = AccountsBench::post_json(bench.owner, keys, boost::json::serialize(as_text));
    ASSERT_EQ(pem.status, 201) << pem.body;
    EXPECT_EQ(text_of(pem, "thumbprint"), own.thumbprint());
    for (const char* const bad :
         {R"({"public_key": "no key"})",
          R"({"public_key": {"kty": "oct", "k": "c2VjcmV0"}})",
          R"({"public_key": 7})",
          R"({"public_key": "x", "grace_seconds": 1})",
          R"({"days": 0})"}) {
        EXPECT_EQ(AccountsBench::post_json(bench.owner, keys, bad).status, 422) << bad;
    }
}

constexpr pg::Query count_credentials{"tokens.test_credentials", R"sql(
    SELECT count(*) FROM service_account_credentials
)sql"};

TEST(ServiceAccounts, WhatHasEndedIsForgottenAMonthLaterAndWhatHasNoEndStays) {
    AccountsBench bench;
    const auto rows = [&] {
        bench.wait(bench.tokens.sweep(bench.context));
        return bench.wait(bench.db.run(bench.context, count_credentials))[0].integer();
    };
    const audit::Actor actor{.name = "test"};
    ASSERT_TRUE(
        bench.wait(bench.accounts.add_secret(bench.context, actor, bench.account.id, {.days = 1}))
    );
    bench.clock.advance(days(31));
    EXPECT_EQ(rows(), 2);
    bench.clock.advance(seconds(1));
    EXPECT_EQ(rows(), 1);
    bench.clock.advance(days(365));
    EXPECT_EQ(rows(), 1);
}

TEST(ServiceAccounts, AllThatIsWrongIsToldAtOnce) {
    AccountsBench bench;
    const auto refused = AccountsBench::post_json(
        bench.owner, bench.path(), R"({"name": "a\nb", "scopes": ["me:read", "everything"]})"
    );
    EXPECT_EQ(error_in(refused), "tokens.account_invalid");
    const auto json = boost::json::parse(refused.body);
    EXPECT_EQ(json.at("errors").as_array().size(), 3) << refused.body;
}

}  // namespace
}  // namespace acme::tokens
