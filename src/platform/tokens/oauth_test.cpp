// Who gets a token, what is told of one, and the keys that sign them.
#include "testing/tokens_bench.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

namespace acme::tokens {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::assertion_type;
using testing::error_in;
using testing::header;
using testing::TokensBench;
using enum http::Method;

const std::string& url = testing::tokens_url;

Secret small_key() {
    EVP_PKEY* const key = EVP_RSA_gen(2048);
    BIO* const bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    Secret pem(std::string(data, static_cast<std::size_t>(size)));
    BIO_free(bio);
    EVP_PKEY_free(key);
    return pem;
}

TEST(Tokens, WhoIsNotTheAccountGetsNone) {
    TokensBench bench;
    const std::string grant = "grant_type=client_credentials&client_id=" + bench.account.id.str();
    for (const std::string& body : {
             grant,
             grant + "&client_secret=x",
             grant + "&client_secret=" + bench.secret + "0",
             "grant_type=client_credentials&client_id=" + bench.user.str() +
                 "&client_secret=" + bench.secret,
             grant + "&client_assertion=e.e.e&client_assertion_type=" + assertion_type,
         }) {
        const auto refused = bench.form("/oauth/token", body);
        EXPECT_EQ(refused.status, 401) << body;
        EXPECT_EQ(error_in(refused), "invalid_client") << body;
    }
    EXPECT_EQ(error_in(bench.form("/oauth/token", bench.credentials())), "unsupported_grant_type");
    EXPECT_EQ(error_in(bench.ask("&scope=files%3Awrite")), "invalid_scope");
    EXPECT_EQ(error_in(bench.ask("&client_id=twice")), "invalid_request");
    EXPECT_EQ(
        error_in(bench.send(post, "/oauth/token", {{"Content-Type", "application/json"}}, "{}")),
        "invalid_request"
    );
}

TEST(Tokens, ASecretIsReplacedWithOverlap) {
    TokensBench bench;
    const std::string first = bench.secret;
    const auto second = bench.wait(bench.accounts.add_secret(
        bench.context, {.name = "test"}, bench.account.id, {.grace = minutes(5)}
    ));
    EXPECT_EQ(bench.ask().status, 200);
    bench.secret = second->text;
    EXPECT_EQ(bench.ask().status, 200);
    bench.clock.advance(minutes(5));
    EXPECT_EQ(bench.ask().status, 200);
    bench.secret = first;
    EXPECT_EQ(bench.ask().status, 401);
}

TEST(Tokens, AnAccountProvesItselfOnceWithWhatItHasSigned) {
    TokensBench bench;
    const RsaKey own = RsaKey::generate();
    ASSERT_TRUE(bench.wait(
        bench.accounts.add_key(bench.context, {.name = "test"}, bench.account.id, to_jwk(own))
    ));
    const auto assertion = [&](std::string id, std::string audience, minutes life) {
        const auto now = std::chrono::floor<seconds>(bench.clock.now());
        const std::string subject = bench.account.id.str();
        const Claims claims{
            .issuer = subject,
            .audience = std::move(audience),
            .subject = subject,
            .org = "",
            .scope = "",
            .id = std::move(id),
            .issued_at = now,
            .expires_at = now + life,
        };
        const std::string text = to_be_signed(claims, "");
        return with_signature(text, own.sign(text));
    };
    const auto status = [&](const std::string& signed_text) {
        return bench
            .form(
                "/oauth/token",
                "grant_type=client_credentials&client_assertion_type=" +
                    std::string(assertion_type) + "&client_assertion=" + signed_text
            )
            .status;
    };
    const std::string good = assertion("1", url + "/oauth/token", minutes(5));
    EXPECT_EQ(status(good), 200);
    EXPECT_EQ(status(good), 401) << "twice";
    EXPECT_EQ(status(assertion("2", url, minutes(5))), 200);
    EXPECT_EQ(status(assertion("3", "http://x", minutes(5))), 401);
    EXPECT_EQ(status(assertion("4", url, minutes(11))), 401);
    EXPECT_EQ(status(assertion("5", url, minutes(0))), 401);
    EXPECT_EQ(status(assertion("", url, minutes(5))), 401);
}

TEST(Tokens, IntrospectionTellsOnlyOnesOwnOrganization) {
    TokensBench bench;
    const std::string token = bench.token("&scope=files%3Aread");
    const auto told = bench.form("/oauth/introspect", bench.credentials() + "&token=" + token);
    const auto json = boost::json::parse(told.body).as_object();
    EXPECT_TRUE(json.at("active").as_bool());
    EXPECT_EQ(json.at("scope").as_string(), "files:read");
    EXPECT_EQ(json.at("exp").as_int64() - json.at("iat").as_int64(), 86'400);
    const UserId bob = bench.add_user("bob@example.com");
    const OrgId elsewhere = bench.wait(bench.node.accounts.standing(bench.context, bob))->org;
    bench.account = bench.add_account("other", elsewhere);
    bench.secret =
        bench.wait(bench.accounts.add_secret(bench.context, {.name = "test"}, bench.account.id))
            ->text;
    const auto other = bench.form("/oauth/introspect", bench.credentials() + "&token=" + token);
    EXPECT_EQ(other.body, R"({"active":false})");
    EXPECT_EQ(bench.form("/oauth/revoke", bench.credentials() + "&token=" + token).status, 200);
    bench.clock.advance(seconds(1));
    EXPECT_EQ(bench.with(token).status, 200) << "it is not theirs to revoke";
    EXPECT_EQ(bench.form("/oauth/introspect", "token=" + token).status, 401);
}

constexpr pg::Query drop_all{"tokens.test_drop", "DELETE FROM signing_keys"};

TEST(Tokens, AKeyOfAnotherSizeSignsNothing) {
    TokensBench bench;
    bench.wait(bench.db.run(bench.context, drop_all));
    bench.put_signing_key(small_key());
    EXPECT_EQ(bench.ask().status, 503);
    bench.wait(bench.db.run(bench.context, drop_all));
    EXPECT_EQ(bench.ask().status, 200) << "the first one is made when it is needed";
}

constexpr pg::Query count_keys{"tokens.test_keys", "SELECT count(*) FROM signing_keys"};

TEST(Tokens, AKeyIsPublishedADayBeforeItSignsAndUntilItsLastTokenHasEnded) {
    TokensBench bench;
    const std::string token = bench.token();
    const auto published = [&] {
        const auto shown = bench.send(get, "/.well-known/jwks.json");
        EXPECT_EQ(header(shown, "Cache-Control"), "public, max-age=3600");
        std::vector<std::string> ids;
        const auto json = boost::json::parse(shown.body);
        for (const auto& key : json.at("keys").as_array())
            ids.emplace_back(key.at("kid").as_string());
        return ids;
    };
    const auto first = published();
    ASSERT_EQ(first.size(), 1);
    const auto etag = header(bench.send(get, "/.well-known/jwks.json"), "ETag");
    EXPECT_EQ(bench.send(get, "/.well-known/jwks.json", {{"If-None-Match", etag}}).status, 304);
    ASSERT_TRUE(bench.wait(bench.keys.rotate(bench.context, {.name = "test"}, false)));
    EXPECT_EQ(published().size(), 2);
    EXPECT_EQ(take_apart(bench.token())->key_id, first[0]) << "the next one does not sign yet";
    bench.clock.advance(hours(24));
    const std::string late = bench.token();
    EXPECT_NE(take_apart(late)->key_id, first[0]);
    EXPECT_EQ(published().size(), 2);
    bench.clock.advance(hours(24) + minutes(5));
    EXPECT_EQ(published().size(), 1);
    EXPECT_EQ(bench.with(token).status, 401);
    bench.clock.advance(seconds(1));
    bench.wait(bench.keys.sweep(bench.context));
    EXPECT_EQ(bench.wait(bench.db.run(bench.context, count_keys))[0].integer(), 1);
    EXPECT_TRUE(take_apart(bench.token()));
}

}  // namespace
}  // namespace acme::tokens
