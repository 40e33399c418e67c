// Signing in where something else happens at the same moment, or many things do.
#include "platform/sessions/sessions.hpp"
#include "testing/sessions_bench.hpp"

#include <latch>

namespace acme::sessions {
namespace {

using std::chrono::seconds;
using testing::SessionsBench;

const char* const ada = "ada@example.com";

constexpr pg::Query list_revoked{"test.revoked", R"sql(
    SELECT id FROM sessions WHERE revoked_at IS NOT NULL AND user_id = $1
)sql"};

// As many as one look takes at once, all at one instant.
constexpr pg::Query insert_ended{"test.insert_ended", R"sql(
    INSERT INTO sessions (id, org_id, user_id, token_hash, token_epoch, method, user_agent, ip,
                          created_at, last_seen_at, expires_at, revoked_at)
    SELECT gen_random_uuid(), org_id, user_id, 'hash ' || n, 1, 'link', '', '', $1, $1, $1, $1
    FROM (SELECT * FROM sessions LIMIT 1) s, generate_series(1, 2000) n
)sql"};

constexpr pg::Query insert_changed{"test.insert_changed", R"sql(
    INSERT INTO users (id, email, email_norm, name, created_at, updated_at)
    SELECT gen_random_uuid(), n, n, 'n', $1, $1 FROM generate_series(1, 2000) n
)sql"};

constexpr pg::Query end_untold{"test.end_untold", R"sql(
    UPDATE sessions SET revoked_at = $1 WHERE user_id = $2 AND revoked_at IS NULL
)sql"};

constexpr pg::Query disable_untold{"test.disable_untold", R"sql(
    UPDATE users SET state = 'disabled', version = version + 1, updated_at = $1
    WHERE email_norm LIKE 'bob@%' AND id <> $2
)sql"};

constexpr pg::Query break_sessions{"test.break_sessions", R"sql(
    ALTER TABLE sessions ADD CHECK (method <> 'link')
)sql"};

constexpr pg::Query mend_sessions{"test.mend_sessions", R"sql(
    ALTER TABLE sessions DROP CONSTRAINT sessions_method_check
)sql"};

TEST(Sessions, ANewSignInEndsTheSessionThatThisBrowserHadBefore) {
    SessionsBench bench;
    const UserId user = bench.add_user(ada);
    const UserId bob = bench.add_user("bob@example.com");
    auto browser = bench.signed_in(ada);
    auto former = browser;
    auto elsewhere = bench.signed_in(ada);
    EXPECT_EQ(former.get("/v1/me").status, 200);

    const char* const wrong = R"({"email":"bob@example.com","password":"wrong battery"})";
    EXPECT_EQ(browser.post("/v1/auth/login", wrong).status, 401);
    EXPECT_EQ(former.get("/v1/me").status, 200);

    const char* const right = R"({"email":"bob@example.com","password":"correct battery"})";
    EXPECT_EQ(browser.post("/v1/auth/login", right).status, 200);
    EXPECT_EQ(bench.trace.user_id, bob.str());
    EXPECT_EQ(former.get("/v1/me").status, 401);
    EXPECT_EQ(browser.get("/v1/me").status, 200);
    EXPECT_EQ(elsewhere.get("/v1/me").status, 200);
    const auto rows = bench.wait(bench.db.run(bench.context, list_revoked, user));
    ASSERT_EQ(rows.size(), 1);

    former = browser;
    const auto link = bench.wait(bench.node.links.make(bench.context, {.name = "cli"}, user));
    EXPECT_EQ(browser.post("/v1/auth/link", R"({"token":")" + link.token + R"("})").status, 200);
    EXPECT_EQ(former.get("/v1/me").status, 401);
    EXPECT_EQ(browser.get("/v1/me").status, 200);
}

TEST(Sessions, AnotherSiteSignsNobodyIn) {
    SessionsBench bench;
    const UserId user = bench.add_user(ada);
    const auto link = bench.wait(bench.node.links.make(bench.context, {.name = "cli"}, user));
    const std::string by_link = R"({"token":")" + link.token + R"("})";
    const std::vector<std::vector<http::Header>> foreign{
        {{"Sec-Fetch-Site", "cross-site"}},
        {{"Origin", "https://evil.example"}},
        {{"Origin", "null"}},
    };
    auto browser = bench.browser();
    for (const auto& headers : foreign) {
        for (const auto& [path, body] : std::vector<std::pair<std::string, std::string>>{
                 {"/v1/auth/login", R"({"email":"ada@example.com","password":"correct battery"})"},
                 {"/v1/auth/link", by_link},
             }) {
            const auto refused = browser.send(http::Method::post, path, body, headers);
            EXPECT_EQ(refused.status, 403) << path;
            EXPECT_NE(refused.body.find("access.cross_site"), refused.body.npos) << refused.body;
        }
    }
    EXPECT_TRUE(browser.cookie.empty());
    EXPECT_EQ(browser.post("/v1/auth/link", by_link).status, 200) << "the link was used up";
}

TEST(Sessions, WhoIsSentAwayByABusyNodeHasNotTried) {
    SessionsBench bench;
    bench.add_user(ada);
    std::latch may_go(1);
    std::size_t ended = 0;
    const auto work = [&] {
        may_go.wait();
        return true;
    };
    bench.loop.restart();
    for (std::size_t i = 0; i < Loop::blocking_max; ++i) {
        asio::co_spawn(bench.loop, bench.loop.blocking(work), [&](const auto&, const auto&) {
            ++ended;
        });
    }
    bench.loop.poll();

    const char* const right = R"({"email":"ada@example.com","password":"correct battery"})";
    for (int i = 0; i < 12; ++i) {
        EXPECT_EQ(bench.browser().post("/v1/auth/login", right).status, 503);
    }
    may_go.count_down();
    while (ended < Loop::blocking_max) bench.loop.run_one();
    EXPECT_EQ(bench.browser().post("/v1/auth/login", right).status, 200);
}

TEST(Sessions, ALinkIsNotUsedUpWithoutASession) {
    SessionsBench bench;
    const UserId user = bench.add_user(ada);
    const auto link = bench.wait(bench.node.links.make(bench.context, {.name = "cli"}, user));
    const std::string body = R"({"token":")" + link.token + R"("})";
    bench.wait(bench.db.run(bench.context, break_sessions));
    EXPECT_EQ(bench.browser().post("/v1/auth/link", body).status, 500);
    bench.wait(bench.db.run(bench.context, mend_sessions));
    EXPECT_EQ(bench.browser().post("/v1/auth/link", body).status, 200);
}

TEST(Sessions, NoneBeginsForWhoProvedThemselvesBeforeAllOfTheirsEnded) {
    SessionsBench bench;
    const UserId user = bench.add_user(ada);
    const auto owner =
        bench.wait(bench.node.passwords.verify(bench.context, ada, Secret(SessionsBench::password))
        );
    ASSERT_TRUE(owner);
    EXPECT_EQ(bench.signed_in(ada).post("/v1/auth/logout_all").status, 204);
    SignIn late{.user = user, .origin = {}, .token_epoch = owner->token_epoch};
    late.origin.method = "password";
    const auto refused = bench.wait(bench.node.sessions.begin(bench.context, std::move(late)));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code.text(), "sessions.no_user");
}

TEST(Sessions, TriesToChangeAPasswordAreCountedForEachUser) {
    SessionsBench bench;
    bench.add_user(ada);
    bench.add_user("bob@example.com");
    auto attacker = bench.signed_in(ada);
    auto neighbour = bench.signed_in("bob@example.com");
    const char* const wrong = R"({"current":"wrong battery","new":"another battery"})";
    const char* const right = R"({"current":"correct battery","new":"another battery"})";
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(attacker.post("/v1/auth/password/change", wrong).status, 422);
    }
    EXPECT_EQ(attacker.post("/v1/auth/password/change", right).status, 429);
    EXPECT_EQ(neighbour.post("/v1/auth/password/change", right).status, 200);
}

TEST(Sessions, OneLookTellsOfAllEndsAndChangesHoweverManyAreOfOneInstant) {
    SessionsBench bench;
    const UserId user = bench.add_user(ada);
    bench.add_user("bob@example.com");
    auto browser = bench.signed_in(ada);
    auto bob = bench.signed_in("bob@example.com");
    EXPECT_EQ(browser.get("/v1/me").status, 200);  // Redis has copies
    EXPECT_EQ(bob.get("/v1/me").status, 200);

    bench.wait(bench.db.run(bench.context, insert_ended, bench.clock.now()));
    bench.wait(bench.db.run(bench.context, insert_changed, bench.clock.now()));
    bench.clock.advance(seconds(1));
    // Ended and changed by nodes that could not tell.
    bench.wait(bench.db.run(bench.context, end_untold, bench.clock.now(), user));
    bench.wait(bench.db.run(bench.context, disable_untold, bench.clock.now(), user));
    bench.wait(bench.node.sessions.look());
    EXPECT_EQ(browser.get("/v1/me").status, 401);
    EXPECT_EQ(bob.get("/v1/me").status, 401);
}

}  // namespace
}  // namespace acme::sessions
