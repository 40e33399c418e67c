// The durable lane of jobs as an application has it: `acme-bench-jobs MODE COUNT [CALLERS]`, with
// the modes and the answers of bench/peers/jobs/main.mjs. DATABASE_URL says where; the tables are
// made if they are not there. Its queue keeps no history, as graphile-worker's keeps none; with
// HISTORY=1 it does. `steady SECONDS RATE` adds and runs RATE jobs a second.
#include "app/config.hpp"
#include "app/lists.hpp"
#include "base/text.hpp"
#include "io/loop/loop.hpp"
#include "io/pg/listener.hpp"
#include "io/pg/migrate.hpp"
#include "work/jobs/inlet.hpp"
#include "work/jobs/worker.hpp"

#include <boost/asio/co_spawn.hpp>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <span>

namespace {

using namespace acme;
using std::chrono::milliseconds;
using Seconds = std::chrono::duration<double>;

constexpr std::string_view kind = "bench.nothing";
constexpr std::size_t slots = 4;

struct Program {
    explicit Program(const std::string& where) : conninfo(where) {}

    void run(Task<> work) {
        std::exception_ptr fault;
        asio::co_spawn(loop, std::move(work), [&](const std::exception_ptr& thrown) {
            fault = std::move(thrown);
            db.close();
        });
        loop.run();
        if (fault) std::rethrow_exception(fault);
    }

    pg::ConnectionOptions listening() { return {.conninfo = conninfo.clone()}; }

    Secret conninfo;
    SystemClock clock;
    SystemRandom random;
    Log log{clock, LogLevel::warn, [](std::string_view line) {
                std::fwrite(line.data(), 1, line.size(), stderr);
            }};
    Metrics metrics;
    Telemetry telemetry{clock, random, log, metrics};
    pg::Database db{
        {.conninfo = conninfo.clone(),
         .statement_time_max = milliseconds(60'000),
         .prefers_indexes = true},  // as the worker's is
        telemetry
    };
    trace::Trace trace{clock, random};
    trace::Context context = trace.begin(std::nullopt, 0);
    TaskGroup group{log};
    Loop loop;
};

constexpr pg::Query set_history{
    "bench.history",
    "UPDATE job_queues SET keep_done_s = CASE WHEN $1::boolean THEN 86400 ELSE 0 END"
};

Task<> add_many(Program& program, std::int64_t count, bool is_later) {
    std::vector<std::string> args;
    jobs::EnqueueOptions options;
    if (is_later) options.delay_by = std::chrono::days(1);
    trace::Trace trace(program.clock, program.random);
    const SteadyTime began = program.clock.steady();
    for (std::int64_t done = 0; done < count;) {
        args.clear();
        for (; done < count && args.size() < jobs::bulk_max; ++done) {
            args.push_back(std::to_string(done));
        }
        const auto context = trace.begin(std::nullopt, 0);
        auto transaction = co_await program.db.begin(context);
        co_await jobs::add_all(transaction, context, program.clock, kind, args, options);
        co_await transaction.commit(context);
    }
    const Seconds time = program.clock.steady() - began;
    std::printf("{\"seconds\":%.4f}\n", time.count());
}

Task<> call(Program& program, jobs::Inlet& inlet, std::int64_t& left) {
    trace::Trace trace(program.clock, program.random);
    while (left-- > 0) {
        const auto context = trace.begin(std::nullopt, 0);
        co_await inlet.add(context, {.kind = std::string(kind), .args = "0"});
    }
}

Task<> single(Program& program, std::int64_t count, std::int64_t callers) {
    jobs::Inlet inlet(program.db, program.telemetry);
    std::int64_t left = count;
    const SteadyTime began = program.clock.steady();
    for (std::int64_t i = 0; i < callers; ++i) {
        program.group.spawn(program.loop.get_executor(), "caller", call(program, inlet, left));
    }
    co_await program.group.join();
    const Seconds time = program.clock.steady() - began;
    std::printf("{\"seconds\":%.4f}\n", time.count());
}

Task<> drain(Program& program, std::int64_t count) {
    std::vector<bool> seen(static_cast<std::size_t>(count));
    std::int64_t runs = 0;
    std::int64_t twice = 0;
    jobs::Registry registry;
    std::vector<std::unique_ptr<jobs::Worker>> workers;
    registry.add(kind, [&](trace::Context, std::string args) -> Task<Result<>> {
        const auto number = parse_number<std::size_t>(args);
        if (number && *number < seen.size()) {
            if (seen[*number]) ++twice;
            seen[*number] = true;
        }
        if (++runs == count) {
            for (const auto& worker : workers) worker->stop();
        }
        co_return done;
    });
    // Two, as a platform has at least, with half of the slots each.
    pg::Database other(
        {.conninfo = program.conninfo.clone(), .prefers_indexes = true}, program.telemetry
    );
    const jobs::WorkerOptions options{.slots = slots / 2, .name = "bench"};
    for (pg::Database* db : {&program.db, &other}) {
        workers.push_back(std::make_unique<jobs::Worker>(registry, *db, program.telemetry, options)
        );
    }
    const SteadyTime began = program.clock.steady();
    for (const auto& worker : workers) {
        program.group.spawn(program.loop.get_executor(), "worker", worker->run());
    }
    co_await program.group.join();
    other.close();
    const Seconds time = program.clock.steady() - began;
    std::printf(
        "{\"seconds\":%.4f,\"ran\":%lld,\"twice\":%lld}\n",
        time.count(),
        static_cast<long long>(runs),
        static_cast<long long>(twice)
    );
}

Task<> latency(Program& program, std::int64_t count) {
    std::vector<double> times;
    SteadyTime asked;
    jobs::Registry registry;
    registry.add(kind, [&](trace::Context, std::string) -> Task<Result<>> {
        const Seconds time = program.clock.steady() - asked;
        times.push_back(time.count() * 1'000);
        co_return done;
    });
    jobs::Worker worker(registry, program.db, program.telemetry, {.slots = slots, .name = "bench"});
    pg::Listener listener(
        program.listening(),
        jobs::wake_channel,
        [&](std::string_view news) { worker.hear(news); },
        program.telemetry
    );
    jobs::Inlet inlet(program.db, program.telemetry);
    const auto executor = program.loop.get_executor();
    program.group.spawn(executor, "listen", listener.run());
    program.group.spawn(executor, "worker", worker.run());
    while (!listener.is_on()) co_await sleep_for(milliseconds(10));
    for (std::int64_t i = 0; i < count; ++i) {
        co_await sleep_for(milliseconds(5));
        trace::Trace trace(program.clock, program.random);
        const auto context = trace.begin(std::nullopt, 0);
        asked = program.clock.steady();
        co_await inlet.add(context, {.kind = std::string(kind), .args = "0"});
        while (std::ssize(times) <= i) co_await sleep_for(milliseconds(1));
    }
    worker.stop();
    listener.stop();
    co_await program.group.join();
    std::string line;
    for (const double time : times) line += (line.empty() ? "" : ",") + std::to_string(time);
    std::printf("{\"ms\":[%s]}\n", line.c_str());
}

/// How many fetches took at most so many seconds, so far.
std::map<double, double> fetches(Program& program) {
    constexpr std::string_view name = "\ndb_query_duration_seconds_bucket{query=\"jobs.cycle\"";
    const std::string text = program.metrics.text();
    std::map<double, double> found;
    for (std::size_t at = text.find(name); at != text.npos; at = text.find(name, at + 1)) {
        const double bound = std::strtod(text.c_str() + text.find("le=\"", at) + 4, nullptr);
        found[bound] = std::strtod(text.c_str() + text.find("} ", at) + 2, nullptr);
    }
    return found;
}

/// The median of what came between, by where it lies in its bucket.
double median_between(const std::map<double, double>& before, std::map<double, double> after) {
    for (auto& [bound, count] : after) {
        if (before.contains(bound)) count -= before.at(bound);
    }
    const double half = after.rbegin()->second / 2;
    double low = 0;
    double below = 0;
    for (const auto& [bound, count] : after) {
        if (count >= half) return low + (bound - low) * (half - below) / (count - below);
        low = bound;
        below = count;
    }
    return low;
}

/// Adds and runs `rate` jobs a second; tells the median time of a fetch in each ten seconds.
Task<> steady(Program& program, std::int64_t seconds, std::int64_t rate) {
    constexpr milliseconds tick{10};
    jobs::Registry registry;
    registry.add(kind, [](trace::Context, std::string) -> Task<Result<>> { co_return done; });
    jobs::Worker worker(registry, program.db, program.telemetry, {.slots = slots, .name = "bench"});
    program.group.spawn(program.loop.get_executor(), "worker", worker.run());
    const SteadyTime began = program.clock.steady();
    std::vector<double> medians;
    std::map<double, double> before;
    std::int64_t added = 0;
    for (Seconds past{}; past.count() < static_cast<double>(seconds);) {
        co_await sleep_for(tick);
        past = program.clock.steady() - began;
        const auto wanted = static_cast<std::int64_t>(past.count() * static_cast<double>(rate));
        trace::Trace trace(program.clock, program.random);
        const auto context = trace.begin(std::nullopt, 0);
        const std::vector<std::string> args(static_cast<std::size_t>(wanted - added), "0");
        added = wanted;
        auto transaction = co_await program.db.begin(context);
        co_await jobs::add_all(transaction, context, program.clock, kind, args, {});
        co_await transaction.commit(context);
        if (past.count() < 10 * static_cast<double>(medians.size() + 1)) continue;
        auto counts = fetches(program);
        medians.push_back(median_between(before, counts) * 1'000);
        before = std::move(counts);
    }
    worker.stop();
    co_await program.group.join();
    std::string line;
    for (const double median : medians) line += (line.empty() ? "" : ",") + std::to_string(median);
    std::printf("{\"fetch_ms\":[%s]}\n", line.c_str());
}

Task<> measure(Program& program, std::string mode, std::int64_t count, std::int64_t callers) {
    const bool keeps = app::process_environment().contains("HISTORY");
    co_await program.db.run(program.context, set_history, keeps);
    if (mode == "bulk" || mode == "later") co_await add_many(program, count, mode == "later");
    if (mode == "single") co_await single(program, count, callers);
    if (mode == "drain") co_await drain(program, count);
    if (mode == "latency") co_await latency(program, count);
    if (mode == "steady") co_await steady(program, count, callers);
}

int run(std::span<char*> words) {
    const auto environment = app::process_environment();
    const auto where = environment.find("DATABASE_URL");
    if (words.size() < 3 || where == environment.end()) return 64;
    Program program(where->second);
    pg::migrate(program.conninfo, app::migrations());
    const auto count = parse_number<std::int64_t>(words[2]).value_or(1);
    const auto callers =
        words.size() > 3 ? parse_number<std::int64_t>(words[3]).value_or(1) : std::int64_t{1};
    program.run(measure(program, words[1], count, callers));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run({argv, static_cast<std::size_t>(argc)});
    } catch (const std::exception& fault) {
        std::fprintf(stderr, "bench: %s\n", fault.what());
    }
    std::_Exit(70);
}
