// Setting a password that was forgotten, over HTTP and through the local mailbox.
#include "platform/factors/totp.hpp"
#include "testing/sign_up_bench.hpp"

#include <boost/json/parse.hpp>

namespace acme::sessions {
namespace {

using accounts::ProofKind;
using testing::Browser;
using testing::log_in;
using testing::mailed_code;
using testing::mailed_token;
using testing::reset_by;
using testing::sign_up_keys;
using testing::SignUpBench;

const char* const ada = "ada@example.com";

TEST(Reset, TheLinkSetsAPasswordAndEndsAllSessions) {
    SignUpBench bench;
    bench.add_user(ada);
    Browser browser = bench.signed_in(ada);
    const std::string text = bench.mail_of(bench.forgot(ada));
    const std::string common = reset_by(mailed_token(text), "1234567890");
    EXPECT_EQ(bench.browser().post("/v1/auth/password/reset", common).status, 422);
    const std::string body = reset_by(mailed_token(text), "another battery");
    EXPECT_EQ(bench.browser().post("/v1/auth/password/reset", body).status, 204);
    EXPECT_EQ(browser.get("/v1/me").status, 401);
    EXPECT_EQ(log_in(bench, "correct battery"), 401);
    EXPECT_EQ(log_in(bench, "another battery"), 200);
    EXPECT_EQ(bench.browser().post("/v1/auth/password/reset", body).status, 401);
}

TEST(Reset, TheCodeDoesTheSameAndOldLinksGoWithIt) {
    SignUpBench bench;
    bench.add_user(ada);
    const std::string old = bench.mail_of(bench.forgot(ada));
    const std::string text = bench.mail_of(bench.forgot(ada));
    const std::string body = R"({"email":"ada@example.com","new":"another battery","code":")" +
                             mailed_code(text) + R"("})";
    EXPECT_EQ(bench.browser().post("/v1/auth/password/reset", body).status, 204);
    EXPECT_EQ(log_in(bench, "another battery"), 200);
    EXPECT_EQ(
        bench.browser()
            .post("/v1/auth/password/reset", reset_by(mailed_token(old), "third battery"))
            .status,
        401
    );
}

TEST(Reset, AUserWhoIsDisabledGetsNoMailAndCanSetNothing) {
    SignUpBench bench;
    const UserId user = bench.add_user(ada);
    const std::string text = bench.mail_of(bench.forgot(ada));
    const accounts::Change disabled{.state = accounts::State::disabled};
    ASSERT_TRUE(bench.wait(bench.node.accounts.administer(bench.context, {}, user, 1, disabled)));
    const std::string body = reset_by(mailed_token(text), "another battery");
    EXPECT_EQ(bench.browser().post("/v1/auth/password/reset", body).status, 401);
    EXPECT_EQ(bench.mail_of(bench.forgot(ada)), "");
}

TEST(Reset, WhoHasASecondFactorIsAskedForItAndUsesNothingUpBeforeItIsRight) {
    SignUpBench bench;
    const UserId user = bench.add_user(ada);
    const auto begun = bench.wait(bench.node.factors.begin_totp(bench.context, user, ada));
    ASSERT_TRUE(begun);
    const auto code = [&] {
        return factors::totp_code(begun->secret, factors::totp_step_at(bench.clock.now()));
    };
    const auto codes = bench.wait(bench.node.factors.confirm_totp(bench.context, {}, user, code()));
    ASSERT_TRUE(codes);
    const std::string token = mailed_token(bench.mail_of(bench.forgot(ada)));
    const auto reset_with = [&](const std::string& second) {
        std::string body = reset_by(token, "another battery");
        body.insert(body.size() - 1, second);
        return bench.browser().post("/v1/auth/password/reset", body);
    };
    const auto asked = reset_with("");
    EXPECT_EQ(asked.status, 401);
    const auto problem = boost::json::parse(asked.body);
    EXPECT_EQ(problem.at("code").as_string(), "sessions.mfa_required");
    const std::string other(problem.at("mfa_token").as_string());
    const auto passed = bench.node.factors.passed_by(other, factors::Use::sign_in);
    EXPECT_FALSE(passed) << "who has the mail and a second factor has not said the password";
    EXPECT_EQ(log_in(bench, "another battery"), 401);
    EXPECT_EQ(reset_with(R"(,"second":{"method":"totp","code":"1"})").status, 401);
    EXPECT_EQ(reset_with(R"(,"second":{"method":"dance"},"more":1)").status, 422);
    EXPECT_EQ(
        reset_with(R"(,"second":{"method":"recovery","code":")" + codes->front() + R"("})").status,
        204
    );
    EXPECT_EQ(log_in(bench, "correct battery"), 401);
}

TEST(Proofs, AnOldKeyStillVerifiesAndAMailThatIsSentTwiceSaysTheSame) {
    SignUpBench bench;
    const std::string old = mailed_token(bench.mail_of(bench.sign_up(ada)));
    const std::string rotated =
        "another-key-for-tests-with-32-bytes-and-more," + std::string(sign_up_keys);
    accounts::Proofs later(bench.db, Secret(rotated), bench.telemetry);
    EXPECT_TRUE(bench.wait(later.find(bench.context, ProofKind::sign_up, {.token = old})));
    const std::string id = old.substr(0, old.find('.'));
    const auto once = bench.wait(later.tell(bench.context, ProofKind::sign_up, id));
    const auto twice = bench.wait(later.tell(bench.context, ProofKind::sign_up, id));
    ASSERT_TRUE(once && twice);
    EXPECT_EQ(once->token, twice->token);
    EXPECT_EQ(once->code, twice->code);
    EXPECT_NE(once->token, old);
}

}  // namespace
}  // namespace acme::sessions
