// Calls that wait for jobs, and who wakes them.
#include "platform/queues/pull_news.hpp"

#include "testing/bench.hpp"
#include "work/jobs/programs.hpp"
#include "work/pull/pull.hpp"
#include "work/queues/adding.hpp"

namespace acme::queues {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr pg::Query find_queue{"test.find_queue", R"sql(
    SELECT id FROM job_queues WHERE org_id = $1 AND name = $2
)sql"};

const std::string org = "org_01jd7m3kt5f9a8q2w4e6r8t0y1";

struct NewsBench : testing::DryBench {
    ~NewsBench() {
        wait(news.close());
        db.close();
    }

    void add(std::string queue) { wait(add_one(std::move(queue))); }

    Task<> add_one(std::string queue) {
        auto transaction = co_await db.begin(context);
        std::vector<NewJob> jobs(1);
        jobs[0].queue = std::move(queue);
        jobs[0].kind = "sleep";
        (co_await queues::add(transaction, context, clock, org, "usr_1", std::move(jobs))).value();
        co_await transaction.commit(context);
    }

    std::int64_t number(std::string queue) {
        return wait(db.run(context, find_queue, org, queue))[0].integer();
    }

    LeaseId fetch_from(std::string queue) {
        return wait(pull::open(db, context, clock, org, {.name = "w", .queues = {queue}})).value();
    }

    /// Once it hears, so that what is said next is heard.
    Task<> until_on(PullNews::Watch& watch) {
        while (!news.is_on()) co_await watch.wait(milliseconds(5));
    }

    /// How long a wait of at most a minute took, when `queue` gets a job meanwhile.
    Task<bool> is_woken_by(PullNews::Watch& watch, std::string queue, milliseconds time_max) {
        const SteadyTime began = system.steady();
        co_await add_one(std::move(queue));
        co_await watch.wait(time_max);
        co_return system.steady() - began < time_max;
    }

    SystemClock system;
    Secret conninfo = testing::fresh_database();
    pg::Database db{{.conninfo = conninfo.clone(), .connections_max = 2}, telemetry};
    PullNews news{{.conninfo = conninfo.clone()}, telemetry};
};

TEST(PullNews, ACallThatWaitsHearsOfItsQueueAndOfNoOther) {
    NewsBench bench;
    bench.add("mine");
    bench.add("other");
    bench.fetch_from("mine");
    bench.fetch_from("other");
    PullNews::Watch watch(bench.news);
    watch.look_for({bench.number("mine")});
    bench.wait(bench.until_on(watch));
    EXPECT_FALSE(bench.wait(bench.is_woken_by(watch, "other", milliseconds(300))));
    EXPECT_TRUE(bench.wait(bench.is_woken_by(watch, "mine", seconds(60))));
}

TEST(PullNews, NothingIsSaidOfAQueueThatNobodyFetchesFrom) {
    NewsBench bench;
    bench.add("mine");
    PullNews::Watch watch(bench.news);
    watch.look_for({bench.number("mine")});
    bench.wait(bench.until_on(watch));
    EXPECT_FALSE(bench.wait(bench.is_woken_by(watch, "mine", milliseconds(300))));
    bench.fetch_from("mine");
    EXPECT_TRUE(bench.wait(bench.is_woken_by(watch, "mine", seconds(60))));
}

TEST(PullNews, WhatIsSaidBetweenTwoWaitsIsNotLost) {
    NewsBench bench;
    PullNews::Watch watch(bench.news);
    watch.wake();
    const SteadyTime began = bench.system.steady();
    bench.wait(watch.wait(seconds(60)));
    EXPECT_LT(bench.system.steady() - began, seconds(60));
}

TEST(PullNews, AWorkerIsToldWhenItsNextJobIsDue) {
    NewsBench bench;
    bench.add("mine");
    const LeaseId lease = bench.fetch_from("mine");
    const auto news = [&] {
        return bench.wait(pull::news(bench.db, bench.context, bench.clock, org, lease));
    };
    EXPECT_TRUE(news().are_any);
    EXPECT_EQ(news().queues, std::vector{bench.number("mine")});
    static constexpr pg::Query put_off{
        "test.put_off", "UPDATE jobs SET due_at = due_at + interval '4 s'"
    };
    bench.wait(bench.db.run(bench.context, put_off));
    EXPECT_FALSE(news().are_any);
    EXPECT_EQ(news().due_in, milliseconds(4'000));
    bench.clock.advance(seconds(4));
    EXPECT_TRUE(news().are_any);
}

}  // namespace
}  // namespace acme::queues
