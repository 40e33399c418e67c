// Making one's own account and forgetting a password, over HTTP and through the local mailbox.
#include "platform/accounts/proofs.hpp"
#include "platform/accounts/sign_ups.hpp"
#include "platform/mail/mail.hpp"
#include "platform/mail/mail_jobs.hpp"
#include "platform/sessions/sign_up_http.hpp"
#include "testing/sessions_bench.hpp"
#include "work/jobs/worker.hpp"

#include <boost/json/parse.hpp>

namespace acme::sessions {
namespace {

using accounts::ProofKind;
using accounts::SignUp;
using testing::Browser;
using testing::SessionsBench;

const char* const secret_keys = "a-secret-key-for-tests-with-32-bytes-and-more";
const char* const ada = "ada@example.com";

constexpr pg::Query count_users{"test.users", R"sql(
    SELECT count(*) FROM users WHERE email_norm = $1
)sql"};

constexpr pg::Query find_anywhere{"test.anywhere", R"sql(
    SELECT count(*) FROM (
        SELECT p::text AS row FROM email_proofs p UNION ALL SELECT m::text FROM mails m
        UNION ALL SELECT j::text FROM jobs j UNION ALL SELECT a::text FROM audit_entries a) all_rows
    WHERE strpos(row, $1) > 0
)sql"};

struct SignUpBench : SessionsBench {
    explicit SignUpBench(SignUp allowed = SignUp::open, mail::Way way = mail::Way::mailbox)
        : mail(
              {.way = way, .smtp = {.url = {}, .from = "acme@localhost"}},
              loop,
              db,
              Secret(secret_keys),
              telemetry
          ),
          sign_ups(
              {.allowed = allowed, .base_url = "http://localhost:8080"},
              db,
              node.accounts,
              node.passwords,
              proofs,
              mail
          ) {
        mail::add_jobs(jobs, mail);
        add_sign_up_routes(node.router, entrance);
    }

    /// What the mail says that this call brought, "" when it brought none.
    std::string mail_of(const http::Response& response) {
        EXPECT_EQ(response.status, 202) << response.body;
        clock.advance(std::chrono::milliseconds(2));
        while (wait(worker.run_one())) {
        }
        const auto kept = wait(mail.list(context, std::nullopt, 1));
        if (kept.empty() || kept[0].id == newest_) return "";
        newest_ = kept[0].id;
        return kept[0].letter.text;
    }

    http::Response sign_up(std::string email, std::string password = "correct battery") {
        return browser().post(
            "/v1/auth/signup",
            R"({"email":")" + email + R"(","name":"Ada","password":")" + password + R"("})"
        );
    }

    http::Response forgot(const std::string& email) {
        return browser().post("/v1/auth/password/forgot", R"({"email":")" + email + R"("})");
    }

    std::int64_t users(std::string_view email) {
        return wait(db.run(context, count_users, email))[0].integer();
    }

    bool is_written_anywhere(const std::string& text) {
        return wait(db.run(context, find_anywhere, text))[0].integer() > 0;
    }

    mail::Mail mail;
    accounts::Proofs proofs{db, Secret(secret_keys), telemetry};
    accounts::SignUps sign_ups;
    Entrance entrance{sign_ups, node.sessions, node.tries, metrics};
    jobs::Registry jobs;
    jobs::Worker worker{jobs, db, telemetry};

private:
    std::optional<mail::MailId> newest_;
};

std::string after(const std::string& text, std::string_view words) {
    const auto at = text.find(words);
    if (at == text.npos) return "";
    const auto begin = at + words.size();
    return text.substr(begin, text.find('\n', begin) - begin);
}

std::string token_in(const std::string& text) { return after(text, "#token="); }
std::string code_in(const std::string& text) {
    const std::string code = after(text, "where you signed up: ");
    return code.empty() ? after(text, "where you asked: ") : code;
}

std::string by_token(const std::string& token, std::string_view password = "correct battery") {
    return R"({"token":")" + token + R"(","password":")" + std::string(password) + R"("})";
}

std::string by_code(const std::string& email, const std::string& code) {
    return R"({"email":")" + email + R"(","code":")" + code + R"(","password":"correct battery"})";
}

std::string reset_by(const std::string& token, std::string_view password) {
    return R"({"token":")" + token + R"(","new":")" + std::string(password) + R"("})";
}

int log_in(SignUpBench& bench, std::string_view password) {
    const std::string body =
        R"({"email":"ada@example.com","password":")" + std::string(password) + R"("})";
    return bench.browser().post("/v1/auth/login", body).status;
}

TEST(SignUp, TheLinkMakesAUserWithAnOrganizationOfTheirOwnAndNoRoleAndSignsIn) {
    SignUpBench bench;
    const std::string text = bench.mail_of(bench.sign_up("Ada@Example.com"));
    EXPECT_EQ(bench.users(ada), 0) << "a user came to be before the address was proved";
    Browser browser = bench.browser();
    EXPECT_EQ(browser.post("/v1/auth/email/verify", by_token(token_in(text))).status, 200);
    const auto me = boost::json::parse(browser.get("/v1/me").body);
    EXPECT_EQ(me.at("email").as_string(), "Ada@Example.com");
    EXPECT_TRUE(me.at("platform_role").is_null());
    EXPECT_EQ(me.at("org").at("role").as_string(), "owner");
    EXPECT_EQ(log_in(bench, "correct battery"), 200);
}

TEST(SignUp, TheCodeDoesTheSameAsPeopleTypeIt) {
    SignUpBench bench;
    const std::string code = code_in(bench.mail_of(bench.sign_up(ada)));
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
    const std::string token = token_in(text);
    for (const std::string& secret :
         {token.substr(token.find('.') + 1), code_in(text), std::string("canary")}) {
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
    EXPECT_EQ(token_in(text), "");
    EXPECT_EQ(code_in(text), "");
    EXPECT_EQ(log_in(bench, "another battery"), 401);
    EXPECT_EQ(log_in(bench, "correct battery"), 200);
    EXPECT_EQ(bench.mail_of(bench.forgot("nobody@example.com")), "");
}

TEST(SignUp, ALinkThatWasUsedIsGoneAndSoIsEveryOtherOfThatAddress) {
    SignUpBench bench;
    const std::string first = bench.mail_of(bench.sign_up(ada));
    const std::string second = bench.mail_of(bench.sign_up(ada));
    EXPECT_EQ(bench.browser().post("/v1/auth/email/verify", by_token(token_in(first))).status, 200);
    EXPECT_EQ(bench.browser().post("/v1/auth/email/verify", by_token(token_in(first))).status, 401);
    EXPECT_EQ(
        bench.browser().post("/v1/auth/email/verify", by_token(token_in(second))).status, 401
    );
    EXPECT_EQ(
        bench.browser().post("/v1/auth/email/verify", by_code(ada, code_in(second))).status, 401
    );
    EXPECT_EQ(bench.users(ada), 1);
}

TEST(SignUp, ALinkIsGoodForADayAndAnswersOnlyToItself) {
    SignUpBench bench;
    const std::string token = token_in(bench.mail_of(bench.sign_up(ada)));
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
    const auto refused = bench.browser().post("/v1/auth/email/verify", by_token(token_in(eves)));
    EXPECT_EQ(refused.status, 422);
    EXPECT_NE(refused.body.find("accounts.password_wrong"), refused.body.npos);
    EXPECT_EQ(bench.users(ada), 0);
    EXPECT_EQ(bench.browser().post("/v1/auth/email/verify", by_token(token_in(own))).status, 200);
    EXPECT_EQ(log_in(bench, "battery of eve"), 401);
    EXPECT_EQ(log_in(bench, "correct battery"), 200);
}

TEST(SignUp, CodesMayBeTriedFiveTimesAndTheLinkStaysGood) {
    SignUpBench bench;
    const std::string text = bench.mail_of(bench.sign_up(ada));
    const std::string wrong = code_in(text) == "00000000" ? "00000001" : "00000000";
    for (int i = 0; i < accounts::code_attempts_max; ++i) {
        EXPECT_EQ(bench.browser().post("/v1/auth/email/verify", by_code(ada, wrong)).status, 401);
    }
    EXPECT_EQ(
        bench.browser().post("/v1/auth/email/verify", by_code(ada, code_in(text))).status, 401
    );
    EXPECT_EQ(bench.browser().post("/v1/auth/email/verify", by_token(token_in(text))).status, 200);
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
    const std::string token = token_in(bench.mail_of(bench.sign_up(ada)));
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

TEST(Reset, TheLinkSetsAPasswordAndEndsAllSessions) {
    SignUpBench bench;
    bench.add_user(ada);
    Browser browser = bench.signed_in(ada);
    const std::string text = bench.mail_of(bench.forgot(ada));
    const std::string common = reset_by(token_in(text), "1234567890");
    EXPECT_EQ(bench.browser().post("/v1/auth/password/reset", common).status, 422);
    const std::string body = reset_by(token_in(text), "another battery");
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
    const std::string body =
        R"({"email":"ada@example.com","new":"another battery","code":")" + code_in(text) + R"("})";
    EXPECT_EQ(bench.browser().post("/v1/auth/password/reset", body).status, 204);
    EXPECT_EQ(log_in(bench, "another battery"), 200);
    EXPECT_EQ(
        bench.browser()
            .post("/v1/auth/password/reset", reset_by(token_in(old), "third battery"))
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
    const std::string body = reset_by(token_in(text), "another battery");
    EXPECT_EQ(bench.browser().post("/v1/auth/password/reset", body).status, 401);
    EXPECT_EQ(bench.mail_of(bench.forgot(ada)), "");
}

TEST(Proofs, AnOldKeyStillVerifiesAndAMailThatIsSentTwiceSaysTheSame) {
    SignUpBench bench;
    const std::string old = token_in(bench.mail_of(bench.sign_up(ada)));
    const std::string rotated =
        "another-key-for-tests-with-32-bytes-and-more," + std::string(secret_keys);
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
