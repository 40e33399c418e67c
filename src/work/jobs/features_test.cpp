// What a job can ask for: priorities, times, snoozing, dead letters, progress.
#include "io/pg/listener.hpp"
#include "testing/jobs_bench.hpp"
#include "work/jobs/dead.hpp"
#include "work/jobs/inlet.hpp"

namespace acme::jobs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Greet;
using testing::JobsBench;

TEST(JobFeatures, TheLowestPriorityNumberIsFirstAndThenTheOldest) {
    JobsBench bench;
    bench.enqueue("last", {.priority = 9});
    bench.enqueue("usual 1");
    bench.enqueue("usual 2");
    bench.enqueue("first", {.priority = 0});
    bench.run_all();
    EXPECT_EQ(bench.runs, (std::vector<std::string>{"first", "usual 1", "usual 2", "last"}));
}

TEST(JobFeatures, JobsThatAreClaimedAtOnceBeginInTheSameOrder) {
    JobsBench bench;
    bench.enqueue("last", {.priority = 9});
    bench.enqueue("usual 1");
    bench.enqueue("first", {.priority = 0});
    bench.enqueue("usual 2");
    bench.run_until({&bench.worker}, [&] { return bench.runs.size() == 4; });
    EXPECT_EQ(bench.runs, (std::vector<std::string>{"first", "usual 1", "usual 2", "last"}));
}

TEST(JobFeatures, AJobRunsWhenItsTimeHasCome) {
    JobsBench bench;
    bench.enqueue("later", {.run_at = bench.clock.now() + seconds(60)});
    bench.enqueue("earlier", {.delay_by = seconds(30)});
    EXPECT_FALSE(bench.run_one());
    bench.clock.advance(seconds(60));
    bench.run_all();
    EXPECT_EQ(bench.runs, (std::vector<std::string>{"earlier", "later"}));
}

TEST(JobFeatures, HowAJobEndedIsKeptAsLongAsItsQueueKeepsIt) {
    JobsBench bench;
    bench.enqueue("output", {.user_id = "usr_1"});
    bench.enqueue("plain");
    bench.run_all();
    EXPECT_EQ(
        bench.sql("SELECT string_agg(outcome || coalesce(output, '-') || coalesce(user_id, '-') || "
                  "worker, ' ' ORDER BY id) FROM job_ends"),
        R"(done{"pages":3}usr_1first done--first)"
    );
    bench.sql("UPDATE job_queues SET keep_done_s = 0");
    bench.enqueue("plain");
    bench.run_all();
    EXPECT_EQ(bench.sql("SELECT count(*) FROM job_ends"), "2");
}

TEST(JobFeatures, ASnoozeDoesNotCountAsAnAttempt) {
    JobsBench bench;
    bench.enqueue("snooze");
    EXPECT_TRUE(bench.run_one());
    EXPECT_FALSE(bench.run_one());
    bench.clock.advance(seconds(9));
    EXPECT_TRUE(bench.run_one());
    EXPECT_EQ(bench.sql("SELECT attempt FROM jobs"), "0");
    EXPECT_EQ(bench.sql("SELECT string_agg(outcome, ' ') FROM job_attempts"), "snoozed snoozed");
    bench.clock.advance(seconds(9));
    EXPECT_TRUE(bench.run_one());
    EXPECT_EQ(bench.sql("SELECT attempt FROM job_ends"), "1");
}

TEST(JobFeatures, FailedAttemptsAreKeptWithTheirErrorsAndTheJobMayHaveItsOwnNumber) {
    JobsBench bench;
    bench.enqueue("throw", {.attempts = 2});
    EXPECT_TRUE(bench.run_one());
    bench.clock.advance(seconds(8));
    EXPECT_TRUE(bench.run_one());
    EXPECT_EQ(
        bench.sql("SELECT string_agg(attempt || outcome || error_type || error || worker, ' ' "
                  "ORDER BY attempt) FROM job_attempts"),
        "1retriedfaultthe world is at faultfirst 2deadfaultthe world is at faultfirst"
    );
    EXPECT_EQ(bench.sql("SELECT outcome || attempt FROM jobs_dead"), "dead2");
    EXPECT_EQ(bench.sql("SELECT count(*) FROM jobs"), "0");
}

TEST(JobFeatures, WhatIsDiscardedIsADeadLetterAtOnce) {
    JobsBench bench;
    bench.enqueue("discard");
    bench.run_all();
    EXPECT_EQ(bench.sql("SELECT outcome || error FROM jobs_dead"), "discardednobody wants it");
}

TEST(JobFeatures, ADeadLetterComesBackAsIfItHadNeverBeenTried) {
    JobsBench bench;
    const auto job = bench.enqueue("discard");
    const auto keyed = bench.enqueue("discard", {.key = "a"});
    bench.run_all();
    auto transaction = bench.wait(bench.db.begin(bench.context));
    const auto back = [&](std::string org) {
        return bench.wait(
            redrive(transaction, bench.context, bench.clock, std::move(org), {job.id, keyed.id, 99})
        );
    };
    EXPECT_EQ(back("org_1"), 0);
    EXPECT_EQ(back(""), 2);
    bench.wait(transaction.commit(bench.context));
    EXPECT_EQ(
        bench.sql("SELECT string_agg(id || ':' || attempt, ' ' ORDER BY id) FROM jobs WHERE "
                  "redriven_at IS NOT NULL"),
        std::to_string(job.id) + ":0 " + std::to_string(keyed.id) + ":0"
    );
    EXPECT_TRUE(bench.run_one());
    EXPECT_TRUE(bench.run_one());
    EXPECT_EQ(bench.sql("SELECT count(*) FROM jobs_dead WHERE redriven_at IS NOT NULL"), "2");
}

TEST(JobFeatures, ProgressIsSeenByOthers) {
    JobsBench bench;
    bench.enqueue("progress");
    bench.run_all();
    EXPECT_EQ(bench.sql("SELECT percent || note || data FROM job_progress"), R"(40half{"row":2})");
}

TEST(JobFeatures, ATransactionalHandlersWorkAndItsEndAreOne) {
    JobsBench bench;
    bench.sql("CREATE TABLE noted (id bigint)");
    bench.enqueue("once");
    bench.enqueue("once", {.key = "a"});
    bench.enqueue("once", {.key = "a"});
    bench.run_all();
    EXPECT_EQ(bench.sql("SELECT count(*) FROM noted"), "3");
    EXPECT_EQ(bench.sql("SELECT count(*) FROM jobs"), "0");
    EXPECT_EQ(bench.sql("SELECT count(*) FROM job_ends WHERE outcome = 'done'"), "3");
}

TEST(JobFeatures, ArgumentsAreAStruct) {
    JobsBench bench;
    auto transaction = bench.wait(bench.db.begin(bench.context));
    bench.wait(add(transaction, bench.context, bench.clock, Greet{.name = "Ada", .times = 3}));
    bench.wait(
        add(transaction, bench.context, bench.clock, "test.greet", R"({"name":"Bob","more":1})")
    );
    bench.wait(add(transaction, bench.context, bench.clock, "test.greet", R"({"nam":"Eve"})"));
    bench.wait(transaction.commit(bench.context));
    bench.run_all();
    EXPECT_EQ(bench.runs, (std::vector<std::string>{"Ada3", "Bob1"}));
    EXPECT_EQ(bench.versions, (std::vector<int>{2, 1}));
    EXPECT_EQ(bench.sql("SELECT error_type FROM jobs_dead"), "jobs.args");
}

TEST(JobFeatures, ManyAreAddedAtOnceAndKeepTheirOrder) {
    JobsBench bench;
    std::vector<std::string> all;
    for (int i = 0; i < 50; ++i) all.push_back("\"" + std::to_string(i) + "\\\"\"");
    auto transaction = bench.wait(bench.db.begin(bench.context));
    bench.wait(add_all(transaction, bench.context, bench.clock, "test.work", all));
    bench.wait(transaction.commit(bench.context));
    bench.run_all();
    EXPECT_EQ(bench.runs, all);
}

TEST(JobFeatures, ARunningJobIsCancelled) {
    JobsBench bench;
    bench.enqueue("hang", {.time_max = seconds(20)});
    bool is_asked = false;
    bench.run_until({&bench.worker}, [&] {
        if (bench.busy == 1 && !is_asked) {
            is_asked = true;
            bench.sql("UPDATE jobs SET cancel_asked_at = now()");
            bench.worker.hear("cancel");
        }
        return is_asked && bench.busy == 0;
    });
    EXPECT_EQ(bench.sql("SELECT outcome FROM job_ends"), "cancelled");
    EXPECT_EQ(bench.sql("SELECT count(*) FROM jobs"), "0");
}

TEST(JobFeatures, AJobMayHaveATimeOfItsOwn) {
    JobsBench bench;
    bench.enqueue("hang", {.time_max = milliseconds(20)});
    EXPECT_TRUE(bench.run_one());
    EXPECT_EQ(bench.sql("SELECT error_type FROM jobs"), "timeout");
}

TEST(JobFeatures, JobsOfOrganizationsAreNotForThePlatformsWorkers) {
    JobsBench bench;
    bench.sql(
        "SELECT job_enqueue('org_1', 'default', 'test.work', 'theirs', 5, NULL, NULL, NULL, "
        "NULL, NULL, 1, NULL, NULL, NULL, 1, '', '')"
    );
    bench.clock.advance(std::chrono::days(365));
    EXPECT_FALSE(bench.run_one());
    EXPECT_EQ(bench.sql("SELECT lease FROM jobs"), "0");
}

TEST(JobFeatures, WhatTheReleaseBeforeHasGivenUpBecomesADeadLetter) {
    JobsBench bench;
    bench.enqueue("plain");
    bench.sql("UPDATE jobs SET refusal = 'test.refused'");
    bench.enqueue("plain");
    auto transaction = bench.wait(bench.db.begin(bench.context));
    bench.wait(enqueue(transaction, bench.context, bench.clock, "jobs.keep_house", "{}"));
    bench.wait(transaction.commit(bench.context));
    bench.run_all();
    EXPECT_EQ(bench.sql("SELECT error_type FROM jobs_dead"), "test.refused");
    EXPECT_EQ(bench.sql("SELECT count(*) FROM jobs"), "0");
}

TEST(JobFeatures, AWorkerThatListensNeedNotWaitForItsNextPoll) {
    JobsBench bench;
    SystemClock clock;
    Telemetry telemetry{clock, bench.random, bench.log, bench.metrics};
    const WorkerOptions options{.slots = 1, .name = "a", .poll_period = std::chrono::minutes(10)};
    Worker listening(bench.registry, bench.db, telemetry, options);
    const auto hear = [&](std::string_view news) { listening.hear(news); };
    pg::Listener listener({.conninfo = bench.conninfo.clone()}, wake_channel, hear, telemetry);
    TaskGroup group(bench.log);
    group.spawn(bench.loop.get_executor(), "listener", listener.run());
    bool is_added = false;
    bench.run_until({&listening}, [&] {
        const bool has_looked = bench.sql("SELECT count(*) FROM job_leases") == "1";
        if (listener.is_on() && has_looked && !std::exchange(is_added, true)) {
            bench.sql(
                "WITH job AS (SELECT * FROM job_enqueue('', 'default', 'test.work', 'plain', "
                "5, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, 1, '', '')) "
                "SELECT pg_notify('acme_jobs', 'wake') FROM job"
            );
        }
        return !bench.runs.empty();
    });
    listener.stop();
    bench.wait(group.join());
    EXPECT_EQ(bench.runs.size(), 1);
}

Task<> add_through(JobsBench& bench, Inlet& inlet, NewJob job, std::vector<std::int64_t>& ids) {
    ids.push_back(co_await inlet.add(bench.context, std::move(job)));
}

TEST(JobFeatures, CallersWhoAskAtTheSameTimeShareACommitAndEachHearsOfItsOwnJob) {
    JobsBench bench;
    Inlet inlet(bench.db, bench.telemetry);
    TaskGroup group(bench.log);
    std::vector<std::int64_t> ids;
    for (int i = 0; i < 50; ++i) {
        NewJob job{.kind = "test.work", .args = std::to_string(i)};
        if (i % 2 == 1) job.org_id = "org_1";
        if (i % 2 == 1) job.queue = "theirs";
        auto task = add_through(bench, inlet, std::move(job), ids);
        group.spawn(bench.loop.get_executor(), "adder", std::move(task));
    }
    bench.wait(group.join());
    std::string told;
    for (const std::int64_t id : ids) told += std::to_string(id) + " ";
    EXPECT_EQ(bench.sql("SELECT string_agg(id || ' ', '' ORDER BY args::int) FROM jobs"), told);
    EXPECT_EQ(
        bench.sql("SELECT count(*) || '/' || count(DISTINCT queue_id) FROM jobs WHERE lease = 0"),
        "25/1"
    );
    EXPECT_EQ(bench.sql("SELECT count(DISTINCT xmin::text) < 5 FROM jobs"), "t");
    bench.run_all();
    EXPECT_EQ(bench.runs.size(), 25);
}

TEST(JobFeatures, AJobThatCameToStandBehindTheMarkIsFound) {
    JobsBench bench;
    SystemClock clock;
    Telemetry telemetry{clock, bench.random, bench.log, bench.metrics};
    Worker worker(bench.registry, bench.db, telemetry, {.slots = 1, .name = "a"});
    const auto insert = [&](const std::string& due) {
        bench.sql(
            "INSERT INTO jobs (queue, kind, args, due_at, traceparent, request_id) VALUES "
            "('default', 'test.work', 'plain', " +
            due + ", '', '')"
        );
    };
    insert("now()");
    std::size_t added = 1;
    bench.run_until({&worker}, [&] {
        if (bench.runs.size() == added && added < 3) insert("now() - interval '1 hour'");
        added = std::max(added, std::min<std::size_t>(bench.runs.size() + 1, 3));
        return bench.runs.size() == 3;
    });
    EXPECT_EQ(bench.runs.size(), 3);
}

TEST(JobFeatures, AKindThatNobodyKnowsIsLeftAndCounted) {
    JobsBench bench;
    bench.enqueue("plain");
    bench.sql("UPDATE jobs SET kind = 'test.newer'");
    bench.run_until({&bench.worker}, [&] {
        return bench.metrics.text().find("worker_jobs_unknown 1") != std::string::npos;
    });
    EXPECT_NE(bench.metrics.text().find("worker_jobs_unknown 1"), std::string::npos);
    EXPECT_EQ(bench.sql("SELECT attempt FROM jobs"), "0");
}

TEST(JobFeatures, DeadLettersAndDaysOfHistoryGoWhenTheirTimeIsOver) {
    JobsBench bench;
    bench.enqueue("discard");
    bench.run_all();
    Table table(bench.db, bench.clock);
    bench.wait(table.keep_house(bench.context));
    EXPECT_EQ(bench.sql("SELECT count(*) FROM jobs_dead"), "1");
    bench.sql(
        "CREATE TABLE job_ends_20200101 PARTITION OF job_ends "
        "FOR VALUES FROM ('2020-01-01') TO ('2020-01-02')"
    );
    bench.clock.advance(std::chrono::days(15));
    bench.wait(table.keep_house(bench.context));
    EXPECT_EQ(bench.sql("SELECT count(*) FROM jobs_dead"), "0");
    EXPECT_EQ(bench.sql("SELECT coalesce(to_regclass('job_ends_20200101')::text, 'gone')"), "gone");
}

TEST(JobFeatures, ShortJobsAreFetchedAheadAndEachRunsOnce) {
    JobsBench bench;
    SystemClock clock;
    Telemetry telemetry{clock, bench.random, bench.log, bench.metrics};
    std::vector<std::string> all;
    for (int i = 0; i < 5'000; ++i) all.push_back(std::to_string(i));
    auto transaction = bench.wait(bench.db.begin(bench.context));
    bench.wait(add_all(transaction, bench.context, clock, "test.work", all));
    bench.wait(transaction.commit(bench.context));
    Worker first(bench.registry, bench.db, telemetry, {.slots = 4, .name = "a"});
    Worker second(bench.registry, bench.db, telemetry, {.slots = 4, .name = "b"});
    bench.run_until({&first, &second}, [&] { return bench.runs.size() >= 5'000; });
    std::ranges::sort(bench.runs);
    std::ranges::sort(all);
    EXPECT_EQ(bench.runs, all);
    EXPECT_EQ(bench.sql("SELECT count(*) FROM jobs"), "0");
    EXPECT_EQ(bench.sql("SELECT count(*) || '/' || count(DISTINCT id) FROM job_ends"), "5000/5000");
}

TEST(JobFeatures, WhatWasFetchedAheadIsGivenBackByADrainAndNotAnAttempt) {
    JobsBench bench;
    SystemClock clock;
    Telemetry telemetry{clock, bench.random, bench.log, bench.metrics};
    std::vector<std::string> all(20'000, "plain");
    for (int i = 0; i < 2; ++i) {
        auto transaction = bench.wait(bench.db.begin(bench.context));
        bench.wait(add_all(
            transaction,
            bench.context,
            clock,
            "test.work",
            {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(bulk_max)}
        ));
        bench.wait(transaction.commit(bench.context));
    }
    Worker draining(bench.registry, bench.db, telemetry, {.slots = 2, .name = "a"});
    bench.run_until({&draining}, [&] { return bench.runs.size() >= 1'000; });
    EXPECT_EQ(bench.sql("SELECT count(*) FROM jobs WHERE lease IS NOT NULL OR attempt <> 0"), "0");
    const auto left = std::stoul(bench.sql("SELECT count(*) FROM jobs"));
    EXPECT_EQ(left + bench.runs.size(), 20'000);
    EXPECT_EQ(bench.sql("SELECT count(*) FROM job_attempts"), "0");
}

}  // namespace
}  // namespace acme::jobs
