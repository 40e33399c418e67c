// The rules against simulated traffic, against the table of the measurements, and one by one.
#include "operate/judge/rules.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

namespace acme::judge {
namespace {

constexpr int tick_seconds = 5;
constexpr int ticks = 120;  // ten minutes
constexpr int runs = 300;

/// Seconds until a canary of that rate is aborted; 0 when it is not.
int seconds_to_abort(int per_second, double error_ratio, std::mt19937_64& random) {
    std::bernoulli_distribution fails(error_ratio);
    std::deque<Counts> last;
    Seen seen;
    for (int tick = 1; tick <= ticks; ++tick) {
        Counts now{.requests = per_second * tick_seconds};
        for (int i = 0; i < now.requests; ++i) now.errors += fails(random) ? 1 : 0;
        seen.whole.users += now;
        last.push_back(now);
        if (last.size() > 60 / tick_seconds) last.pop_front();
        seen.minute.users = {};
        for (const Counts& each : last) seen.minute.users += each;
        if (abort_now(seen).outcome == Outcome::fail) return tick * tick_seconds;
    }
    return 0;
}

struct Row {
    int per_second;
    double error_ratio;
    double aborted;  // share of the runs
    int seconds;     // median of those; 0 where they are too few
};

// design/deploy.md, section 8.
constexpr Row table[] = {
    {1, 0.005, 0, 0},    {1, 0.02, 0.01, 0},   {1, 0.03, 0.08, 0},   {1, 0.04, 0.26, 0},
    {1, 0.045, 0.43, 0}, {1, 0.06, 0.83, 185}, {1, 0.08, 0.99, 95},  {1, 0.10, 1, 60},
    {1, 0.30, 1, 10},    {5, 0.005, 0, 0},     {5, 0.02, 0, 0},      {5, 0.03, 0.01, 0},
    {5, 0.04, 0.07, 0},  {5, 0.045, 0.20, 0},  {5, 0.06, 0.93, 145}, {5, 0.08, 1, 45},
    {5, 0.10, 1, 20},    {5, 0.30, 1, 5},      {50, 0.005, 0, 0},    {50, 0.02, 0, 0},
    {50, 0.03, 0, 0},    {50, 0.04, 0, 0},     {50, 0.045, 0.01, 0}, {50, 0.06, 1, 40},
    {50, 0.08, 1, 10},   {50, 0.10, 1, 5},     {50, 0.30, 1, 5},
};

TEST(Judge, AbortsAsOftenAndAsSoonAsTheTableSays) {
    for (const Row& row : table) {
        const int seed = 20261124 + row.per_second;
        std::mt19937_64 random(static_cast<std::uint64_t>(seed));
        std::vector<int> times;
        const int tries = row.per_second == 50 ? runs / 6 : runs;
        for (int i = 0; i < tries; ++i) {
            const int seconds = seconds_to_abort(row.per_second, row.error_ratio, random);
            if (seconds > 0) times.push_back(seconds);
        }
        const double share = static_cast<double>(times.size()) / tries;
        const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
        std::ranges::nth_element(times, middle);
        const auto where = ::testing::Message() << row.per_second << "/s, " << row.error_ratio
                                                << ", seed " << seed << ": " << share;
        EXPECT_NEAR(share, row.aborted, 0.08) << where;
        if (row.seconds == 0) continue;
        EXPECT_GE(*middle, row.seconds * 0.6 - 5) << where;
        EXPECT_LE(*middle, row.seconds * 1.5 + 5) << where;
    }
}

TEST(Judge, IsSureAfterAsManyEvenlySpreadErrorsAsTheMeasurementsSay) {
    const auto requests_until_sure = [](double ratio) {
        int requests = 10;
        while (wilson_lower(ratio * requests, requests) <= limits.error_ratio) ++requests;
        return requests;
    };
    EXPECT_EQ(requests_until_sure(1), 10);
    EXPECT_NEAR(requests_until_sure(0.2), 13, 1);
    EXPECT_EQ(requests_until_sure(0.1), 103);
    EXPECT_EQ(requests_until_sure(0.08), 286);
    EXPECT_NEAR(requests_until_sure(0.06), 2'570, 3);
}

TEST(Judge, DoesNotTakeExactlyFivePercentForMore) {
    Seen seen;
    seen.whole.users = {.requests = 1'000'000, .errors = 50'000};
    EXPECT_EQ(abort_now(seen).outcome, Outcome::pass);
    Window stable{.nodes = 2, .users = {.requests = 1'000'000, .errors = 45'000}};
    EXPECT_EQ(conclude(end_of_window(seen, stable, {})).outcome, Outcome::pass);
    EXPECT_EQ(watch({}, {{"a", seen.whole.users}}).site.outcome, Outcome::pass);
}

TEST(Judge, WantsTenRequestsAndThreeErrorsBeforeItStopsACanary) {
    EXPECT_FALSE(exceeds({.requests = 9, .errors = 9}));
    EXPECT_FALSE(exceeds({.requests = 10, .errors = 2}));
    EXPECT_TRUE(exceeds({.requests = 10, .errors = 10}));
}

/// A canary that did well in ten minutes of 5 requests a second, and its stable nodes.
Seen well() {
    Seen seen;
    seen.whole = {.seconds = 600, .nodes = 1, .users = {.requests = 3'000}};
    seen.whole.latency.buckets[4] = 3'000;  // 10 to 25 ms
    seen.whole.cpu_seconds = 3;
    seen.whole.memory_bytes = 100e6;
    seen.whole.memory_limit = 512e6;
    seen.probes_whole.counts.requests = 600;
    for (int i = 0; i < 120; ++i) seen.memory.push_back({i * 5.0, 100e6 + (i % 7) * 1e5});
    return seen;
}

Window stable() {
    Window window{.seconds = 600, .nodes = 2, .users = {.requests = 57'000, .errors = 30}};
    window.latency.buckets[4] = 57'000;
    window.cpu_seconds = 50;
    return window;
}

/// The check that fails, "" when all is well.
std::string broken(const Seen& seen, const Window& others = stable()) {
    const Verdict verdict = conclude(end_of_window(seen, others, {}));
    return verdict.outcome == Outcome::pass ? "" : verdict.check;
}

TEST(Judge, LetsAGoodReleaseThrough) { EXPECT_EQ(broken(well()), ""); }

TEST(Judge, TellsEachFaultByItsName) {
    Seen seen = well();
    seen.whole.users.errors = 120;
    EXPECT_EQ(abort_now(seen).outcome, Outcome::pass);
    EXPECT_EQ(broken(seen), "error_excess");
    seen = well();
    seen.whole.answers_4xx = 3'000;
    EXPECT_EQ(broken(seen), "answers_4xx");
    seen = well();
    seen.whole.latency = {};
    seen.whole.latency.buckets[11] = 3'000;  // 2 to 5 s
    EXPECT_EQ(broken(seen), "p99");
    seen = well();
    seen.whole.cpu_seconds = 600;
    EXPECT_EQ(broken(seen), "cpu");
    seen = well();
    seen.whole.memory_bytes = 0.91 * 512e6;
    EXPECT_EQ(broken(seen), "memory");
    seen = well();
    for (MemoryPoint& point : seen.memory) point.bytes += point.seconds * 50e3;
    EXPECT_EQ(broken(seen), "memory_slope");
    seen = well();
    seen.whole.pool_share = 0.95;
    EXPECT_EQ(broken(seen), "pool");
    seen = well();
    seen.probes_whole.counts.errors = 60;
    EXPECT_EQ(broken(seen), "probe");
    EXPECT_EQ(conclude(end_of_window(well(), stable(), {"RedisDown"})).check, "alerts");
}

TEST(Judge, StopsAtOnceWhatCannotGetBetter) {
    const auto stopped_by = [](auto spoil) {
        Seen seen = well();
        spoil(seen);
        const Verdict verdict = abort_now(seen);
        return verdict.outcome == Outcome::fail ? verdict.check : std::string();
    };
    EXPECT_EQ(stopped_by([](Seen& seen) { seen.whole.restarts = 1; }), "restart");
    EXPECT_EQ(stopped_by([](Seen& seen) { seen.whole.was_out_of_memory = true; }), "memory");
    EXPECT_EQ(stopped_by([](Seen& seen) { seen.whole.memory_bytes = 0.96 * 512e6; }), "memory");
    EXPECT_EQ(stopped_by([](Seen& seen) { seen.probes_whole.ready_failures = 2; }), "");
    EXPECT_EQ(stopped_by([](Seen& seen) { seen.probes_whole.ready_failures = 3; }), "ready");
    EXPECT_EQ(stopped_by([](Seen& seen) { seen.probes_whole.wrong_release = 1; }), "release");
    EXPECT_EQ(stopped_by([](Seen& seen) { seen.probes_minute.counts = {60, 30}; }), "probe");
    EXPECT_EQ(stopped_by([](Seen& seen) { seen.minute.users = {300, 60}; }), "error_ratio");
}

TEST(Judge, NeverTakesSilenceForAPass) {
    const Seen nothing;
    EXPECT_EQ(abort_now(nothing).outcome, Outcome::inconclusive);
    EXPECT_EQ(conclude(end_of_window(nothing, stable(), {})).outcome, Outcome::inconclusive);
    EXPECT_EQ(conclude({}).outcome, Outcome::inconclusive);
}

TEST(Judge, LetsTheProberDecideWhereUsersAreTooFew) {
    Seen seen = well();
    seen.whole.users = {.requests = 49};
    seen.whole.latency = {};
    EXPECT_EQ(broken(seen), "");
    seen.probes_whole.counts.errors = 31;
    EXPECT_EQ(broken(seen), "error_ratio");
    seen.probes_whole.counts = {.requests = 9};
    EXPECT_EQ(conclude(end_of_window(seen, stable(), {})).outcome, Outcome::inconclusive);
}

TEST(Judge, DoesNotBlameACanaryForWhatStableDoesToo) {
    Seen seen = well();
    seen.whole.users.errors = 120;
    seen.whole.answers_4xx = 600;
    Window others = stable();
    others.users.errors = 57'000 * 4 / 100;
    others.answers_4xx = 57'000 / 5;
    EXPECT_EQ(broken(seen, others), "");
}

TEST(Judge, ForgivesOneSlowRequestInAHundredAndNotThree) {
    Seen seen = well();
    seen.whole.users.requests = 100;
    seen.whole.latency = {};
    seen.whole.latency.buckets[4] = 99;
    seen.whole.latency.buckets[11] = 1;
    EXPECT_EQ(broken(seen), "");
    seen.whole.latency.buckets[11] = 6;
    EXPECT_EQ(broken(seen), "p99");
}

TEST(Judge, TakesAStartForNoLeak) {
    Seen seen = well();
    for (MemoryPoint& point : seen.memory)
        point.bytes += 40e6 * std::min(point.seconds, 120.) / 120;
    EXPECT_EQ(broken(seen), "");
}

TEST(Judge, TakesAnIdleNodesOwnWorkForNoFault) {
    Seen seen = well();
    seen.whole.users.requests = 600;
    seen.whole.latency.buckets[4] = 600;
    seen.whole.cpu_seconds = 12;  // 2 % of a core, mostly its own
    EXPECT_EQ(broken(seen), "");
    seen.whole.users.requests = 0;
    seen.whole.latency = {};
    EXPECT_EQ(broken(seen), "");
    seen.whole.cpu_seconds = 600;
    EXPECT_EQ(broken(seen), "cpu");
}

TEST(Judge, BelievesWhoeverSawWorse) {
    EXPECT_EQ(worse({0, 0}, {20, 20}), (Counts{20, 20}));  // dead: only the balancer knows
    EXPECT_EQ(worse({20, 20}, {20, 0}), (Counts{20, 20}));
    EXPECT_EQ(worse({1, 1}, {1'000, 200}), (Counts{1'000, 200}));
    EXPECT_EQ(worse({10, 0}, {12, 0}), (Counts{12, 0}));
    for (int requests = 1; requests < 1'000'000; requests += 4'999) {
        EXPECT_EQ(worse({0, 0}, {requests, 0}), (Counts{requests, 0}));
        EXPECT_EQ(worse({requests, 0}, {0, 0}), (Counts{requests, 0}));
    }
}

TEST(Watch, TakesARollBackThatFailsEverywhere) {
    const std::map<std::string, Counts> nodes{{"a", {500, 50}}, {"b", {500, 55}}, {"c", {500, 49}}};
    const Watched watched = watch(nodes, nodes);
    EXPECT_EQ(watched.site.outcome, Outcome::fail);
    EXPECT_FALSE(watched.alone);
}

TEST(Watch, TakesOutOneNodeAndNotTheRelease) {
    const std::map<std::string, Counts> nodes{{"a", {500, 1}}, {"b", {500, 500}}, {"c", {500, 0}}};
    const Watched watched = watch(nodes, nodes);
    EXPECT_EQ(watched.site.outcome, Outcome::pass);
    EXPECT_EQ(watched.alone, "b");
}

TEST(Watch, WaitsUntilItIsSureWhichNodeItIs) {
    const std::map<std::string, Counts> nodes{{"a", {5, 0}}, {"b", {5, 5}}, {"c", {5, 0}}};
    const Watched watched = watch(nodes, nodes);
    EXPECT_EQ(watched.site.outcome, Outcome::pass);
    EXPECT_FALSE(watched.alone);
}

TEST(Watch, HasNothingToSayWithoutRequests) {
    EXPECT_EQ(watch({}, {}).site.outcome, Outcome::inconclusive);
}

}  // namespace
}  // namespace acme::judge
