// Second factors: turning them on, signing in with them, over HTTP.
#include "platform/factors/totp.hpp"
#include "testing/sessions_bench.hpp"

#include <boost/json/parse.hpp>

namespace acme::sessions {
namespace {

using testing::Browser;
using testing::SessionsBench;

const char* const ada = "ada@example.com";

constexpr pg::Query find_anywhere{"test.mfa_anywhere", R"sql(
    SELECT count(*) FROM (
        SELECT t::text AS row FROM credentials_totp t UNION ALL SELECT r::text FROM recovery_codes r
        UNION ALL SELECT s::text FROM sessions s UNION ALL SELECT a::text FROM audit_entries a
    ) all_rows WHERE strpos(row, $1) > 0
)sql"};

constexpr pg::Query count_audit{"test.mfa_audit", R"sql(
    SELECT count(*) FROM audit_entries WHERE action = $1 AND actor = $2
)sql"};

constexpr pg::Query count_factors{"test.mfa_factors", R"sql(
    SELECT (SELECT count(*) FROM credentials_totp) + (SELECT count(*) FROM recovery_codes)
)sql"};

std::string text_in(const http::Response& response, const char* name) {
    return std::string(boost::json::parse(response.body).at(name).as_string());
}

std::vector<std::string> recovery_codes_in(const http::Response& response) {
    std::vector<std::string> codes;
    for (const auto& code : boost::json::parse(response.body).at("recovery_codes").as_array()) {
        codes.emplace_back(code.as_string());
    }
    return codes;
}

struct MfaBench : SessionsBench {
    MfaBench() : user(add_user(ada)), browser_with_factor(signed_in(ada)) {}

    /// Turns the app on, as a person does in a browser.
    void turn_on() {
        const auto begun = browser_with_factor.post("/v1/me/mfa/totp");
        EXPECT_EQ(begun.status, 200) << begun.body;
        secret = secret_in(text_in(begun, "secret"));
        const auto confirmed = browser_with_factor.post("/v1/me/mfa/totp/confirm", code_json());
        EXPECT_EQ(confirmed.status, 200) << confirmed.body;
        recovery_codes = recovery_codes_in(confirmed);
        clock.advance(factors::totp_period);  // that code is used up
    }

    /// As apps read it. Source: RFC 4648, 6.
    static Secret secret_in(std::string_view base32) {
        std::string bytes;
        std::uint32_t bits = 0;
        int count = 0;
        for (const char c : base32) {
            bits = (bits << 5) | static_cast<std::uint32_t>(c >= 'A' ? c - 'A' : c - '2' + 26);
            count += 5;
            if (count < 8) continue;
            count -= 8;
            bytes += static_cast<char>(bits >> count);
        }
        return Secret(std::move(bytes));
    }

    std::string code() const {
        return factors::totp_code(secret, factors::totp_step_at(clock.now()));
    }
    std::string code_json() const { return R"({"code":")" + code() + R"("})"; }

    http::Response first_step(Browser& browser, const char* password = "correct battery") {
        return browser.post(
            "/v1/auth/login",
            R"({"email":"ada@example.com","password":")" + std::string(password) + R"("})"
        );
    }

    static std::string second_json(
        const std::string& token, const char* method, const std::string& code
    ) {
        return R"({"mfa_token":")" + token + R"(","method":")" + method + R"(","code":")" + code +
               R"("})";
    }

    http::Response second_step(
        Browser& browser, const std::string& token, const char* method, const std::string& text
    ) {
        return browser.post("/v1/auth/mfa/verify", second_json(token, method, text));
    }

    std::int64_t audited(std::string_view action) {
        return wait(db.run(context, count_audit, action, user.str()))[0].integer();
    }

    bool is_written_anywhere(const std::string& text) {
        return wait(db.run(context, find_anywhere, text))[0].integer() > 0;
    }

    UserId user;
    Browser browser_with_factor;
    Secret secret;
    std::vector<std::string> recovery_codes;
};

TEST(Mfa, APasswordAloneSignsNobodyInWhoHasASecondFactor) {
    MfaBench bench;
    bench.turn_on();
    Browser browser = bench.browser();
    const auto asked = bench.first_step(browser);
    EXPECT_EQ(asked.status, 401);
    EXPECT_EQ(text_in(asked, "code"), "sessions.mfa_required");
    EXPECT_TRUE(browser.cookie.empty());
    const auto methods = boost::json::parse(asked.body).at("methods");
    EXPECT_EQ(methods, boost::json::parse(R"(["totp","recovery"])"));

    const std::string token = text_in(asked, "mfa_token");
    const auto verified = bench.second_step(browser, token, "totp", bench.code());
    EXPECT_EQ(verified.status, 200) << verified.body;
    EXPECT_EQ(text_in(verified, "method"), "password");
    EXPECT_EQ(browser.get("/v1/me").status, 200);
    EXPECT_EQ(bench.audited("factors.pass"), 1);
}

TEST(Mfa, ACodeIsGoodOnceAlsoWithANewFirstStep) {
    MfaBench bench;
    bench.turn_on();
    Browser browser = bench.browser();
    const std::string token = text_in(bench.first_step(browser), "mfa_token");
    EXPECT_EQ(bench.second_step(browser, token, "totp", bench.code()).status, 200);
    Browser thief = bench.browser();
    const std::string again = text_in(bench.first_step(thief), "mfa_token");
    const auto refused = bench.second_step(thief, again, "totp", bench.code());
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(text_in(refused, "code"), "factors.refused");
    bench.clock.advance(factors::totp_period);
    EXPECT_EQ(bench.second_step(thief, again, "totp", bench.code()).status, 200);
}

TEST(Mfa, ARecoveryCodeIsGoodOnceAndNewOnesEndTheOldOnes) {
    MfaBench bench;
    bench.turn_on();
    ASSERT_EQ(bench.recovery_codes.size(), 10);
    Browser browser = bench.browser();
    const std::string token = text_in(bench.first_step(browser), "mfa_token");
    const std::string first = bench.recovery_codes[0];
    EXPECT_EQ(bench.second_step(browser, token, "recovery", first).status, 200);
    EXPECT_EQ(bench.second_step(browser, token, "recovery", first).status, 401);
    auto state = boost::json::parse(browser.get("/v1/me/mfa").body);
    EXPECT_EQ(state.at("recovery_codes_left"), 9);

    const auto renewed = browser.post("/v1/me/mfa/recovery_codes");
    EXPECT_EQ(renewed.status, 201);
    const auto fresh = recovery_codes_in(renewed);
    const std::string old = bench.recovery_codes[1];
    EXPECT_EQ(bench.second_step(browser, token, "recovery", old).status, 401);
    EXPECT_EQ(bench.second_step(browser, token, "recovery", fresh[1]).status, 200);
    EXPECT_EQ(bench.audited("factors.renew_recovery_codes"), 1);
}

TEST(Mfa, AWrongPasswordIsAnsweredTheSameWithAndWithoutAFactor) {
    MfaBench bench;
    bench.add_user("bob@example.com");
    bench.turn_on();
    Browser browser = bench.browser();
    const auto with = bench.first_step(browser, "wrong battery");
    const auto without =
        browser.post("/v1/auth/login", R"({"email":"bob@example.com","password":"wrong battery"})");
    EXPECT_EQ(with.status, without.status);
    EXPECT_EQ(text_in(with, "code"), text_in(without, "code"));
    EXPECT_EQ(text_in(with, "detail"), text_in(without, "detail"));
    EXPECT_EQ(with.body.size(), without.body.size());
    EXPECT_EQ(with.headers.size(), without.headers.size());
}

TEST(Mfa, TriesAreLimitedForAUserFromEverywhereTogether) {
    MfaBench bench;
    bench.turn_on();
    Browser browser = bench.browser();
    const std::string token = text_in(bench.first_step(browser), "mfa_token");
    const std::string wrong = bench.code() == "000000" ? "000001" : "000000";
    int limited = 0;
    for (int i = 0; i < 12; ++i) {
        limited += bench.second_step(browser, token, "totp", wrong).status == 429 ? 1 : 0;
    }
    EXPECT_EQ(limited, 2) << "of one network";
    for (int i = 0; i < factors::totp_tries_max; ++i) {
        browser.address = "198.51." + std::to_string(i) + ".1";
        std::ignore = bench.second_step(browser, token, "totp", wrong);
    }
    browser.address = "203.0.113.1";
    const auto refused = bench.second_step(browser, token, "totp", bench.code());
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(text_in(refused, "code"), "factors.too_many_codes");
    const std::string kept = bench.recovery_codes[0];
    EXPECT_EQ(bench.second_step(browser, token, "recovery", kept).status, 200);
    bench.clock.advance(factors::totp_tries_window);
    const std::string later = text_in(bench.first_step(browser), "mfa_token");
    EXPECT_EQ(bench.second_step(browser, later, "totp", bench.code()).status, 200);
}

TEST(Mfa, ATokenIsNoGoodWhenAllSessionsEndedMeanwhileOrAnotherSiteSendsIt) {
    MfaBench bench;
    bench.turn_on();
    Browser browser = bench.browser();
    const std::string token = text_in(bench.first_step(browser), "mfa_token");
    const std::string body = MfaBench::second_json(token, "totp", bench.code());
    const std::vector<http::Header> foreign{{"Sec-Fetch-Site", "cross-site"}};
    const auto crossed = browser.send(http::Method::post, "/v1/auth/mfa/verify", body, foreign);
    EXPECT_EQ(crossed.status, 403);
    EXPECT_EQ(bench.browser_with_factor.post("/v1/auth/logout_all").status, 204);
    EXPECT_EQ(browser.post("/v1/auth/mfa/verify", body).status, 401);
    const std::string again = text_in(bench.first_step(browser), "mfa_token");
    EXPECT_EQ(bench.second_step(browser, again, "totp", bench.code()).status, 200)
        << "a sign-in that came to nothing used the code up";
    EXPECT_EQ(bench.second_step(browser, again + "A", "totp", bench.code()).status, 401);
}

TEST(Mfa, TurningOnAndOffTakesARecentProofAndTheFirstCode) {
    MfaBench bench;
    Browser& browser = bench.browser_with_factor;
    bench.clock.advance(recent_max);
    const auto refused = browser.post("/v1/me/mfa/totp");
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(text_in(refused, "code"), "sessions.proof_too_old");
    EXPECT_EQ(bench.first_step(browser).status, 200);
    EXPECT_EQ(browser.post("/v1/me/mfa/recovery_codes").status, 409);
    EXPECT_EQ(browser.send(http::Method::del, "/v1/me/mfa/totp").status, 404);

    const auto begun = browser.post("/v1/me/mfa/totp");
    bench.secret = MfaBench::secret_in(text_in(begun, "secret"));
    const std::string right = bench.code_json();
    const char* const wrong = R"({"code":"12345"})";
    EXPECT_EQ(browser.post("/v1/me/mfa/totp/confirm", wrong).status, 422);
    EXPECT_EQ(bench.first_step(browser).status, 200) << "nothing is asked for yet";
    EXPECT_EQ(browser.post("/v1/me/mfa/totp/confirm", right).status, 200);
    EXPECT_EQ(browser.post("/v1/me/mfa/totp/confirm", right).status, 409);
    EXPECT_EQ(browser.post("/v1/me/mfa/totp").status, 409);

    bench.clock.advance(recent_max);
    EXPECT_EQ(browser.send(http::Method::del, "/v1/me/mfa/totp").status, 401);
    const std::string token = text_in(bench.first_step(browser), "mfa_token");
    EXPECT_EQ(bench.second_step(browser, token, "totp", bench.code()).status, 200);
    EXPECT_EQ(browser.send(http::Method::del, "/v1/me/mfa/totp").status, 204);
    EXPECT_EQ(bench.first_step(browser).status, 200);
    EXPECT_EQ(bench.wait(bench.db.run(bench.context, count_factors))[0].integer(), 0);
    EXPECT_EQ(bench.audited("factors.totp_on"), 1);
    EXPECT_EQ(bench.audited("factors.totp_off"), 1);
}

TEST(Mfa, AnEnrolmentThatTookTooLongIsBegunAgainAndSwept) {
    MfaBench bench;
    Browser& browser = bench.browser_with_factor;
    bench.secret = MfaBench::secret_in(text_in(browser.post("/v1/me/mfa/totp"), "secret"));
    bench.clock.advance(factors::enrolment_life);
    EXPECT_EQ(bench.first_step(browser).status, 200);
    EXPECT_EQ(browser.post("/v1/me/mfa/totp/confirm", bench.code_json()).status, 409);
    bench.clock.advance(std::chrono::hours(25));
    bench.wait(bench.node.factors.sweep(bench.context));
    EXPECT_EQ(bench.wait(bench.db.run(bench.context, count_factors))[0].integer(), 0);
}

TEST(Mfa, NoSecretLiesInTheDatabaseOrInTheLog) {
    MfaBench bench;
    bench.turn_on();
    Browser browser = bench.browser();
    const std::string token = text_in(bench.first_step(browser), "mfa_token");
    const std::string code = bench.recovery_codes[0];
    EXPECT_EQ(bench.second_step(browser, token, "recovery", code).status, 200);
    const std::string shown = factors::to_base32_rfc4648(bench.secret.reveal());
    for (const std::string& text : {shown, code, token}) {
        EXPECT_FALSE(bench.is_written_anywhere(text)) << text;
        for (const std::string& line : bench.lines) EXPECT_EQ(line.find(text), line.npos) << line;
    }
}

TEST(Mfa, ALinkOfWhoeverHasTheMachineAsksForNoSecondFactor) {
    MfaBench bench;
    bench.turn_on();
    const auto link = bench.wait(bench.node.links.make(bench.context, {.name = "cli"}, bench.user));
    Browser browser = bench.browser();
    EXPECT_EQ(browser.post("/v1/auth/link", R"({"token":")" + link.token + R"("})").status, 200);
    EXPECT_EQ(browser.send(http::Method::del, "/v1/me/mfa/totp").status, 204);
}

}  // namespace
}  // namespace acme::sessions
