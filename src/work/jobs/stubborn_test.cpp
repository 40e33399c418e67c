// Handlers that go on although they were told to end.
#include "testing/bench.hpp"
#include "work/jobs/worker.hpp"

namespace acme::jobs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr pg::Query read_job{"test.job", "SELECT attempt, error_type, due_at FROM jobs"};
constexpr pg::Query count_held{"test.held", "SELECT count(*) FROM jobs WHERE lease > 0"};
constexpr pg::Query count_notes{"test.notes", "SELECT count(*) FROM job_progress"};
constexpr pg::Query make_due{"test.make_due", "UPDATE jobs SET due_at = 'epoch'"};
constexpr pg::Query make_effects{"test.effects", "CREATE TABLE effects (attempt bigint)"};
constexpr pg::Query add_effect{"test.effect", "INSERT INTO effects VALUES ($1)"};
constexpr pg::Query count_effects{"test.count", "SELECT count(*), min(attempt) FROM effects"};
constexpr pg::Query find_abandoned{
    "test.abandoned", "SELECT max(abandoned)::bigint FROM job_leases"
};

struct Stubborn : testing::Bench {
    Stubborn() {
        wait(db.run(context, make_effects));
        registry.handle(
            "test.stubborn",
            [this](Run& run) { return hold_on(run); },
            {.time_max = milliseconds(500)}
        );
        registry.add("test.quick", [this](trace::Context, std::string) { return be_quick(); });
    }

    /// The first attempt is deaf until `may_end`, and then tries to end its job and to note
    /// something.
    Task<Result<>> hold_on(Run& run) {
        if (run.attempt() == 1) {
            ++held;
            co_await gate.wait();
            co_await asio::this_coro::reset_cancellation_state();
        }
        co_await run.progress(50, "late");
        auto transaction = co_await db.begin(run.context());
        co_await transaction.run(run.context(), add_effect, run.attempt());
        if (co_await run.complete(transaction)) co_await transaction.commit(run.context());
        ++ended;
        co_return done;
    }

    Task<Result<>> be_quick() {
        ++quick;
        co_return done;
    }

    void enqueue(std::string_view kind) {
        auto transaction = wait(db.begin(context));
        wait(jobs::enqueue(transaction, context, clock, kind, "{}"));
        wait(transaction.commit(context));
    }

    WorkerOptions options(std::size_t slots) {
        return {
            .slots = slots,
            .beat_period = milliseconds(20),
            .cancel_time_max = milliseconds(20),
            .worn_out = [this] { ++worn_out; },
        };
    }

    /// Time goes on while the worker runs, until `is_enough` and all is answered for; then those
    /// that were held may end.
    template <class Enough>
    Task<> run(Worker& worker, Enough is_enough) {
        TaskGroup group(log);
        group.spawn(loop.get_executor(), "worker", worker.run());
        for (int i = 0; i < 1'000 && !is_enough(); ++i) {
            clock.advance(milliseconds(5));
            co_await sleep_for(milliseconds(5));
        }
        while ((co_await db.run(context, count_held))[0].integer() > 0) {
            co_await sleep_for(milliseconds(5));
        }
        co_await let_go(worker);
        worker.stop();
        co_await group.join();
    }

    /// Looks into the lease once one is abandoned, and adds a job then.
    Task<> look_while(Worker& worker, std::int64_t& shown) {
        TaskGroup group(log);
        group.spawn(loop.get_executor(), "worker", worker.run());
        for (int i = 0; i < 1'000 && (shown == 0 || quick < 6); ++i) {
            clock.advance(milliseconds(5));
            co_await sleep_for(milliseconds(5));
            if (worker.abandoned() == 0 || shown > 0) continue;
            shown = (co_await db.run(context, find_abandoned))[0].integer();
            if (shown == 0) continue;
            auto transaction = co_await db.begin(context);
            co_await jobs::enqueue(transaction, context, clock, "test.quick", "{}");
            co_await transaction.commit(context);
        }
        co_await let_go(worker);
        worker.stop();
        co_await group.join();
    }

    /// Stops it while a handler is deaf, and returns when it has drained all the same.
    Task<> drain(Worker& worker) {
        TaskGroup group(log);
        group.spawn(loop.get_executor(), "worker", worker.run());
        while (held == 0) co_await sleep_for(milliseconds(5));
        worker.stop();
        co_await group.join();
    }

    Task<> let_go(Worker& worker) {
        while (!gate.empty()) gate.resume_first(true);
        for (int i = 0; i < 1'000 && worker.abandoned() > 0; ++i)
            co_await sleep_for(milliseconds(5));
    }

    bool has_metric(std::string_view line) const {
        return metrics.text().find(line) != std::string::npos;
    }

    std::ptrdiff_t logged(std::string_view what) const {
        return std::ranges::count_if(lines, [&](const std::string& line) {
            return line.find(what) != std::string::npos;
        });
    }

    Registry registry;
    WaitQueue<bool> gate;
    int held = 0;
    int ended = 0;
    int quick = 0;
    int worn_out = 0;
};

TEST(StubbornHandler, ItsJobFailsAtItsTimeAndItsSlotIsFreeForOthers) {
    Stubborn bench;
    Worker worker(bench.registry, bench.db, bench.telemetry, bench.options(2));
    bench.enqueue("test.stubborn");
    bool is_seen = false;
    bench.wait(bench.run(worker, [&] {
        if (worker.abandoned() == 1 && !is_seen) {
            is_seen = true;
            EXPECT_EQ(worker.running(), 0);
            EXPECT_TRUE(bench.has_metric("worker_jobs_abandoned 1"));
            EXPECT_TRUE(bench.has_metric(R"(worker_slots{state="free"} 2)"));
        }
        return is_seen && bench.has_metric(
                              R"(worker_jobs_failed_total{error_type="timeout",queue="default"} 1)"
                          );
    }));
    EXPECT_TRUE(is_seen);
    EXPECT_EQ(bench.logged("job.abandoned"), 1);
    EXPECT_EQ(bench.logged("job.ended_late"), 1);
    EXPECT_TRUE(bench.has_metric("worker_jobs_abandoned 0"));
    EXPECT_EQ(bench.worn_out, 0);
    const auto rows = bench.wait(bench.db.run(bench.context, read_job));
    ASSERT_EQ(rows.size(), 1);
    pg::Row row = rows[0];
    EXPECT_EQ(row.integer(), 1);
    EXPECT_EQ(row.text(), "timeout");
}

TEST(StubbornHandler, ItsLateEndChangesNothingWhileTheNextAttemptDoesTheWorkOnce) {
    Stubborn bench;
    Worker worker(bench.registry, bench.db, bench.telemetry, bench.options(2));
    bench.enqueue("test.stubborn");
    bench.wait(bench.run(worker, [&] { return worker.abandoned() == 1; }));
    EXPECT_EQ(bench.ended, 1);
    const auto none = bench.wait(bench.db.run(bench.context, count_effects));
    EXPECT_EQ(none[0].integer(), 0);
    EXPECT_EQ(bench.wait(bench.db.run(bench.context, count_notes))[0].integer(), 0);

    bench.wait(bench.db.run(bench.context, make_due));
    Worker next(bench.registry, bench.db, bench.telemetry, bench.options(2));
    EXPECT_TRUE(bench.wait(next.run_one()));
    const auto rows = bench.wait(bench.db.run(bench.context, count_effects));
    pg::Row row = rows[0];
    EXPECT_EQ(row.integer(), 1);
    EXPECT_EQ(row.integer(), 2);
}

TEST(StubbornHandler, AWorkerWithAsManyOfThemAsSlotsGoesOnUntilThenAndDrains) {
    Stubborn bench;
    Worker worker(bench.registry, bench.db, bench.telemetry, bench.options(2));
    bench.enqueue("test.stubborn");
    bench.enqueue("test.stubborn");
    bench.wait(bench.run(worker, [&] { return bench.worn_out > 0; }));
    EXPECT_EQ(bench.worn_out, 1);
    EXPECT_EQ(bench.logged("worker.worn_out"), 1);
    EXPECT_EQ(bench.logged("job.abandoned"), 2);
    EXPECT_TRUE(worker.is_draining());
}

TEST(StubbornHandler, OthersRunInItsPlaceAndPeopleSeeHowManyThereAre) {
    Stubborn bench;
    Worker worker(bench.registry, bench.db, bench.telemetry, bench.options(2));
    bench.enqueue("test.stubborn");
    for (int i = 0; i < 5; ++i) bench.enqueue("test.quick");
    std::int64_t shown = 0;
    bench.wait(bench.look_while(worker, shown));
    EXPECT_EQ(shown, 1);
    EXPECT_EQ(bench.quick, 6);
}

TEST(StubbornHandler, ADrainDoesNotWaitForIt) {
    Stubborn bench;
    auto options = bench.options(2);
    options.drain_time_max = milliseconds(20);
    Worker worker(bench.registry, bench.db, bench.telemetry, options);
    bench.enqueue("test.stubborn");
    bench.wait(bench.drain(worker));
    EXPECT_EQ(worker.abandoned(), 1);
    EXPECT_EQ(bench.ended, 0);
    bench.wait(bench.let_go(worker));
    EXPECT_EQ(bench.ended, 1);
    EXPECT_EQ(worker.abandoned(), 0);
}

}  // namespace
}  // namespace acme::jobs
