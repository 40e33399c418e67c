// Of what there may be one, or a few at once: unique jobs, keys, limits of queues.
#include "testing/jobs_bench.hpp"

namespace acme::jobs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::JobsBench;

TEST(JobKeys, AUniqueJobIsNotAddedTwiceWhileItIsUnfinished) {
    JobsBench bench;
    const EnqueueOptions options{.unique = Unique{.key = "report"}};
    const auto first = bench.enqueue("plain", options);
    const auto second = bench.enqueue("plain", options);
    EXPECT_FALSE(first.is_duplicate);
    EXPECT_TRUE(second.is_duplicate);
    EXPECT_EQ(second.id, first.id);
    bench.run_all();
    EXPECT_FALSE(bench.enqueue("plain", options).is_duplicate);
    bench.run_all();
    EXPECT_EQ(bench.runs.size(), 2);
}

TEST(JobKeys, AUniqueJobWithATimeKeepsItsRightBeyondItsEnd) {
    JobsBench bench;
    const EnqueueOptions options{.unique = Unique{.key = "report", .time = seconds(60)}};
    EXPECT_FALSE(bench.enqueue("plain", options).is_duplicate);
    bench.run_all();
    EXPECT_TRUE(bench.enqueue("plain", options).is_duplicate);
    bench.clock.advance(seconds(60));
    EXPECT_FALSE(bench.enqueue("plain", options).is_duplicate);
    bench.run_all();
    Table table(bench.db, bench.clock);
    bench.clock.advance(seconds(60));
    bench.wait(table.keep_house(bench.context));
    EXPECT_EQ(bench.sql("SELECT count(*) FROM job_uniques"), "0");
}

/// Adds and commits `count` times; counts those that were no duplicates.
Task<> add_unique(JobsBench& bench, pg::Database& db, int count, int& added) {
    for (int i = 0; i < count; ++i) {
        auto transaction = co_await db.begin(bench.context);
        const auto one = co_await add(
            transaction,
            bench.context,
            bench.clock,
            "test.work",
            "plain",
            {.unique = Unique{.key = std::to_string(i % 3)}}
        );
        if (i % 5 == 4) continue;  // given up
        co_await transaction.commit(bench.context);
        if (!one.is_duplicate) ++added;
    }
}

TEST(JobKeys, AUniqueJobIsNeverDoubledHoweverManyAddItAtOnce) {
    JobsBench bench;
    pg::Database many({.conninfo = bench.conninfo.clone(), .connections_max = 8}, bench.telemetry);
    int added = 0;
    TaskGroup group(bench.log);
    for (int i = 0; i < 8; ++i) {
        const auto executor = bench.loop.get_executor();
        group.spawn(executor, "adder", add_unique(bench, many, 40, added));
    }
    bench.wait(group.join());
    EXPECT_EQ(added, 3);
    EXPECT_EQ(bench.sql("SELECT count(*) || '/' || count(DISTINCT unique_key) FROM jobs"), "3/3");
    many.close();
}

TEST(JobKeys, OfAKeyNoMoreRunAtOnceThanItAllowsAndAllKeysHaveTheirTurn) {
    JobsBench bench;
    for (int i = 0; i < 20; ++i) bench.enqueue("nap", {.key = "big", .key_max = 2});
    bench.enqueue("small", {.key = "small"});
    EXPECT_EQ(bench.sql("SELECT count(*) FROM jobs WHERE parked_due_at IS NOT NULL"), "18");
    bench.run_until({&bench.worker, &bench.other}, [&] {
        return bench.runs.size() == 21 && bench.busy == 0;
    });
    EXPECT_EQ(bench.runs.size(), 21);
    EXPECT_EQ(bench.busy_max, 2);
    const auto small = std::ranges::find(bench.runs, "small");
    EXPECT_LE(small - bench.runs.begin(), 4);
    EXPECT_EQ(bench.sql("SELECT count(*) FROM jobs"), "0");
    EXPECT_EQ(bench.sql("SELECT count(*) FROM job_keys"), "0");
}

TEST(JobKeys, AJobOfAKeyThatWaitsForItsNextAttemptLetsOthersGoOn) {
    JobsBench bench;
    bench.enqueue("throw", {.key = "a"});
    bench.enqueue("plain", {.key = "a"});
    EXPECT_TRUE(bench.run_one());
    EXPECT_TRUE(bench.run_one());
    EXPECT_EQ(bench.runs, (std::vector<std::string>{"throw", "plain"}));
    EXPECT_FALSE(bench.run_one());
    bench.clock.advance(seconds(8));
    Table table(bench.db, bench.clock);
    bench.wait(table.sweep_keys(bench.context));
    EXPECT_TRUE(bench.run_one());
    EXPECT_EQ(bench.runs.back(), "throw");
}

TEST(JobKeys, AKeyWhoseWorkerDiedIsFreedAgain) {
    JobsBench bench;
    bench.enqueue("plain", {.key = "a"});
    bench.enqueue("plain", {.key = "a"});
    bench.sql("DELETE FROM jobs WHERE parked_due_at IS NULL");  // its end, and then nothing
    EXPECT_FALSE(bench.run_one());
    Table table(bench.db, bench.clock);
    bench.wait(table.sweep_keys(bench.context));
    EXPECT_TRUE(bench.run_one());
}

TEST(JobKeys, APausedQueueIsLeftAlone) {
    JobsBench bench;
    bench.enqueue("plain");
    bench.enqueue("mail", {.queue = "mail"});
    bench.enqueue("other", {.queue = "other"});
    bench.sql("UPDATE job_queues SET paused_at = now() WHERE name = 'default'");
    bench.run_all();
    std::ranges::sort(bench.runs);
    EXPECT_EQ(bench.runs, (std::vector<std::string>{"mail", "other"}));
    bench.sql("UPDATE job_queues SET paused_at = NULL");
    bench.run_all();
    EXPECT_EQ(bench.runs.size(), 3);
}

TEST(JobKeys, OfAQueueNoMoreRunAtOnceThanItAllows) {
    JobsBench bench;
    bench.sql("UPDATE job_queues SET running_max = 3");
    for (int i = 0; i < 30; ++i) bench.enqueue("nap");
    bench.run_until({&bench.worker, &bench.other}, [&] {
        return bench.runs.size() == 30 && bench.busy == 0;
    });
    EXPECT_EQ(bench.runs.size(), 30);
    EXPECT_LE(bench.busy_max, 3);
}

TEST(JobKeys, OfAQueueNoMoreBeginThanItsRateAllows) {
    JobsBench bench;
    bench.sql("UPDATE job_queues SET rate_per_s = 2, rate_burst = 3");
    for (int i = 0; i < 9; ++i) bench.enqueue("plain");
    bench.run_all();
    EXPECT_EQ(bench.runs.size(), 3);
    bench.clock.advance(seconds(2));
    bench.run_all();
    EXPECT_EQ(bench.runs.size(), 6);
    bench.clock.advance(milliseconds(500));
    bench.run_all();
    EXPECT_EQ(bench.runs.size(), 7);
}

}  // namespace
}  // namespace acme::jobs
