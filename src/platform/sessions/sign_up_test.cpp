// Making one's own account, over HTTP and through the local mailbox.
#include "testing/sign_up_bench.hpp"

#include <boost/json/parse.hpp>

namespace acme::sessions {
namespace {

using accounts::SignUp;
using testing::Browser;
using testing::log_in;
using testing::mailed_code;
using testing::mailed_token;
using testing::reset_by;
using testing::SignUpBench;

const char* const ada = "ada@example.com";

std::string by_token(const std::string& token, std::string_view password = "correct battery") {
    return R"({"token":")" + token + R"(","password":")" + std::string(password) + R"("})";
}

std::string by_code(const std::string& email, const std::string& code) {
    return R"({"email":")" + email + R"(","code":")" + code + R"(","password":"correct battery"})";
}

TEST(SignUp, TheLinkMakesAUserWithAnOrganizationOfTheirOwnAndNoRoleAndSignsIn) {
    SignUpBench bench;
    const std::string text = bench.mail_of(bench.sign_up("Ada@Example.com"));
    EXPECT_EQ(bench.users(ada), 0) << "a user came to be before the address was proved";
    Browser browser = bench.browser();
    EXPECT_EQ(browser.post("/v1/auth/email/verify", by_token(mailed_token(text))).status, 200);
    const auto me = boost::json::parse(browser.get("/v1/me").body);
    EXPECT_EQ(me.at("email").as_string(), "Ada@Example.com");
    EXPECT_TRUE(me.at("platform_role").is_null());
    EXPECT_EQ(me.at("org").at("role").as_string(), "owner");
    EXPECT_EQ(log_in(bench, "correct battery"), 200);
}

TEST(SignUp, TheCodeDoesTheSameAsPeopleTypeIt) {
    SignUpBench bench;
    const std::string code = mailed_code(bench.mail_of(bench.sign_up(ada)));
    ASSERT_EQ(code.size(), 8);
    const std::string typed = " " + code.substr(0, 4) + " " + code.substr(4);
    EXPECT_EQ(
        bench.browser().post("/v1/auth/email/verify", by_code("ADA@example.com", typed)).status, 200
    );
    EXPECT_EQ(bench.users(ada), 1);
}

TEST(SignUp, NeitherLinkNorCodeNorPasswordIsWrittenAnywhere) {
    SignUpBench bench;
    const std::string text = bench.mail_of(bench.sign_up(ada, "canary battery"));
    const std::string token = mailed_token(text);
    for (const std::string& secret :
         {token.substr(token.find('.') + 1), mailed_code(text), std::string("canary")}) {
        EXPECT_FALSE(bench.is_written_anywhere(secret));
        for (const std::string& line : bench.lines) EXPECT_EQ(line.find(secret), line.npos) << line;
    }
}

/// The names of what was asked of the database and others for one request, in their order.
std::vector<std::string> work_of(SignUpBench& bench, const std::function<http::Response()>& call) {
    call();  // begins the trace anew
    std::vector<std::string> names;
    for (const auto& span : bench.trace.spans()) names.emplace_back(span.name);
    return names;
}

TEST(SignUp, NobodyLearnsWhetherAnAddressHasAnAccount) {
    SignUpBench bench;
    bench.add_user(ada);
    const auto known = bench.sign_up(ada);
    const auto unknown = bench.sign_up("bob@example.com");
    EXPECT_EQ(known.status, unknown.status);
    EXPECT_EQ(known.body, unknown.body);
    ASSERT_EQ(known.headers.size(), unknown.headers.size());
    for (std::size_t i = 0; i < known.headers.size(); ++i) {
        EXPECT_EQ(known.headers[i].first, unknown.headers[i].first);
    }
    const auto known_work = work_of(bench, [&] { return bench.sign_up(ada); });
    EXPECT_GT(known_work.size(), 3);
    EXPECT_EQ(known_work, work_of(bench, [&] { return bench.sign_up("bob@example.com"); }));

    EXPECT_EQ(bench.forgot(ada).body, bench.forgot("bob@example.com").body);
    const auto reset_work = work_of(bench, [&] { return bench.forgot(ada); });
    EXPECT_GT(reset_work.size(), 3);
    EXPECT_EQ(reset_work, work_of(bench, [&] { return bench.forgot("bob@example.com"); }));
}

TEST(SignUp, WhoHasAnAccountIsToldSoByMailAloneAndItStaysAsItIs) {
    SignUpBench bench;
    bench.add_user(ada);
    const std::string text = bench.mail_of(bench.sign_up(ada, "another battery"));
    EXPECT_NE(text.find("which has one"), text.npos);
    EXPECT_EQ(mailed_token(text), "");
    EXPECT_EQ(mailed_code(text), "");
    EXPECT_EQ(log_in(bench, "another battery"), 401);
    EXPECT_EQ(log_in(bench, "correct battery"), 200);
    EXPECT_EQ(bench.mail_of(bench.forgot("nobody@example.com")), "");
}

TEST(SignUp, ALinkThatWasUsedIsGoneAndSoIsEveryOtherOfThatAddress) {
    SignUpBench bench;
    const std::string first = bench.mail_of(bench.sign_up(ada));
    const std::string second = bench.mail_of(bench.sign_up(ada));
    EXPECT_EQ(
        bench.browser().post("/v1/auth/email/verify", by_token(mailed_token(first))).status, 200
    );
    EXPECT_EQ(
        bench.browser().post("/v1/auth/email/verify", by_token(mailed_token(first))).status, 401
    );
    EXPECT_EQ(
        bench.browser().post("/v1/auth/email/verify", by_token(mailed_token(second))).status, 401
    );
    EXPECT_EQ(
        bench.browser().post("/v1/auth/email/verify", by_code(ada, mailed_code(second))).status, 401
    );
    EXPECT_EQ(bench.users(ada), 1);
}

TEST(SignUp, ALinkIsGoodForADayAndAnswersOnlyToItself) {
    SignUpBench bench;
    const std::string token = mailed_token(bench.mail_of(bench.sign_up(ada)));
    std::string other = token;
    other.back() = other.back() == 'A' ? 'B' : 'A';
    EXPECT_EQ(bench.browser().post("/v1/auth/email/verify", by_token(other)).status, 401);
    EXPECT_EQ(
        bench.browser().post("/v1/auth/password/reset", reset_by(token, "another battery")).status,
        401
    );
    bench.clock.advance(std::chrono::hours(24));
    EXPECT_EQ(bench.browser().post("/v1/auth/email/verify", by_token(token)).status, 401);
    EXPECT_EQ(bench.users(ada), 0);
}

TEST(SignUp, WhoSignsUpWithAnotherPersonsAddressHasNoPasswordConfirmedByThem) {
    SignUpBench bench;
    const std::string own = bench.mail_of(bench.sign_up(ada));
    const std::string eves = bench.mail_of(bench.sign_up(ada, "battery of eve"));
    const auto refused =
        bench.browser().post("/v1/auth/email/verify", by_token(mailed_token(eves)));
    EXPECT_EQ(refused.status, 422);
    EXPECT_NE(refused.body.find("accounts.password_wrong"), refused.body.npos);
    EXPECT_EQ(bench.users(ada), 0);
    EXPECT_EQ(
        bench.browser().post("/v1/auth/email/verify", by_token(mailed_token(own))).status, 200
    );
    EXPECT_EQ(log_in(bench, "battery of eve"), 401);
    EXPECT_EQ(log_in(bench, "correct battery"), 200);
}

TEST(SignUp, CodesMayBeTriedFiveTimesAndTheLinkStaysGood) {
    SignUpBench bench;
    const std::string text = bench.mail_of(bench.sign_up(ada));
    const std::string wrong = mailed_code(text) == "00000000" ? "00000001" : "00000000";
    for (int i = 0; i < accounts::code_attempts_max; ++i) {
        EXPECT_EQ(bench.browser().post("/v1/auth/email/verify", by_code(ada, wrong)).status, 401);
    }
    EXPECT_EQ(
        bench.browser().post("/v1/auth/email/verify", by_code(ada, mailed_code(text))).status, 401
    );
    EXPECT_EQ(
        bench.browser().post("/v1/auth/email/verify", by_token(mailed_token(text))).status, 200
    );
}

TEST(SignUp, OneAddressGetsFiveMailsAnHourHoweverOftenItIsAskedFor) {
    SignUpBench bench;
    int mails = 0;
    for (int i = 0; i < 8; ++i) mails += bench.mail_of(bench.sign_up(ada)).empty() ? 0 : 1;
    EXPECT_EQ(mails, accounts::mails_per_hour_max);
    EXPECT_NE(bench.mail_of(bench.sign_up("bob@example.com")), "");
    bench.clock.advance(std::chrono::hours(1));
    EXPECT_NE(bench.mail_of(bench.sign_up(ada)), "");
}

TEST(SignUp, WhereItIsClosedNothingIsWrittenAndNoOldLinkWorks) {
    for (const SignUp word : {SignUp::closed, SignUp::invite}) {
        SignUpBench bench(word);
        EXPECT_EQ(bench.sign_up(ada).status, 403);
        EXPECT_FALSE(bench.is_written_anywhere(ada));
        const std::string token = "prf_00000000000000000000000000." + std::string(43, 'a');
        EXPECT_EQ(bench.browser().post("/v1/auth/email/verify", by_token(token)).status, 403);
        const auto shown = boost::json::parse(bench.browser().get("/v1/auth/options").body);
        EXPECT_EQ(shown.at("sign_up").as_string(), accounts::name_of(word));
    }
}

TEST(SignUp, WithoutAWayForMailsEveryAddressIsToldTheSame) {
    SignUpBench bench(SignUp::open, mail::Way::none);
    bench.add_user(ada);
    EXPECT_EQ(bench.forgot(ada).status, 503);
    EXPECT_EQ(bench.forgot("bob@example.com").status, 503);
    EXPECT_EQ(bench.sign_up("bob@example.com").status, 503);
}

TEST(SignUp, AnotherSiteCanHaveNoBrowserDoAnyOfIt) {
    SignUpBench bench;
    const std::string token = mailed_token(bench.mail_of(bench.sign_up(ada)));
    const std::vector<http::Header> foreign{{"Sec-Fetch-Site", "cross-site"}};
    Browser browser = bench.browser();
    for (const auto& [path, body] : std::vector<std::pair<std::string, std::string>>{
             {"/v1/auth/signup", R"({"email":"b@c.d","name":"B","password":"correct battery"})"},
             {"/v1/auth/email/verify", by_token(token)},
             {"/v1/auth/password/forgot", R"({"email":"ada@example.com"})"},
             {"/v1/auth/password/reset", reset_by(token, "another battery")},
         }) {
        EXPECT_EQ(browser.send(http::Method::post, path, body, foreign).status, 403) << path;
    }
    EXPECT_EQ(browser.post("/v1/auth/email/verify", by_token(token)).status, 200);
}

TEST(SignUp, WhatIsWrongIsToldAtOnceAndIsNoSecret) {
    SignUpBench bench;
    const auto refused = bench.browser().post(
        "/v1/auth/signup", R"({"email":"nobody","name":"Ada","password":"passwordpassword"})"
    );
    EXPECT_EQ(refused.status, 422);
    EXPECT_NE(refused.body.find("/email"), refused.body.npos) << refused.body;
    EXPECT_EQ(bench.browser().post("/v1/auth/email/verify", "{}").status, 422);
    EXPECT_EQ(bench.forgot("nobody").status, 422);
}

}  // namespace
}  // namespace acme::sessions
