// A feed on a real PostgreSQL and a real Redis while the clock of the machine jumps: what is told
// by the time of day may move, evaluations, news and the age do not.
#include "platform/flag_feed/feed.hpp"

#include "base/bytes.hpp"
#include "base/gzip.hpp"
#include "base/hash.hpp"
#include "io/loop/task_group.hpp"
#include "platform/flag_feed/copy.hpp"
#include "platform/flags/flags.hpp"
#include "testing/bench.hpp"
#include "testing/redis.hpp"

#include <algorithm>
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
        publish_document(
            version,
            R"({"environment":"production","version":)" + std::to_string(version) +
                R"(,"flags":[{"key":"a","type":"bool","enabled":true,)"
                R"("salt":"s:","fallthrough":{"variant":")" +
                served + R"("}}],"segments":[]})"
        );
    }

    /// "a" is on for those in the list alone.
    void publish_for(std::int64_t version, const std::string& list) {
        publish_document(
            version,
            R"({"environment":"production","version":)" + std::to_string(version) +
                R"(,"flags":[{"key":"a","type":"bool","enabled":true,"salt":"s:",)"
                R"("rules":[{"id":"r","serve":{"variant":"on"},)"
                R"("if":[{"op":"segment","values":["support"]}]}],)"
                R"("fallthrough":{"variant":"off"}}],"segments":[{"key":"support","list":")" +
                list + R"("}]})"
        );
    }

    /// The id of a list of one user.
    std::string keep_list(const std::string& user) {
        const std::string document = R"({"key":"support","users":[")" + user + R"("],"orgs":[]})";
        const std::string id = to_hex(sha256(document)).substr(0, 32);
        const std::string packed = gzipped(document, Pains::few);
        sql.execute(
            "INSERT INTO flag_lists (id, payload, created_at) VALUES ('" + id + "', '\\x" +
            to_hex(packed) + "', now())"
        );
        return id;
    }

    void publish_document(std::int64_t version, const std::string& document) {
        const std::string number = std::to_string(version);
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

    static bool serves(Ground& from, const Clock& clock, std::string_view user) {
        flags::Flags flags{from.depot};
        flags::Subject subject = flags.subject(clock.now());
        subject.set("user_id", user);
        return flags.get(flags::Handle<bool>{"a", false}, subject);
    }

    bool served() { return flags.get(flags::Handle<bool>{"a", false}, flags.subject(clock.now())); }

    SteadyTime::duration age() const { return clock.steady() - feed.current_at(); }

    template <class Ready>
    Task<> wait_until(Ready is_ready) {
        for (int i = 0; i < 6'000 && !is_ready(); ++i) co_await sleep_for(milliseconds(10));
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

/// A process that begins, and ends once it has what was published.
struct Beginner {
    Beginner(FeedBench& bench, std::string folder)
        : ground(bench.metrics, bench.clock, true, "production"),
          feed(
              {.node = "app-2",
               .folder = std::move(folder),
               .conninfo = bench.conninfo.clone(),
               .redis_url = Secret(bench.redis.url()),
               .poll_period = often},
              ground,
              bench.db,
              bench.loop,
              bench.telemetry
          ) {}

    /// Whether it is on for the user.
    bool begin(FeedBench& bench, std::string_view user) {
        TaskGroup group(bench.log);
        group.spawn(bench.loop.get_executor(), "beginner", feed.run());
        bench.wait(bench.wait_until([&] { return ground.shelf.find("production") != nullptr; }));
        feed.stop();
        bench.wait(group.join());
        return FeedBench::serves(ground, bench.clock, user);
    }

    Ground ground;
    Feed feed;
};

Task<> until_shown(FeedBench& bench, std::int64_t version) {
    co_await bench.wait_until([&] {
        const Shown shown = bench.ground.shelf.find("production");
        return shown && shown->version == version;
    });
}

Task<> name_lists(FeedBench& bench) {
    const std::string list = bench.keep_list("usr_1");
    bench.publish_for(1, list);
    co_await until_shown(bench, 1);
    EXPECT_TRUE(FeedBench::serves(bench.ground, bench.clock, "usr_1"));
    EXPECT_FALSE(FeedBench::serves(bench.ground, bench.clock, "usr_2"));
    const Held held = bench.ground.shelf.find("production")->lists.at(0);
    // Nobody could read it again.
    bench.sql.execute("DELETE FROM flag_lists");
    bench.redis.ask("DEL ff:list:" + list);
    bench.publish_for(2, list);
    co_await until_shown(bench, 2);
    EXPECT_EQ(bench.ground.shelf.find("production")->lists.at(0), held);
    bench.publish_for(3, bench.keep_list("usr_2"));
    co_await until_shown(bench, 3);
    EXPECT_TRUE(FeedBench::serves(bench.ground, bench.clock, "usr_2"));
    EXPECT_FALSE(FeedBench::serves(bench.ground, bench.clock, "usr_1"));
}

TEST(FlagFeed, AListComesOnceAndIsSharedByWhatNamesItThen) {
    FeedBench bench;
    bench.wait(bench.run_while(name_lists(bench)));
}

TEST(FlagFeed, AListIsReadFromRedisAndFromTheFolderWhilePostgresHasNone) {
    FeedBench bench;
    bench.publish_for(1, bench.keep_list("usr_1"));
    bench.wait(bench.run_while(bench.wait_until([&] {
        return std::filesystem::exists(bench.folder + "/flags.snap");
    })));
    bench.sql.execute("DELETE FROM flag_lists");
    EXPECT_TRUE(Beginner(bench, "").begin(bench, "usr_1")) << "by Redis";
    bench.redis.ask("FLUSHALL");
    EXPECT_TRUE(Beginner(bench, bench.folder).begin(bench, "usr_1")) << "by the folder";
}

Task<> miss_a_list(FeedBench& bench) {
    bench.publish_for(1, bench.keep_list("usr_1"));
    co_await until_shown(bench, 1);
    bench.publish_for(2, std::string(32, 'f'));
    // It is asked for again with each look.
    co_await bench.wait_until([&] {
        return std::ranges::count_if(bench.lines, [](const std::string& line) {
                   return line.contains("flags.no_list");
               }) > 1;
    });
    EXPECT_EQ(bench.ground.shelf.find("production")->version, 1);
    EXPECT_TRUE(FeedBench::serves(bench.ground, bench.clock, "usr_1"));
    bench.publish_for(3, bench.keep_list("usr_3"));
    co_await until_shown(bench, 3);
}

TEST(FlagFeed, WithoutItsListTheLastRuleSetStays) {
    FeedBench bench;
    bench.wait(bench.run_while(miss_a_list(bench)));
}

}  // namespace
}  // namespace acme::flag_feed
