// Another level for a while, on a real PostgreSQL.
#include "operate/log_level/log_level.hpp"

#include "io/http/router.hpp"
#include "io/http/service.hpp"
#include "operate/log_level/log_level_http.hpp"
#include "testing/bench.hpp"
#include "testing/text_body.hpp"

#include <array>

namespace acme::log_level {
namespace {

using std::chrono::seconds;

Task<Result<std::optional<Identity>>> identify(Identity who) { co_return who; }

struct LevelBench : testing::Bench {
    LevelBench() { add_routes(router, levels, proxies); }

    http::Response send(http::Method method, std::string_view body = "") {
        testing::TextBody text(body);
        const std::array headers{http::Header{"Content-Type", "application/json"}};
        const http::Request request{
            .method = method, .target = "/v1/admin/log_level", .headers = headers, .body = text
        };
        return wait(service.answer(request, trace));
    }

    bool writes(LogLevel level) {
        lines.clear();
        log.write(level, "probe", {}, {});
        return !lines.empty();
    }

    Result<Chosen> choose(LogLevel level, seconds time) {
        return wait(levels.choose(context, {.name = "anna"}, level, time));
    }

    std::string audited() { return sql.value("SELECT string_agg(action, ' ') FROM audit_entries"); }

    Secret conninfo = testing::fresh_database();
    pg::Database own{{.conninfo = conninfo.clone(), .connections_max = 2}, telemetry};
    testing::Sql sql{conninfo};
    Networks proxies;
    Levels levels{own, clock};
    Follower follower{levels, telemetry};
    Identity admin{
        .user = UserId::make(testing::start, random),
        .org = OrgId::make(testing::start, random),
        .platform_role = PlatformRole::admin,
    };
    http::Router router{[this](const http::Request&, trace::Context) { return identify(admin); }};
    http::Service service{router, telemetry, [](trace::Trace&) {}, {.logs_requests = false}};
};

TEST(LogLevel, IsFollowedUntilItsTimeIsOver) {
    LevelBench bench;
    ASSERT_TRUE(bench.choose(LogLevel::error, seconds(600)));
    EXPECT_TRUE(bench.writes(LogLevel::warn)) << "before the look";

    bench.wait(bench.follower.look());
    EXPECT_FALSE(bench.writes(LogLevel::warn));
    EXPECT_TRUE(bench.writes(LogLevel::error));

    bench.clock.advance(seconds(599));
    bench.wait(bench.follower.look());
    EXPECT_FALSE(bench.writes(LogLevel::warn));
    bench.clock.advance(seconds(1));
    bench.wait(bench.follower.look());
    EXPECT_TRUE(bench.writes(LogLevel::debug));
    EXPECT_FALSE(bench.wait(bench.levels.now(bench.context)));
}

TEST(LogLevel, EndsInTimeAlsoWhileTheDatabaseIsAway) {
    LevelBench bench;
    ASSERT_TRUE(bench.choose(LogLevel::error, seconds(60)));
    bench.wait(bench.follower.look());
    bench.own.close();

    bench.clock.advance(seconds(59));
    bench.wait(bench.follower.look());
    EXPECT_FALSE(bench.writes(LogLevel::warn));
    bench.clock.advance(seconds(1));
    bench.wait(bench.follower.look());
    EXPECT_TRUE(bench.writes(LogLevel::warn));
}

TEST(LogLevel, IsOneForAllAtMostForAnHourAndAudited) {
    LevelBench bench;
    EXPECT_FALSE(bench.choose(LogLevel::debug, seconds(0)));
    EXPECT_FALSE(bench.choose(LogLevel::debug, seconds(3601)));
    EXPECT_EQ(bench.audited(), "");

    ASSERT_TRUE(bench.choose(LogLevel::debug, seconds(3600)));
    ASSERT_TRUE(bench.choose(LogLevel::warn, seconds(60)));
    EXPECT_EQ(bench.wait(bench.levels.now(bench.context))->level, LogLevel::warn);
    bench.wait(bench.levels.end(bench.context, {.name = "anna"}));
    bench.wait(bench.levels.end(bench.context, {.name = "anna"}));

    EXPECT_FALSE(bench.wait(bench.levels.now(bench.context)));
    EXPECT_EQ(bench.audited(), "log_level.choose log_level.choose log_level.end");
}

TEST(LogLevel, OverHttpWhatIsWrongIsRefusedAndNothingChanges) {
    LevelBench bench;
    using enum http::Method;
    EXPECT_EQ(bench.send(put, R"({"level":"trace","seconds":60})").status, 422);
    EXPECT_EQ(bench.send(put, R"({"level":"debug","seconds":3601})").status, 422);
    EXPECT_EQ(bench.send(put, R"({"level":"debug"})").status, 422);
    EXPECT_NE(bench.send(get).body.find(R"("level":null)"), std::string::npos);

    const auto chosen = bench.send(put, R"({"level":"debug","seconds":60})");
    EXPECT_EQ(chosen.status, 200);
    EXPECT_NE(
        bench.send(get).body.find(R"("expires_at":"2026-11-23T10:01:00.000Z")"), std::string::npos
    ) << chosen.body;
    EXPECT_EQ(bench.send(del).status, 204);
    EXPECT_NE(bench.send(get).body.find(R"("level":null)"), std::string::npos);
}

}  // namespace
}  // namespace acme::log_level
