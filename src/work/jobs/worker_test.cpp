// Several jobs at once, workers that die, and the drain.
#include "work/jobs/worker.hpp"

#include "testing/bench.hpp"

namespace acme::jobs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr pg::Query count_jobs{"test.count_jobs", "SELECT count(*) FROM jobs"};
constexpr pg::Query read_job{"test.job", R"sql(
    SELECT attempt, rescues, lease, refusal, request_id, traceparent FROM jobs
)sql"};

struct Fleet : testing::Bench {
    Fleet() {
        registry.add(
            "test.work",
            [this](trace::Context inside, std::string args) {
                return work(inside, std::move(args));
            },
            {.time_max = seconds(60)}
        );
    }

    Task<Result<>> work(trace::Context inside, std::string args) {
        runs.push_back(args);
        request_id = inside.trace->request_id;
        busy_max = std::max(busy_max, ++busy);
        struct Leave {
            int& count;
            ~Leave() { --count; }
        } leave{busy};
        if (args == "hang") co_await sleep_for(seconds(30));
        if (args == "hang") co_await sleep_for(seconds(30));  // cancelled: throws
        if (args == "nap") co_await sleep_for(milliseconds(50));
        if (args == "fault") throw std::runtime_error("the world is at fault");
        if (args == "later") {
            co_return std::unexpected(Error{
                .kind = ErrorKind::unavailable,
                .code = "test.later",
                .message = "Later.",
                .retry_after = seconds(1000)
            });
        }
        co_return done;
    }

    /// A kind whose jobs wait until `may_answer`.
    void add_outside() {
        const auto wait_long = [this](trace::Context, std::string) { return ask_outside(); };
        registry.add("test.outside", wait_long, {.waits_for_others = true});
    }

    Task<Result<>> ask_outside() {
        outside_max = std::max(outside_max, ++outside);
        while (!may_answer) co_await sleep_for(milliseconds(5));
        --outside;
        ++answered;
        co_return done;
    }

    void enqueue(std::string args, std::string_view kind = "test.work") {
        auto transaction = wait(db.begin(context));
        wait(jobs::enqueue(transaction, context, clock, kind, std::move(args)));
        wait(transaction.commit(context));
    }

    std::int64_t count() { return wait(db.run(context, count_jobs))[0].integer(); }

    bool run_one(Worker& worker) { return wait(worker.run_one()); }

    /// Runs the worker until `is_enough`, then stops it and waits for its end.
    template <class Enough>
    void run_until(Worker& worker, Enough is_enough) {
        wait(run_and_stop(worker, is_enough));
    }

    template <class Enough>
    Task<> run_and_stop(Worker& worker, Enough is_enough) {
        TaskGroup group(log);
        group.spawn(loop.get_executor(), "worker", worker.run());
        for (int i = 0; i < 3000 && !is_enough(); ++i) co_await sleep_for(milliseconds(10));
        worker.stop();
        co_await group.join();
    }

    bool has_metric(std::string_view line) const {
        return metrics.text().find(line) != std::string::npos;
    }

    std::vector<std::string> runs;
    std::string request_id;
    int busy = 0;
    int busy_max = 0;
    int outside = 0;
    int outside_max = 0;
    int answered = 0;
    bool may_answer = false;
    Registry registry;
    Worker first{registry, db, telemetry, {.slots = 4, .name = "first"}};
    Worker second{registry, db, telemetry, {.slots = 4, .name = "second"}};
};

TEST(Worker, JobsThatWaitForOthersLeaveHalfOfTheSlotsToTheRest) {
    Fleet fleet;
    fleet.add_outside();
    for (int i = 0; i < 8; ++i) fleet.enqueue("", "test.outside");
    for (int i = 0; i < 8; ++i) fleet.enqueue("nap");
    fleet.run_until(fleet.first, [&] {
        fleet.may_answer = fleet.runs.size() == 8;
        return fleet.answered == 8 && fleet.first.running() == 0;
    });
    EXPECT_EQ(fleet.outside_max, 2);
    EXPECT_GE(fleet.busy_max, 2);
    EXPECT_EQ(fleet.count(), 0);
}

TEST(Worker, OneSlotIsTakenInTurns) {
    Fleet fleet;
    fleet.add_outside();
    fleet.may_answer = true;
    Worker single{fleet.registry, fleet.db, fleet.telemetry, {.slots = 1}};
    for (int i = 0; i < 3; ++i) fleet.enqueue("", "test.outside");
    for (int i = 0; i < 3; ++i) fleet.enqueue("");
    std::string order;
    while (fleet.run_one(single)) order += std::to_string(fleet.runs.size());
    EXPECT_TRUE(order == "011223" || order == "112233") << order;
}

TEST(Worker, RunsAsManyJobsAtOnceAsItHasSlotsAndNoMore) {
    Fleet fleet;
    for (int i = 0; i < 12; ++i) fleet.enqueue("nap");
    fleet.run_until(fleet.first, [&] { return fleet.runs.size() == 12 && fleet.busy == 0; });
    EXPECT_EQ(fleet.runs.size(), 12);
    EXPECT_EQ(fleet.busy_max, 4);
    EXPECT_EQ(fleet.count(), 0);
    EXPECT_TRUE(fleet.has_metric(R"(worker_jobs_processed_total{queue="default"} 12)"));
    EXPECT_TRUE(fleet.has_metric(R"(worker_slots{state="free"} 8)"));
}

TEST(Worker, TwoShareTheWorkAndNoJobRunsTwice) {
    Fleet fleet;
    for (int i = 0; i < 30; ++i) fleet.enqueue(std::to_string(i));
    TaskGroup group(fleet.log);
    group.spawn(fleet.loop.get_executor(), "first", fleet.first.run());
    fleet.run_until(fleet.second, [&] { return fleet.runs.size() >= 30; });
    fleet.first.stop();
    fleet.wait(group.join());
    std::ranges::sort(fleet.runs);
    EXPECT_EQ(fleet.runs.size(), 30);
    EXPECT_EQ(std::ranges::adjacent_find(fleet.runs), fleet.runs.end());
}

TEST(Worker, AJobCarriesTheTraceAndTheRequestThatAskedForIt) {
    Fleet fleet;
    fleet.trace.request_id = "req-1";
    fleet.enqueue("fault");
    EXPECT_TRUE(fleet.run_one(fleet.first));
    EXPECT_EQ(fleet.request_id, "req-1");
    std::string id;
    fleet.trace.id().append_to(id);
    const auto is_of_trace = [&](const std::string& line) {
        return line.find("\"job\"") != std::string::npos && line.find(id) != std::string::npos;
    };
    EXPECT_GE(std::ranges::count_if(fleet.lines, is_of_trace), 1);
    EXPECT_TRUE(fleet.has_metric(R"(worker_jobs_failed_total{error_type="fault",queue="default"} 1)"
    ));
}

TEST(Worker, AKindThatThisReleaseDoesNotKnowIsLeftToANewerOne) {
    Fleet fleet;
    fleet.enqueue("x", "test.newer");
    EXPECT_FALSE(fleet.run_one(fleet.first));
    const auto rows = fleet.wait(fleet.db.run(fleet.context, read_job));
    EXPECT_EQ(rows[0].integer(), 0);
}

TEST(Worker, AnAttemptEndsAtItsTimeAndIsTriedAgain) {
    Fleet fleet;
    const auto work = [&](trace::Context inside, std::string args) {
        return fleet.work(inside, std::move(args));
    };
    fleet.registry.add("test.short", work, {.time_max = milliseconds(200)});
    fleet.enqueue("hang", "test.short");
    EXPECT_TRUE(fleet.run_one(fleet.first));
    EXPECT_TRUE(
        fleet.has_metric(R"(worker_jobs_failed_total{error_type="timeout",queue="default"} 1)")
    );
    fleet.clock.advance(seconds(8));
    EXPECT_TRUE(fleet.run_one(fleet.first));
}

TEST(Worker, ARetryWaitsAsLongAsTheErrorAsks) {
    Fleet fleet;
    fleet.enqueue("later");
    EXPECT_TRUE(fleet.run_one(fleet.first));
    fleet.clock.advance(seconds(999));
    EXPECT_FALSE(fleet.run_one(fleet.first));
    fleet.clock.advance(seconds(1));
    EXPECT_TRUE(fleet.run_one(fleet.first));
}

TEST(Worker, PausesDoubleUpToAnHourAndAreUneven) {
    SeededRandom random(1);
    for (int i = 0; i < 100; ++i) {
        EXPECT_GE(pause_after(1, random), milliseconds(2500));
        EXPECT_LE(pause_after(1, random), milliseconds(7500));
        EXPECT_LE(pause_after(3, random), milliseconds(30'000));
        EXPECT_LE(pause_after(20, random), milliseconds(5'400'000));
        EXPECT_GE(pause_after(20, random), milliseconds(1'800'000));
    }
}

/// One job of any kind that was never rescued, or else one that was.
std::vector<Job> claim(Fleet& fleet, Table& table, std::int64_t lease) {
    Marks marks;
    Ask ask{{"test.work"}, marks.ranges({1, 2}, Marks::Reach::whole), 1};
    auto jobs = fleet.wait(table.cycle(fleet.context, lease, std::move(ask))).claimed;
    if (!jobs.empty()) return jobs;
    return fleet.wait(table.claim_suspect(fleet.context, lease, {"test.work"}, {1, 2}));
}

/// What a process leaves behind that claims a job and dies.
void claim_and_die(Fleet& fleet) {
    Table table(fleet.db, fleet.clock, "dead");
    const auto lease = fleet.wait(table.open_lease(fleet.context, seconds(15), 1));
    ASSERT_EQ(claim(fleet, table, lease).size(), 1);
}

TEST(Worker, AJobOfADeadWorkerIsRunByAnotherWhenItsLeaseHasEnded) {
    Fleet fleet;
    fleet.enqueue("fine");
    claim_and_die(fleet);
    fleet.clock.advance(seconds(14));
    fleet.wait(fleet.first.rescue());
    EXPECT_FALSE(fleet.run_one(fleet.first));
    fleet.clock.advance(seconds(1));
    fleet.wait(fleet.first.rescue());
    EXPECT_TRUE(fleet.run_one(fleet.first));
    EXPECT_EQ(fleet.count(), 0);
    EXPECT_TRUE(fleet.has_metric(R"(worker_jobs_rescued_total{queue="default"} 1)"));
}

TEST(Worker, AJobThatTakesItsWorkersWithItAgainAndAgainIsPoison) {
    Fleet fleet;
    fleet.enqueue("fine");
    for (int i = 0; i <= rescues_max; ++i) {
        claim_and_die(fleet);
        fleet.clock.advance(seconds(15));
        fleet.wait(fleet.first.rescue());
    }
    EXPECT_FALSE(fleet.run_one(fleet.first));
    EXPECT_TRUE(fleet.has_metric(R"(worker_jobs_dead_total{queue="default"} 1)"));
}

TEST(Worker, WhoWasTakenForDeadCannotTouchTheJobOfItsSuccessor) {
    Fleet fleet;
    fleet.enqueue("fine");
    Table table(fleet.db, fleet.clock, "slow");
    const auto lease = fleet.wait(table.open_lease(fleet.context, seconds(15), 1));
    const auto jobs = claim(fleet, table, lease);
    fleet.clock.advance(seconds(15));
    fleet.wait(fleet.first.rescue());
    const Ask nothing{{"test.work"}, {}, 0};
    const auto cycle = fleet.wait(table.cycle(fleet.context, lease, nothing, {jobs[0].id}));
    EXPECT_EQ(cycle.lost, std::vector{jobs[0].id});
    EXPECT_TRUE(fleet.wait(table.settle(fleet.context, lease, {{.job = jobs[0]}})).empty());
    EXPECT_FALSE(fleet.wait(table.renew_lease(fleet.context, lease, seconds(15))));
    EXPECT_TRUE(claim(fleet, table, lease).empty());
    EXPECT_EQ(fleet.count(), 1);
}

TEST(Worker, AWorkerWhoseLeaseHasEndedEndsItsJobsAndTakesANewLease) {
    Fleet fleet;
    Worker quick(
        fleet.registry,
        fleet.db,
        fleet.telemetry,
        {.slots = 1, .name = "quick", .beat_period = milliseconds(20)}
    );
    fleet.enqueue("hang");
    bool is_fenced = false;
    fleet.run_until(quick, [&] {
        if (fleet.runs.size() == 1 && !is_fenced) {
            fleet.clock.advance(seconds(16));
            is_fenced = true;
        }
        return is_fenced && fleet.busy == 0;
    });
    const auto is_fence = [](const std::string& line) {
        return line.find("worker.fenced") != std::string::npos;
    };
    EXPECT_EQ(std::ranges::count_if(fleet.lines, is_fence), 1);
    EXPECT_TRUE(fleet.has_metric(R"(worker_jobs_lost_total{queue="default"} 1)"));
    EXPECT_EQ(fleet.count(), 1);
}

TEST(Worker, AWorkerThatHearsNothingEndsItsJobsAtItsFenceWithoutWaitingForABeat) {
    Fleet fleet;
    Worker deaf(
        fleet.registry,
        fleet.db,
        fleet.telemetry,
        {.slots = 1,
         .name = "deaf",
         .beat_period = std::chrono::minutes(1),
         .fence_time = milliseconds(20)}
    );
    fleet.enqueue("hang");
    bool is_late = false;
    fleet.run_until(deaf, [&] {
        if (fleet.runs.size() == 1 && !is_late) {
            fleet.clock.advance(milliseconds(20));
            is_late = true;
        }
        return is_late && fleet.busy == 0;
    });
    const auto is_fence = [](const std::string& line) {
        return line.find("no beat in time") != std::string::npos;
    };
    EXPECT_GE(std::ranges::count_if(fleet.lines, is_fence), 1);
}

TEST(Worker, WhatDoesNotEndWithinTheDrainIsGivenBackAndDoesNotCount) {
    Fleet fleet;
    fleet.registry.add("test.slow", [&](trace::Context inside, std::string args) {
        return fleet.work(inside, std::move(args));
    });
    Worker draining(
        fleet.registry,
        fleet.db,
        fleet.telemetry,
        {.slots = 2, .name = "draining", .drain_time_max = milliseconds(100)}
    );
    fleet.enqueue("hang", "test.slow");
    fleet.run_until(draining, [&] { return fleet.busy == 1; });
    const auto rows = fleet.wait(fleet.db.run(fleet.context, read_job));
    pg::Row row = rows[0];
    EXPECT_EQ(row.integer(), 0);
    EXPECT_EQ(row.integer(), 0);
    EXPECT_TRUE(row.is_null());
}

TEST(Worker, WhatIsAtHandIsFinishedWithinTheDrain) {
    Fleet fleet;
    for (int i = 0; i < 4; ++i) fleet.enqueue("nap");
    fleet.run_until(fleet.first, [&] { return fleet.busy == 4; });
    EXPECT_EQ(fleet.count(), 0);
}

TEST(Worker, AWorkerOutlivesTheLossOfAllItsConnections) {
    Fleet fleet;
    bool is_cut = false;
    fleet.enqueue("nap");
    fleet.run_until(fleet.first, [&] {
        if (fleet.runs.size() == 1 && !is_cut) {
            is_cut = true;
            testing::cut_connections();
        }
        return is_cut && fleet.busy == 0 && fleet.first.running() == 0;
    });
    EXPECT_EQ(fleet.runs.size(), 1);
    EXPECT_EQ(fleet.count(), 0);
}

TEST(Worker, IsAtWorkOnceItsFirstQuestionForJobsWasAnswered) {
    Fleet fleet;
    pg::Database away(
        {.conninfo = Secret("host=/nonexistent user=nobody dbname=none")}, fleet.telemetry
    );
    int told = 0;
    const WorkerOptions options{.at_work = [&] { ++told; }};
    Worker deaf(fleet.registry, away, fleet.telemetry, options);
    Worker worker(fleet.registry, fleet.db, fleet.telemetry, options);

    EXPECT_FALSE(fleet.run_one(deaf));
    EXPECT_EQ(told, 0);
    EXPECT_FALSE(fleet.run_one(worker));
    EXPECT_FALSE(fleet.run_one(worker));
    EXPECT_EQ(told, 1);
    away.close();
}

TEST(Worker, AJobThatIsTooLargeIsABug) {
    Fleet fleet;
    EXPECT_THROW(fleet.enqueue(std::string(args_bytes_max + 1, 'x')), std::length_error);
}

}  // namespace
}  // namespace acme::jobs
