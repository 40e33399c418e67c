#pragma once

/// Jobs that ask for more than to be run, two workers, and a look at the tables.

#include "testing/bench.hpp"
#include "work/jobs/jobs_jobs.hpp"
#include "work/jobs/typed.hpp"
#include "work/jobs/worker.hpp"

namespace acme::testing {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Greet {
    static constexpr std::string_view kind = "test.greet";
    static constexpr int version = 2;
    std::string name;
    std::optional<int> times;
};
BOOST_DESCRIBE_STRUCT(Greet, (), (name, times))

inline constexpr pg::Query note_run{"test.note_run", "INSERT INTO noted (id) VALUES ($1)"};

struct JobsBench : DryBench {
    JobsBench() {
        registry.handle("test.work", [this](jobs::Run& run) { return work(run); });
        jobs::handle<Greet>(registry, [this](jobs::Run& run, Greet greet) {
            return greeted(run, greet);
        });
        jobs::add_jobs(registry, db, clock);
    }

    // What still runs are the readers of the connections: they see the end and return.
    ~JobsBench() {
        db.close();
        loop.restart();
        loop.run();
    }
    JobsBench(const JobsBench&) = delete;
    JobsBench& operator=(const JobsBench&) = delete;

    Task<Result<>> greeted(jobs::Run& run, Greet greet) {
        runs.push_back(greet.name + std::to_string(greet.times.value_or(1)));
        versions.push_back(run.args_version());
        co_return done;
    }

    Task<Result<>> work(jobs::Run& run) {
        runs.push_back(run.args());
        const int own = run.args() == "nap" || run.args() == "hang" ? 1 : 0;
        busy += own;
        busy_max = std::max(busy_max, busy);
        struct Leave {
            int& count;
            int own;
            ~Leave() { count -= own; }
        } leave{busy, own};
        if (run.args() == "nap") co_await sleep_for(milliseconds(5));
        if (run.args() == "hang") co_await sleep_for(seconds(30));
        if (run.args() == "hang") co_await sleep_for(seconds(30));  // cancelled: throws
        if (run.args() == "throw") throw std::runtime_error("the world is at fault");
        if (run.args() == "snooze" && run.attempt() == 1 && runs.size() < 3) run.snooze(seconds(9));
        if (run.args() == "discard") run.discard("nobody wants it");
        if (run.args() == "output") run.output(R"({"pages":3})");
        if (run.args() == "progress") co_await run.progress(40, "half", R"({"row":2})");
        if (run.args() == "once") {
            auto transaction = co_await db.begin(run.context());
            co_await transaction.run(run.context(), note_run, run.id());
            if (co_await run.complete(transaction)) co_await transaction.commit(run.context());
        }
        co_return done;
    }

    jobs::Enqueued enqueue(std::string args, jobs::EnqueueOptions options = {}) {
        auto transaction = wait(db.begin(context));
        const auto added =
            wait(jobs::add(transaction, context, clock, "test.work", std::move(args), options));
        wait(transaction.commit(context));
        return added;
    }

    bool run_one() { return wait(worker.run_one()); }

    void run_all() {
        while (run_one()) {
        }
    }

    std::string sql(const std::string& text) { return direct.value(text); }

    /// Runs the workers until `is_enough`, and to the end of their drains.
    template <class Enough>
    void run_until(std::vector<jobs::Worker*> workers, Enough is_enough) {
        wait(run_and_stop(std::move(workers), is_enough));
    }

    template <class Enough>
    Task<> run_and_stop(std::vector<jobs::Worker*> workers, Enough is_enough) {
        TaskGroup group(log);
        for (jobs::Worker* each : workers) group.spawn(loop.get_executor(), "worker", each->run());
        for (int i = 0; i < 6000 && !is_enough(); ++i) co_await sleep_for(milliseconds(10));
        for (jobs::Worker* each : workers) each->stop();
        co_await group.join();
    }

    Secret conninfo = fresh_database();
    pg::Database db{{.conninfo = conninfo.clone(), .connections_max = 2}, telemetry};
    std::vector<std::string> runs;
    std::vector<int> versions;
    int busy = 0;
    int busy_max = 0;
    Sql direct{conninfo};
    jobs::Registry registry;
    jobs::Worker worker{registry, db, telemetry, {.slots = 4, .name = "first"}};
    jobs::Worker other{registry, db, telemetry, {.slots = 4, .name = "second"}};
};

}  // namespace acme::testing
