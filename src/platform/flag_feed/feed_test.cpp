// A feed on a real PostgreSQL and a real Redis while the clock of the machine jumps: what is told
// by the time of day may move, evaluations, news and the age do not.
#include "platform/flag_feed/feed.hpp"

#include "io/loop/task_group.hpp"
#include "platform/flag_feed/copy.hpp"
#include "platform/flags/flags.hpp"
#include "testing/bench.hpp"
#include "testing/redis.hpp"

#include <filesystem>

namespace acme::flag_feed {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr milliseconds often{20};

/// The machine's, as somebody sets it. What is measured goes on as ever.
class SetClock final : public Clock {
public:
    WallTime now() const override { return system_.now() + by_; }
    SteadyTime steady() const override { return system_.steady(); }
    void jump(hours by) { by_ += by; }

private:
    SystemClock system_;
    hours by_{0};
};

struct FeedBench : testing::DryBench {
    ~FeedBench() {
        db.close();
        loop.restart();
        loop.run();
        std::filesystem::remove_all(folder);
    }

    /// Told to nobody: it is the look at the versions that has to find it.
    void publish(std::int64_t version, const std::string& served) {
        const std::string number = std::to_string(version);
        const std::string document = R"({"environment":"production","version":)" + number +
                                     R"(,"flags":[{"key":"a","type":"bool","enabled":true,)"
                                     R"("salt":"s:","fallthrough":{"variant":")" +
                                     served + R"("}}],"segments":[]})";
        sql.execute(
            "INSERT INTO flag_rulesets (environment_id, version, etag, payload, created_by) "
            "SELECT id, " +
            number + ", 'e', convert_to('" + document +
            "', 'UTF8'), 'test' FROM flag_environments WHERE key = 'production'"
        );
        sql.execute(
            "UPDATE flag_environments SET version = " + number + " WHERE key = 'production'"
        );
    }

    bool served() { return flags.get(flags::Handle<bool>{"a", false}, flags.subject(clock.now())); }

    SteadyTime::duration age() const { return clock.steady() - feed.current_at(); }

    template <class Ready>
    Task<> wait_until(Ready is_ready) {
        for (int i = 0; i < 1'000 && !is_ready(); ++i) co_await sleep_for(milliseconds(10));
        EXPECT_TRUE(is_ready());
    }

    Task<> run_while(Task<> work) {
        TaskGroup group(log);
        group.spawn(loop.get_executor(), "feed", feed.run());
        co_await std::move(work);
        feed.stop();
        co_await group.join();
    }

    SetClock clock;
    Telemetry telemetry{clock, random, log, metrics};
    Secret conninfo = testing::fresh_database();
    testing::Sql sql{conninfo};
    testing::Redis redis;
    std::string folder = std::filesystem::temp_directory_path() / "acme-flag-clock";
    bool has_folder = std::filesystem::create_directories(folder);
    pg::Database db{{.conninfo = conninfo.clone(), .connections_max = 2}, telemetry};
    Ground ground{metrics, clock, true, "production"};
    flags::Flags flags{ground.depot};
    Feed feed{
        {.node = "app-1",
         .folder = folder,
         .conninfo = conninfo.clone(),
         .redis_url = Secret(redis.url()),
         .poll_period = often,
         .lead_period = often},
        ground,
        db,
        loop,
        telemetry
    };
};

Task<> go_on_while_it_jumps(FeedBench& bench) {
    bench.publish(1, "on");
    co_await bench.wait_until([&] { return bench.served(); });
    std::int64_t version = 1;
    bool is_on = true;
    for (const hours by : {hours(48), hours(-96), hours(10'000)}) {
        bench.clock.jump(by);
        EXPECT_EQ(bench.served(), is_on);
        EXPECT_GE(bench.age().count(), 0);
        EXPECT_LT(bench.age(), hours(1));
        is_on = !is_on;
        bench.publish(++version, is_on ? "on" : "off");
        co_await bench.wait_until([&] { return bench.served() == is_on; });
        co_await bench.wait_until([&] { return bench.age() < std::chrono::seconds(5); });
        // Who keeps the copy still vouches for it.
        bench.redis.ask("DEL " + key_of("production", "snap"));
        co_await bench.wait_until([&] {
            return bench.redis.ask("EXISTS " + key_of("production", "snap")) == "1";
        });
    }
}

TEST(FlagFeed, AClockThatJumpsChangesNeitherAnswersNorNewsNorTheAge) {
    FeedBench bench;
    bench.wait(bench.run_while(go_on_while_it_jumps(bench)));
}

TEST(FlagFeed, AFileOfADayToComeIsNotOlderThanNothing) {
    FeedBench bench;
    bench.publish(1, "on");
    bench.clock.jump(hours(48));
    bench.wait(bench.run_while(bench.wait_until([&] {
        return std::filesystem::exists(bench.folder + "/flags.snap");
    })));
    bench.clock.jump(hours(-48));
    testing::Sql(bench.conninfo).execute("ALTER TABLE flag_environments RENAME TO gone");
    Ground ground{bench.metrics, bench.clock, true, "production"};
    Feed cold{
        {.node = "app-2",
         .folder = bench.folder,
         .conninfo = bench.conninfo.clone(),
         .redis_url = Secret(bench.redis.url())},
        ground,
        bench.db,
        bench.loop,
        bench.telemetry
    };
    TaskGroup group(bench.log);
    group.spawn(bench.loop.get_executor(), "cold", cold.run());
    bench.wait(bench.wait_until([&] { return ground.shelf.find("production") != nullptr; }));
    EXPECT_GE((bench.clock.steady() - cold.current_at()).count(), 0);
    cold.stop();
    bench.wait(group.join());
}

}  // namespace
}  // namespace acme::flag_feed
