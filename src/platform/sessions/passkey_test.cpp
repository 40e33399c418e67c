// Passkeys over HTTP: adding them, signing in with one alone and after a password.
#include "testing/authenticator.hpp"
#include "testing/sessions_bench.hpp"

#include <boost/json/parse.hpp>

namespace acme::sessions {
namespace {

using testing::Authenticator;
using testing::Browser;
using testing::SessionsBench;

const char* const ada = "ada@example.com";

constexpr pg::Query count_used{"test.used_challenges", R"sql(
    SELECT count(*) FROM used_challenges
)sql"};

boost::json::value json_of(const http::Response& response) {
    return boost::json::parse(response.body);
}

std::string text_in(const http::Response& response, const char* name) {
    return std::string(json_of(response).at(name).as_string());
}

std::string challenge_in(const http::Response& response) {
    EXPECT_EQ(response.status, 200) << response.body;
    return std::string(json_of(response).at("public_key").at("challenge").as_string());
}

struct PasskeyBench : SessionsBench {
    PasskeyBench() : user(add_user(ada)), owner(signed_in(ada)) {}

    http::Response add(Browser& browser, Authenticator& made, std::string_view name = "laptop") {
        const auto challenge = challenge_in(browser.post("/v1/me/mfa/webauthn/options"));
        return browser.post(
            "/v1/me/mfa/webauthn",
            R"({"name":")" + std::string(name) + R"(","credential":)" + made.made_json(challenge) +
                "}"
        );
    }

    std::string fresh_challenge(const std::string& token = "") {
        const std::string body = token.empty() ? "{}" : R"({"mfa_token":")" + token + R"("})";
        return challenge_in(browser().post("/v1/auth/webauthn/options", body));
    }

    std::string alone() {
        return R"({"credential":)" + authenticator.used_json(fresh_challenge(), user.str()) + "}";
    }

    std::string first_step(Browser& browser) {
        const auto asked = browser.post(
            "/v1/auth/login", R"({"email":"ada@example.com","password":"correct battery"})"
        );
        EXPECT_EQ(asked.status, 401);
        return text_in(asked, "mfa_token");
    }

    static std::string second(const std::string& token, const std::string& credential) {
        return R"({"mfa_token":")" + token + R"(","method":"webauthn","credential":)" + credential +
               "}";
    }

    UserId user;
    Browser owner;
    Authenticator authenticator{
        factors::Party::of_url("http://localhost:8080"), Authenticator::Kind::es256
    };
};

TEST(Passkeys, OneSignsInAloneAndIsAskedForAfterAPassword) {
    PasskeyBench bench;
    const auto added = bench.add(bench.owner, bench.authenticator);
    EXPECT_EQ(added.status, 201) << added.body;
    EXPECT_EQ(json_of(added).at("recovery_codes").as_array().size(), 10);

    Browser browser = bench.browser();
    const auto alone = browser.post("/v1/auth/webauthn/verify", bench.alone());
    EXPECT_EQ(alone.status, 200) << alone.body;
    EXPECT_EQ(text_in(alone, "method"), "passkey");
    EXPECT_EQ(browser.get("/v1/me").status, 200);

    Browser other = bench.browser();
    const std::string token = bench.first_step(other);
    bench.authenticator.is_verified = false;  // a key that is only touched will do here
    const std::string used = bench.authenticator.used_json(bench.fresh_challenge(token));
    const auto after = other.post("/v1/auth/mfa/verify", PasskeyBench::second(token, used));
    EXPECT_EQ(after.status, 200) << after.body;
    EXPECT_EQ(text_in(after, "method"), "password");
}

TEST(Passkeys, AnAnswerIsGoodOnceAndForWhatItWasAskedForAlone) {
    PasskeyBench bench;
    ASSERT_EQ(bench.add(bench.owner, bench.authenticator).status, 201);
    Browser browser = bench.browser();
    const std::string once = bench.alone();
    EXPECT_EQ(browser.post("/v1/auth/webauthn/verify", once).status, 200);
    const auto again = browser.post("/v1/auth/webauthn/verify", once);
    EXPECT_EQ(again.status, 401);
    EXPECT_EQ(text_in(again, "code"), "factors.refused");

    const std::string token = bench.first_step(browser);
    const std::string of_second = bench.authenticator.used_json(bench.fresh_challenge(token));
    EXPECT_EQ(
        browser.post("/v1/auth/webauthn/verify", R"({"credential":)" + of_second + "}").status, 401
    );
    const std::string of_first = bench.authenticator.used_json(bench.fresh_challenge());
    EXPECT_EQ(
        browser.post("/v1/auth/mfa/verify", PasskeyBench::second(token, of_first)).status, 401
    );
    const std::string late = bench.alone();
    bench.clock.advance(factors::challenge_life);
    EXPECT_EQ(browser.post("/v1/auth/webauthn/verify", late).status, 401);
    bench.wait(bench.node.passkeys.sweep(bench.context));
    EXPECT_EQ(bench.wait(bench.db.run(bench.context, count_used))[0].integer(), 0);
}

TEST(Passkeys, AloneItHasToBeVerifiedAndNobodyElses) {
    PasskeyBench bench;
    ASSERT_EQ(bench.add(bench.owner, bench.authenticator).status, 201);
    Browser browser = bench.browser();
    bench.authenticator.is_verified = false;
    EXPECT_EQ(browser.post("/v1/auth/webauthn/verify", bench.alone()).status, 401);
    bench.authenticator.is_verified = true;
    const std::string wrong_handle =
        bench.authenticator.used_json(bench.fresh_challenge(), "usr_somebody");
    EXPECT_EQ(
        browser.post("/v1/auth/webauthn/verify", R"({"credential":)" + wrong_handle + "}").status,
        401
    );
    bench.add_user("bob@example.com");
    Browser bob = bench.signed_in("bob@example.com");
    Authenticator bobs(factors::Party::of_url("http://localhost:8080"), Authenticator::Kind::eddsa);
    ASSERT_EQ(bench.add(bob, bobs).status, 201);
    const std::string token = bench.first_step(browser);
    const std::string used = bobs.used_json(bench.fresh_challenge(token));
    EXPECT_EQ(browser.post("/v1/auth/mfa/verify", PasskeyBench::second(token, used)).status, 401);
    EXPECT_EQ(bench.add(bob, bench.authenticator).status, 409) << "it is Ada's";
}

TEST(Passkeys, NobodySignsInWithOneWhoIsDisabledOrBehindAnotherSite) {
    PasskeyBench bench;
    ASSERT_EQ(bench.add(bench.owner, bench.authenticator).status, 201);
    const std::string body = bench.alone();
    const std::vector<http::Header> foreign{{"Sec-Fetch-Site", "cross-site"}};
    Browser browser = bench.browser();
    const auto crossed =
        browser.send(http::Method::post, "/v1/auth/webauthn/verify", body, foreign);
    EXPECT_EQ(crossed.status, 403);
    const accounts::Change disabled{.state = accounts::State::disabled};
    ASSERT_TRUE(
        bench.wait(bench.node.accounts.administer(bench.context, {}, bench.user, 1, disabled))
    );
    EXPECT_EQ(browser.post("/v1/auth/webauthn/verify", body).status, 401);
}

TEST(Passkeys, AreListedRenamedAndRemovedAndTheLastTakesTheRecoveryCodesAlong) {
    PasskeyBench bench;
    Browser& owner = bench.owner;
    const auto added = bench.add(owner, bench.authenticator);
    const std::string path = "/v1/me/mfa/webauthn/" + text_in(added, "id");
    EXPECT_EQ(bench.add(owner, bench.authenticator).status, 409) << "the same one again";
    const auto shown = owner.get(path);
    const std::string etag = testing::header(shown, "ETag");
    const auto renamed =
        owner.send(http::Method::patch, path, R"({"name":"phone"})", {{"If-Match", etag}});
    EXPECT_EQ(renamed.status, 200) << renamed.body;
    EXPECT_EQ(
        owner.send(http::Method::patch, path, R"({"name":"desk"})", {{"If-Match", etag}}).status,
        412
    );
    const auto list = json_of(owner.get("/v1/me/mfa/webauthn")).at("data");
    ASSERT_EQ(list.as_array().size(), 1);
    EXPECT_EQ(list.at(0).at("name").as_string(), "phone");

    bench.clock.advance(recent_max);
    EXPECT_EQ(owner.send(http::Method::del, path).status, 401);
    EXPECT_EQ(owner.post("/v1/auth/webauthn/verify", bench.alone()).status, 200);
    EXPECT_EQ(owner.send(http::Method::del, path).status, 204);
    EXPECT_EQ(owner.send(http::Method::del, path).status, 404);
    const auto state = json_of(owner.get("/v1/me/mfa"));
    EXPECT_FALSE(state.at("is_on").as_bool());
    EXPECT_EQ(state.at("recovery_codes_left"), 0);
}

TEST(Passkeys, WhatIsNoCredentialIsToldAtOnce) {
    PasskeyBench bench;
    const auto refused =
        bench.owner.post("/v1/me/mfa/webauthn", R"({"name":"","credential":{"id":"a b"}})");
    EXPECT_EQ(refused.status, 422);
    EXPECT_NE(refused.body.find("/name"), refused.body.npos);
    EXPECT_NE(refused.body.find("/credential"), refused.body.npos);
    const std::string foreign = bench.authenticator.made_json("AAAA");
    const auto forged = bench.owner.post(
        "/v1/me/mfa/webauthn", R"({"name":"laptop","credential":)" + foreign + "}"
    );
    EXPECT_EQ(forged.status, 422);
    EXPECT_EQ(text_in(forged, "code"), "factors.invalid");
    Browser browser = bench.browser();
    EXPECT_EQ(browser.post("/v1/auth/webauthn/verify", "{}").status, 422);
    EXPECT_EQ(browser.post("/v1/auth/webauthn/options", R"({"mfa_token":"x"})").status, 401);
}

}  // namespace
}  // namespace acme::sessions
