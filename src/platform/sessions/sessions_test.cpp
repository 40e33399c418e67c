// Signing in and out on a real PostgreSQL and a real Redis, which is emptied, hung and killed.
#include "platform/sessions/sessions.hpp"

#include "testing/sessions_bench.hpp"

#include <boost/json/parse.hpp>

namespace acme::sessions {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::header;
using testing::SessionsBench;
using testing::SessionsNode;
using enum http::Method;

const char* const ada = "ada@example.com";

constexpr pg::Query count_finds{"test.sessions", R"sql(
    SELECT count(*) FROM sessions WHERE revoked_at IS NULL
)sql"};

std::string code_of(const http::Response& response) {
    const auto json = boost::json::parse(response.body).as_object();
    const auto* code = json.if_contains("code");
    return code ? std::string(code->as_string()) : "";
}

/// How often PostgreSQL was asked for a session so far.
int asked_postgresql(SessionsBench& bench) {
    const std::string text = bench.metrics.text();
    for (auto at = text.find("db_query_duration_seconds_count{"); at != text.npos;
         at = text.find("db_query_duration_seconds_count{", at + 1)) {
        const std::string line = text.substr(at, text.find('\n', at) - at);
        if (line.find("sessions.find\"") == line.npos) continue;
        return std::atoi(line.c_str() + line.rfind(' '));
    }
    return 0;
}

TEST(Sessions, APasswordSignsInAndTheCookieTellsWhoAsks) {
    SessionsBench bench;
    const UserId user = bench.add_user(ada);
    auto browser = bench.browser();
    EXPECT_EQ(browser.get("/v1/me").status, 401);

    const auto login = browser.post(
        "/v1/auth/login", R"({"email":" ADA@example.com","password":"correct battery"})"
    );
    ASSERT_EQ(login.status, 200) << login.body;
    const std::string cookie = header(login, "Set-Cookie");
    EXPECT_TRUE(cookie.starts_with("acme_session=v1." + user.str() + "."));
    EXPECT_NE(cookie.find("; Path=/; Max-Age=7776000; HttpOnly; SameSite=Lax"), cookie.npos);
    EXPECT_EQ(header(login, "Cache-Control"), "no-store");

    const auto me = browser.get("/v1/me");
    ASSERT_EQ(me.status, 200) << me.body;
    const auto json = boost::json::parse(me.body).as_object();
    EXPECT_EQ(json.at("id").as_string(), user.str());
    EXPECT_EQ(json.at("org").as_object().at("role").as_string(), "owner");
    EXPECT_TRUE(json.at("platform_role").is_null());
}

TEST(Sessions, AWrongPasswordAndAnUnknownAddressAreTheSameRefusal) {
    SessionsBench bench;
    bench.add_user(ada);
    auto browser = bench.browser();
    const auto wrong =
        browser.post("/v1/auth/login", R"({"email":"ada@example.com","password":"wrong battery"})");
    const auto unknown =
        browser.post("/v1/auth/login", R"({"email":"bob@example.com","password":"wrong battery"})");
    EXPECT_EQ(wrong.status, 401);
    EXPECT_EQ(unknown.status, 401);
    EXPECT_EQ(code_of(wrong), "accounts.credentials_wrong");
    EXPECT_EQ(code_of(unknown), "accounts.credentials_wrong");
    EXPECT_TRUE(browser.cookie.empty());
}

TEST(Sessions, ALinkSignsInOnceAndWithinThirtyMinutes) {
    SessionsBench bench;
    const UserId user = bench.add_user(ada);
    const auto link = bench.wait(bench.node.links.make(bench.context, {.name = "cli"}, user));
    EXPECT_EQ(link.url, "http://localhost:8080/sign-in/link#token=" + link.token);
    const std::string body = R"({"token":")" + link.token + R"("})";

    auto browser = bench.browser();
    EXPECT_EQ(browser.post("/v1/auth/link", body).status, 200);
    EXPECT_EQ(browser.get("/v1/me").status, 200);
    const auto again = bench.browser().post("/v1/auth/link", body);
    EXPECT_EQ(again.status, 401);
    EXPECT_EQ(code_of(again), "accounts.link_invalid");

    const auto late = bench.wait(bench.node.links.make(bench.context, {.name = "cli"}, user));
    bench.clock.advance(minutes(30));
    EXPECT_EQ(
        bench.browser().post("/v1/auth/link", R"({"token":")" + late.token + R"("})").status, 401
    );
    EXPECT_EQ(bench.browser().post("/v1/auth/link", R"({"token":"x"})").status, 401);
}

TEST(Sessions, SigningOutEndsThisSessionOnEveryNodeAtOnce) {
    SessionsBench bench;
    bench.add_user(ada);
    SessionsNode other(bench, bench.server.url());
    auto here = bench.signed_in(ada);
    auto there = here;
    there.node = &other;
    auto elsewhere = bench.signed_in(ada);
    EXPECT_EQ(there.get("/v1/me").status, 200);

    const auto out = here.post("/v1/auth/logout");
    EXPECT_EQ(out.status, 204);
    EXPECT_EQ(
        header(out, "Set-Cookie"), "acme_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
    );
    EXPECT_EQ(there.get("/v1/me").status, 401);
    EXPECT_EQ(elsewhere.get("/v1/me").status, 200);

    EXPECT_EQ(elsewhere.post("/v1/auth/logout_all").status, 204);
    EXPECT_EQ(bench.wait(bench.db.run(bench.context, count_finds))[0].integer(), 0);
}

TEST(Sessions, RedisAnswersForThemAndPostgresqlIsAskedOnce) {
    SessionsBench bench;
    bench.add_user(ada);
    auto browser = bench.signed_in(ada);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(browser.get("/v1/me").status, 200);
    EXPECT_EQ(asked_postgresql(bench), 1);
    bench.server.ask("FLUSHALL");
    for (int i = 0; i < 5; ++i) EXPECT_EQ(browser.get("/v1/me").status, 200);
    EXPECT_EQ(asked_postgresql(bench), 2);
}

TEST(Sessions, NobodyIsSignedOutByRedis) {
    SessionsBench bench;
    bench.add_user(ada);
    auto browser = bench.signed_in(ada);
    EXPECT_EQ(browser.get("/v1/me").status, 200);

    bench.server.stop();
    for (int i = 0; i < 8; ++i) EXPECT_EQ(browser.get("/v1/me").status, 200);
    bench.server.go_on();
    bench.server.kill();
    for (int i = 0; i < 8; ++i) EXPECT_EQ(browser.get("/v1/me").status, 200);
    EXPECT_LE(asked_postgresql(bench), 4);  // a copy of this thread answers for five seconds
    auto another = bench.signed_in(ada);
    EXPECT_EQ(another.get("/v1/me").status, 200);

    bench.server.start();
    bench.clock.advance(seconds(3));
    EXPECT_EQ(browser.get("/v1/me").status, 200);
    EXPECT_EQ(another.get("/v1/me").status, 200);
}

TEST(Sessions, AnEndMadeWhileRedisWasAwayIsHeardOfOnEveryNode) {
    SessionsBench bench;
    bench.add_user(ada);
    SessionsNode other(bench, bench.server.url());
    auto here = bench.signed_in(ada);
    auto there = here;
    there.node = &other;
    EXPECT_EQ(there.get("/v1/me").status, 200);  // Redis has a copy

    bench.server.stop();
    for (int i = 0; i < 8; ++i) EXPECT_EQ(there.get("/v1/me").status, 200);
    EXPECT_EQ(here.post("/v1/auth/logout").status, 204);
    bench.wait(other.sessions.look());
    EXPECT_EQ(there.get("/v1/me").status, 401);

    // The copy in Redis is as old as it was.
    bench.server.go_on();
    for (int i = 0; i < 10 && !other.redis.is_up(); ++i) {
        bench.clock.advance(seconds(1));
        bench.wait(other.sessions.look());
    }
    bench.wait(other.sessions.look());
    EXPECT_EQ(there.get("/v1/me").status, 401);
}

TEST(Sessions, AnEndOutlivesTheRestartOfEverything) {
    SessionsBench bench;
    bench.add_user(ada);
    auto browser = bench.signed_in(ada);
    const std::string cookie = browser.cookie;
    EXPECT_EQ(browser.post("/v1/auth/logout").status, 204);
    bench.server.kill();
    bench.server.start();
    SessionsNode fresh(bench, bench.server.url());
    testing::Browser thief{.node = &fresh, .cookie = cookie};
    EXPECT_EQ(thief.get("/v1/me").status, 401);
}

TEST(Sessions, AUserWhoIsDisabledIsOutAtOnceAndChangedRolesCountAtOnce) {
    SessionsBench bench;
    bench.add_user("root@example.com", PlatformRole::admin);
    const UserId user = bench.add_user(ada);
    auto browser = bench.signed_in(ada);
    EXPECT_NE(browser.get("/v1/me").body.find(R"("platform_role":null)"), std::string::npos);
    auto& accounts = bench.node.accounts;
    accounts::Change promote{.platform_role = std::optional(PlatformRole::viewer)};
    const auto viewer =
        bench.wait(accounts.administer(bench.context, {.name = "test"}, user, 1, promote));
    ASSERT_TRUE(viewer);
    EXPECT_NE(browser.get("/v1/me").body.find(R"("platform_role":"viewer")"), std::string::npos);

    accounts::Change disable{.state = accounts::State::disabled};
    ASSERT_TRUE(bench.wait(
        accounts.administer(bench.context, {.name = "test"}, user, viewer->version, disable)
    ));
    EXPECT_EQ(browser.get("/v1/me").status, 401);
    EXPECT_THROW(bench.signed_in(ada), std::runtime_error);
    accounts::Change enable{.state = accounts::State::active};
    ASSERT_TRUE(bench.wait(
        accounts.administer(bench.context, {.name = "test"}, user, viewer->version + 1, enable)
    ));
    EXPECT_EQ(browser.get("/v1/me").status, 401);
    EXPECT_EQ(bench.signed_in(ada).get("/v1/me").status, 200);
}

TEST(Sessions, ASessionEndsFourteenDaysAfterItWasSeenAndNinetyAfterItBegan) {
    SessionsBench bench;
    bench.add_user(ada);
    auto idle = bench.signed_in(ada);
    bench.clock.advance(hours(24) * 14);
    EXPECT_EQ(idle.get("/v1/me").status, 401);

    auto busy = bench.signed_in(ada);
    for (int day = 0; day < 88; day += 11) {
        bench.clock.advance(hours(24) * 11);
        EXPECT_EQ(busy.get("/v1/me").status, 200) << day;
    }
    bench.clock.advance(hours(24) * 2);
    EXPECT_EQ(busy.get("/v1/me").status, 401);
}

TEST(Sessions, AForgedCookieIsNobodyAndCostsOneLookUpASecond) {
    SessionsBench bench;
    bench.add_user(ada);
    auto browser = bench.signed_in(ada);
    const std::string good = browser.cookie;
    for (const std::string& bad : {
             std::string("acme_session="),
             good + "x",
             good.substr(0, good.size() - 1),
             "acme_session=v2" + good.substr(15),
             "acme_session=" + std::string(5000, 'x'),
             "__Host-" + good,
         }) {
        browser.cookie = bad;
        EXPECT_EQ(browser.get("/v1/me").status, 401) << bad;
    }
    EXPECT_EQ(asked_postgresql(bench), 0);
    std::string forged = good;
    forged[60] = forged[60] == 'A' ? 'B' : 'A';
    browser.cookie = forged;
    for (int i = 0; i < 5; ++i) EXPECT_EQ(browser.get("/v1/me").status, 401);
    EXPECT_EQ(asked_postgresql(bench), 1);
    // Another user's name on a good secret is nobody, too.
    const UserId other = bench.add_user("bob@example.com");
    browser.cookie = "acme_session=v1." + other.str() + good.substr(good.rfind('.'));
    EXPECT_EQ(browser.get("/v1/me").status, 401);
}

TEST(Sessions, TenTriesInAQuarterOfAnHourAndNobodyElseIsHeldUp) {
    SessionsBench bench;
    bench.add_user(ada);
    auto attacker = bench.browser();
    const char* const wrong = R"({"email":"ada@example.com","password":"wrong battery"})";
    const char* const right = R"({"email":"ada@example.com","password":"correct battery"})";
    for (int i = 0; i < 10; ++i) EXPECT_EQ(attacker.post("/v1/auth/login", wrong).status, 401);
    const auto limited = attacker.post("/v1/auth/login", right);
    EXPECT_EQ(limited.status, 429);
    EXPECT_EQ(code_of(limited), "sessions.too_many_tries");
    EXPECT_GT(std::stoi(header(limited, "Retry-After")), 800);

    auto owner = bench.browser();
    owner.address = "198.51.100.7";
    EXPECT_EQ(owner.post("/v1/auth/login", right).status, 200);

    // Without Redis the thread counts for itself.
    bench.server.kill();
    EXPECT_EQ(attacker.post("/v1/auth/login", wrong).status, 429);
    bench.clock.advance(minutes(15));
    EXPECT_EQ(attacker.post("/v1/auth/login", right).status, 200);
}

TEST(Sessions, OnesOwnAreListedAndEndedAndNobodyElses) {
    SessionsBench bench;
    bench.add_user(ada);
    bench.add_user("bob@example.com");
    auto first = bench.signed_in(ada);
    bench.clock.advance(seconds(1));
    auto second = bench.signed_in(ada);
    auto bob = bench.signed_in("bob@example.com");

    const auto listed = boost::json::parse(second.get("/v1/me/sessions").body).as_object();
    const auto& data = listed.at("data").as_array();
    ASSERT_EQ(data.size(), 2);
    EXPECT_TRUE(data[0].at("current").as_bool());
    EXPECT_FALSE(data[1].at("current").as_bool());
    const std::string id(data[1].at("id").as_string());

    EXPECT_EQ(bob.send(del, "/v1/me/sessions/" + id).status, 404);
    EXPECT_EQ(first.get("/v1/me").status, 200);
    EXPECT_EQ(second.send(del, "/v1/me/sessions/" + id).status, 204);
    EXPECT_EQ(first.get("/v1/me").status, 401);
    EXPECT_EQ(second.send(del, "/v1/me/sessions/" + id).status, 404);
    EXPECT_EQ(second.send(del, "/v1/me/sessions/nonsense").status, 404);

    const auto page = boost::json::parse(bob.get("/v1/me/sessions?limit=1").body).as_object();
    EXPECT_TRUE(page.at("next_cursor").is_null());
}

TEST(Sessions, TheListHasPages) {
    SessionsBench bench;
    bench.add_user(ada);
    for (int i = 0; i < 3; ++i) {
        bench.signed_in(ada);
        bench.clock.advance(seconds(1));
    }
    auto browser = bench.signed_in(ada);
    const auto page = boost::json::parse(browser.get("/v1/me/sessions?limit=3").body).as_object();
    EXPECT_EQ(page.at("data").as_array().size(), 3);
    const std::string cursor(page.at("next_cursor").as_string());
    const auto rest =
        boost::json::parse(browser.get("/v1/me/sessions?limit=3&cursor=" + cursor).body)
            .as_object();
    EXPECT_EQ(rest.at("data").as_array().size(), 1);
    EXPECT_TRUE(rest.at("next_cursor").is_null());
}

TEST(Sessions, ANewPasswordEndsAllOthersAndTheOldPassword) {
    SessionsBench bench;
    bench.add_user(ada);
    auto other = bench.signed_in(ada);
    auto browser = bench.signed_in(ada);
    const auto wrong = browser.post(
        "/v1/auth/password/change", R"({"current":"wrong battery","new":"another battery"})"
    );
    EXPECT_EQ(wrong.status, 422);
    EXPECT_EQ(code_of(wrong), "accounts.password_wrong");
    const auto weak = browser.post(
        "/v1/auth/password/change", R"({"current":"correct battery","new":"Password123"})"
    );
    EXPECT_EQ(weak.status, 422);

    const auto changed = browser.post(
        "/v1/auth/password/change", R"({"current":"correct battery","new":"another battery"})"
    );
    EXPECT_EQ(changed.status, 200) << changed.body;
    EXPECT_EQ(browser.get("/v1/me").status, 200);
    EXPECT_EQ(other.get("/v1/me").status, 401);
    const auto listed = boost::json::parse(browser.get("/v1/me/sessions").body).as_object();
    EXPECT_EQ(listed.at("data").as_array().size(), 1);
    EXPECT_THROW(bench.signed_in(ada), std::runtime_error);
    EXPECT_EQ(
        bench.browser()
            .post("/v1/auth/login", R"({"email":"ada@example.com","password":"another battery"})")
            .status,
        200
    );
}

TEST(Sessions, ASweepForgetsWhatEndedLongAgo) {
    SessionsBench bench;
    bench.add_user(ada);
    bench.signed_in(ada);
    bench.clock.advance(hours(24) * 43);
    auto browser = bench.signed_in(ada);
    EXPECT_EQ(bench.wait(bench.db.run(bench.context, count_finds))[0].integer(), 2);
    bench.clock.advance(hours(24) * 2);
    bench.wait(bench.node.sessions.sweep(bench.context));
    EXPECT_EQ(bench.wait(bench.db.run(bench.context, count_finds))[0].integer(), 1);
    EXPECT_EQ(browser.get("/v1/me").status, 200);
}

TEST(SameSite, IsAskedOfEveryRequest) {
    SessionsBench bench;
    bench.add_user(ada);
    auto browser = bench.signed_in(ada);
    const auto refused =
        browser.send(post, "/v1/auth/logout", "", {{"Sec-Fetch-Site", "cross-site"}});
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(code_of(refused), "access.cross_site");
    EXPECT_EQ(browser.get("/v1/me").status, 200);
}

}  // namespace
}  // namespace acme::sessions
