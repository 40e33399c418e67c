// A month of releases, told by the journal, with figures that were computed by hand.
#include "operate/deploy/dora.hpp"

#include "operate/deploy/deployments.hpp"
#include "testing/bench.hpp"

#include <filesystem>

namespace acme::deploy {
namespace {

namespace json = boost::json;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct MonthBench : testing::Bench {
    ~MonthBench() { std::filesystem::remove_all(folder); }

    /// One deployment, told from its beginning on; each word comes when the clock has come there.
    struct Told {
        MonthBench& bench;
        DeploymentId id;
        Journal journal;

        Told& add(std::string kind, json::object data) {
            bench.wait(journal.add(bench.context, id, std::move(kind), std::move(data)));
            return *this;
        }

        Told& state(std::string name, std::string outcome = "") {
            return add("state", {{"state", std::move(name)}, {"outcome", std::move(outcome)}});
        }

        Told& after(std::chrono::microseconds time) {
            bench.clock.advance(time);
            return *this;
        }
    };

    struct Begun {
        std::string release;
        std::string from;
        std::string kind = "release";
        std::optional<std::chrono::microseconds> added_before = std::nullopt;
        std::string environment = "production";
        std::string reason = "";
    };

    Told begin(int day, Begun begun) {
        clock.advance(testing::start + days(day) - clock.now());
        Told told{
            *this,
            DeploymentId::make(clock.now(), random),
            Journal(folder, db, clock, telemetry),
        };
        told.add(
            "begun",
            {{"environment", begun.environment},
             {"kind", begun.kind},
             {"release", begun.release},
             {"from", begun.from},
             {"known_good", begun.from},
             {"actor", "cli"},
             {"reason", begun.reason},
             {"canary", ""},
             {"canary_window_ms", 600'000},
             {"digest", "sha256:" + begun.release},
             {"added_at", begun.added_before ? to_rfc3339(clock.now() - *begun.added_before) : ""}}
        );
        return told;
    }

    void succeed(Told told, std::chrono::microseconds time) {
        told.after(time).state("succeeded").after(minutes(15)).state("good");
        told.add("good", {{"release", "whatever"}});
    }

    void roll_back(
        int day, std::string from, std::string to, seconds time, std::string reason = ""
    ) {
        begin(day, {.release = to, .from = from, .kind = "rollback", .reason = reason})
            .add("cancels", {{"environment", "production"}, {"outcome", "rolled back"}})
            .state("rolling_back")
            .after(time)
            .state("rolled_back");
    }

    Figures month() {
        return wait(figures(db, context, "production", testing::start + days(30), 30));
    }

    std::string folder = (std::filesystem::temp_directory_path() /
                          ("acme-month-" + DeploymentId::make(clock.now(), random).str()))
                             .string();
};

TEST(Dora, AMonthComesOutAsItWasComputedByHand) {
    MonthBench bench;
    bench.succeed(bench.begin(-9, {.release = "before", .from = "first"}), minutes(30));
    bench.succeed(
        bench.begin(1, {.release = "a", .from = "before", .added_before = hours(2)}), minutes(30)
    );  // lead 9,000 s
    bench.succeed(
        bench.begin(5, {.release = "b", .from = "a", .added_before = hours(1)}), minutes(30)
    );  // lead 5,400 s
    bench.begin(8, {.release = "c", .from = "b"})
        .after(minutes(5))
        .state("rolling_back", "errors")
        .after(seconds(40))
        .state("rolled_back", "errors");  // failed, restored in 40 s
    bench.succeed(bench.begin(10, {.release = "d", .from = "b"}), minutes(20));  // lead 1,200 s
    bench.roll_back(11, "d", "b", seconds(60));  // so d has failed, restored in 60 s
    bench.begin(12, {.release = "e", .from = "b"}).state("superseded");
    bench.begin(13, {.release = "f", .from = "b"}).state("refused", "frozen");
    bench.begin(15, {.release = "g", .from = "b"})
        .add(
            "step_begun",
            {{"number", 1}, {"kind", "canary"}, {"nodes", "app-3"}, {"about", ""}, {"undo", ""}}
        );
    bench.roll_back(16, "b", "b", seconds(80));  // in mid-roll: g has failed, restored in 80 s
    bench.begin(20, {.release = "h", .from = "b"})
        .state("rolling_back", "errors")
        .after(minutes(2))
        .state("rollback_failed", "app-2 does not come");  // failed, not restored
    bench.succeed(bench.begin(25, {.release = "a", .from = "b"}), minutes(30));  // again: no lead
    bench.succeed(
        bench.begin(26, {.release = "x", .from = "y", .environment = "staging"}), minutes(1)
    );

    const Figures month = bench.month();

    EXPECT_EQ(month.succeeded, 4);  // a, b, d, a
    EXPECT_DOUBLE_EQ(month.per_day(), 4.0 / 30);
    EXPECT_EQ(month.lead_times, 3);
    EXPECT_DOUBLE_EQ(month.lead_seconds.value(), 5400);
    EXPECT_EQ(month.changes, 7);  // a, b, c, d, g, h, a
    EXPECT_EQ(month.failed, 4);   // c, d, g, h
    EXPECT_DOUBLE_EQ(month.failure_ratio().value(), 4.0 / 7);
    EXPECT_EQ(month.restores, 3);
    EXPECT_DOUBLE_EQ(month.restore_seconds.value(), 60);
    const json::object shown = to_json(month);
    EXPECT_EQ(shown.at("lead_time").at("median_ms"), 5'400'000);
    EXPECT_EQ(shown.at("since"), "2026-11-23T10:00:00.000Z");
}

TEST(Dora, ADrillIsNoFailureAndRestoresNothing) {
    MonthBench bench;
    bench.succeed(bench.begin(1, {.release = "a", .from = "first"}), minutes(30));
    const std::string drill = "drill drl_01jdp8q4h0e5vb0y7g0w0n3t8k";
    bench.roll_back(5, "a", "first", seconds(9), drill);
    bench.roll_back(6, "first", "a", seconds(9), drill);

    const Figures month = bench.month();

    EXPECT_EQ(month.changes, 1);
    EXPECT_EQ(month.failed, 0);
    EXPECT_EQ(month.restores, 0);
}

TEST(Dora, WhereNothingHappenedThereIsNoRatioAndNoMedian) {
    MonthBench bench;

    const Figures month = bench.month();

    EXPECT_EQ(month.succeeded, 0);
    EXPECT_FALSE(month.lead_seconds || month.failure_ratio() || month.restore_seconds);
    EXPECT_TRUE(to_json(month).at("change_failure_rate").at("ratio").is_null());
}

}  // namespace
}  // namespace acme::deploy
