// Schedules of organizations: fired by the leader, followed until their jobs have ended.
#include "base/moment.hpp"
#include "testing/bench.hpp"
#include "work/jobs/fates.hpp"
#include "work/schedule/scheduler.hpp"

namespace acme::schedule {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr pg::Query read_args{"test.args", R"sql(
    SELECT coalesce(string_agg(args, ' ' ORDER BY id), '') FROM jobs WHERE org_id = $1
)sql"};
constexpr pg::Query count_jobs{
    "test.count_org_jobs", "SELECT count(*) FROM jobs WHERE org_id <> ''"
};
constexpr pg::Query end_oldest{"test.end_oldest", R"sql(
    WITH gone AS (
        DELETE FROM jobs WHERE id = (SELECT min(id) FROM jobs WHERE org_id <> '') RETURNING *
    )
    INSERT INTO job_ends (
        id, org_id, queue_id, kind, outcome, attempt, priority, created_at, due_at, ended_at, args,
        traceparent, request_id
    )
    SELECT id, org_id, queue_id, kind, $1, 1, priority, created_at, due_at, $2, args, traceparent,
           request_id
    FROM gone
)sql"};
constexpr pg::Query cancels{"test.cancels", R"sql(
    SELECT count(*) FROM job_ends WHERE outcome = 'cancelled'
)sql"};

const std::string org = "org_01jd7m3kt5f9a8q2w4e6r8t0y1";

struct OrganizationBench : testing::Bench {
    Rule every_five_minutes(Overlap overlap = Overlap::allow) {
        Rule rule;
        rule.cron = "*/5 * * * *";
        rule.kind = "report.make";
        rule.queue = "reports";
        rule.args = R"({"to":"ada"})";
        rule.overlap = overlap;
        return rule;
    }

    Row put(Rule rule, const std::string& name = "nightly") {
        return wait(put_in(std::move(rule), name));
    }

    Task<Row> put_in(Rule rule, std::string name) {
        auto transaction = co_await db.begin(context);
        auto before = co_await lock(transaction, context, org, name);
        Row row = co_await write(
            transaction, context, clock, org, name, std::move(before), std::move(rule), "usr_1"
        );
        co_await transaction.commit(context);
        co_return row;
    }

    Row row(const std::string& name = "nightly") {
        return wait(find(db, context, org, name)).value();
    }

    Task<Row> resume_it() {
        auto transaction = co_await db.begin(context);
        auto found = co_await schedule::lock(transaction, context, org, "nightly");
        Row after = co_await resume(transaction, context, clock, *found);
        co_await transaction.commit(context);
        co_return after;
    }

    int tick() { return wait(leader.tick()); }

    /// The states of its runs, the oldest first.
    std::string states() {
        std::string all;
        for (const Fire& fire : wait(history(db, context, org, "nightly", {}, 100))) {
            all = fire.state + (all.empty() ? "" : " ") + all;
        }
        return all;
    }

    void end_job(std::string_view outcome) {
        wait(db.run(context, end_oldest, outcome, clock.now()));
    }

    std::int64_t jobs() { return wait(db.run(context, count_jobs))[0].integer(); }

    int later(minutes by) {
        clock.advance(by);
        return tick();
    }

    Schedule own;
    Scheduler leader{own, db, telemetry, {.name = "leader"}};
};

TEST(OrganizationSchedule, FiresWhenItIsDueAndTellsTheJob) {
    OrganizationBench bench;
    bench.put(bench.every_five_minutes());
    EXPECT_EQ(bench.tick(), 0);
    EXPECT_EQ(bench.row().next_at, testing::start + minutes(5));
    EXPECT_EQ(bench.later(minutes(5)), 1);
    EXPECT_EQ(bench.tick(), 0);
    const std::string args = bench.wait(bench.db.run(bench.context, read_args, org))[0].text();
    EXPECT_NE(args.find(R"("to":"ada")"), args.npos);
    EXPECT_NE(args.find(R"("scheduled_at":"2026-11-23T10:05:00.000000Z")"), args.npos);
    EXPECT_NE(args.find(R"("catchup":false)"), args.npos);
    EXPECT_EQ(bench.states(), "open");
    bench.end_job("done");
    bench.later(minutes(1));
    EXPECT_EQ(bench.states(), "done");
}

TEST(OrganizationSchedule, OverlapSaysWhatBecomesOfTheNext) {
    struct Case {
        Overlap overlap;
        std::string_view states;  // of three moments whose first job goes on
        int jobs;
        std::string_view after;  // when it has ended
    };
    for (const Case& row : {
             Case{Overlap::skip, "open skipped skipped", 1, "done skipped skipped"},
             Case{Overlap::queue_one, "open waiting skipped", 1, "done open skipped"},
             Case{Overlap::queue_all, "open waiting waiting", 1, "done open waiting"},
             Case{Overlap::allow, "open open open", 3, "done open open"},
         }) {
        OrganizationBench bench;
        bench.put(bench.every_five_minutes(row.overlap));
        for (int i = 0; i < 4; ++i) bench.later(minutes(i == 0 ? 0 : 5));
        EXPECT_EQ(bench.states(), row.states) << name_of(row.overlap);
        EXPECT_EQ(bench.jobs(), row.jobs) << name_of(row.overlap);
        bench.end_job("done");
        bench.later(minutes(1));
        EXPECT_EQ(bench.states(), row.after) << name_of(row.overlap);
    }
}

TEST(OrganizationSchedule, CancelRunningCancelsThePredecessor) {
    OrganizationBench bench;
    bench.put(bench.every_five_minutes(Overlap::cancel_running));
    bench.tick();
    bench.later(minutes(5));
    bench.later(minutes(5));
    bench.later(minutes(1));
    EXPECT_EQ(bench.states(), "cancelled open");
    EXPECT_EQ(bench.jobs(), 1);
    EXPECT_EQ(bench.wait(bench.db.run(bench.context, cancels))[0].integer(), 1);
}

TEST(OrganizationSchedule, IsPausedAfterFailuresInARowUntilItIsResumed) {
    OrganizationBench bench;
    Rule rule = bench.every_five_minutes();
    rule.failures_max = 2;
    bench.put(rule);
    bench.tick();
    for (const char* const outcome : {"dead", "done", "dead", "discarded"}) {
        EXPECT_EQ(bench.later(minutes(5)), 1);
        bench.end_job(outcome);
    }
    EXPECT_EQ(bench.later(minutes(5)), 0);
    EXPECT_EQ(bench.row().pause->by, "scheduler");
    EXPECT_EQ(bench.row().pause->reason, "2 runs in a row failed");
    EXPECT_EQ(bench.later(minutes(30)), 0);
    const Row resumed = bench.wait(bench.resume_it());
    EXPECT_FALSE(resumed.pause);
    EXPECT_EQ(resumed.failures, 0);
    EXPECT_EQ(bench.tick(), 0);  // what came meanwhile was not missed
    EXPECT_EQ(bench.row().missed, 0);
    EXPECT_EQ(bench.later(minutes(5)), 1);
}

TEST(OrganizationSchedule, WhatNobodyFiredIsCaughtUpOrWrittenDownAsMissed) {
    OrganizationBench bench;
    Rule rule = bench.every_five_minutes();
    rule.catchup = Catchup::all;
    rule.window_s = 600;
    bench.put(rule);
    bench.tick();
    EXPECT_EQ(bench.later(minutes(31)), 2);
    EXPECT_EQ(bench.states(), "missed open open");
    EXPECT_EQ(bench.row().missed, 4);
    const auto runs = bench.wait(history(bench.db, bench.context, org, "nightly", {}, 10));
    EXPECT_EQ(runs[1].cause, "catchup");
    EXPECT_EQ(runs[2].moments, 4);
}

TEST(OrganizationSchedule, AnotherRuleBeginsWithItsNextMomentAndTheSameGoesOn) {
    OrganizationBench bench;
    bench.put(bench.every_five_minutes());
    bench.tick();
    bench.clock.advance(minutes(7));
    Rule rule = bench.every_five_minutes();
    rule.kind = "report.send";
    EXPECT_EQ(bench.put(rule).version, 2);
    EXPECT_EQ(bench.tick(), 1);  // 10:05 is still to be fired
    rule.cron = "*/2 * * * *";
    bench.put(rule);
    EXPECT_EQ(bench.tick(), 0);
    EXPECT_EQ(bench.row().next_at, testing::start + minutes(8));
}

TEST(OrganizationSchedule, TwoOrganizationsMayHaveTheSameName) {
    OrganizationBench bench;
    bench.put(bench.every_five_minutes());
    EXPECT_FALSE(bench.wait(find(bench.db, bench.context, "org_other", "nightly")));
    EXPECT_TRUE(bench.wait(list(bench.db, bench.context, "org_other", "", 10)).empty());
    EXPECT_EQ(bench.wait(list(bench.db, bench.context, org, "", 10)).size(), 1);
    EXPECT_TRUE(bench.wait(list(bench.db, bench.context, org, "nightly", 10)).empty());
}

}  // namespace
}  // namespace acme::schedule
