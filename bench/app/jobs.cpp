// The durable lane of jobs as an application has it, one part at a time: `acme-bench-jobs CONNINFO
// VERB N [M]` on a migrated database. Prints one line of JSON. bench/jobs.py calls it beside its
// peers.
//
//   fill N [M]     adds N jobs, due in M seconds: one caller, 10,000 in a transaction
//   single N M     adds N jobs, M callers one at a time each
//   drain N M      runs jobs that do nothing until N were run, in M slots; each must be run once
//   latency N      adds N jobs to an idle queue: from add() to the first line of its handler
#include "base/text.hpp"
#include "io/loop/loop.hpp"
#include "io/pg/listener.hpp"
#include "work/jobs/inlet.hpp"
#include "work/jobs/worker.hpp"

#include <boost/asio/co_spawn.hpp>

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace {

using namespace acme;
using std::chrono::milliseconds;
using Seconds = std::chrono::duration<double>;

constexpr std::string_view kind = "bench.nothing";

struct Program {
    explicit Program(const char* where) : conninfo(where) {}

    template <class Wait>
    void run(Wait work) {
        std::exception_ptr fault;
        asio::co_spawn(loop, work(), [&](std::exception_ptr thrown) {
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
        {.conninfo = conninfo.clone(), .statement_time_max = milliseconds(60'000)}, telemetry
    };
    trace::Trace trace{clock, random};
    trace::Context context = trace.begin(std::nullopt, 0);
    TaskGroup group{log};
    Loop loop;
};

void print_rate(const char* verb, std::int64_t count, Seconds time) {
    std::printf(
        "{\"verb\":\"%s\",\"jobs\":%lld,\"seconds\":%.3f,\"per_second\":%.0f}\n",
        verb,
        static_cast<long long>(count),
        time.count(),
        static_cast<double>(count) / time.count()
    );
}

Task<> fill(Program& program, std::int64_t count, std::int64_t delay_s) {
    std::vector<std::string> args;
    const SteadyTime began = program.clock.steady();
    for (std::int64_t done = 0; done < count;) {
        args.clear();
        for (; done < count && args.size() < jobs::bulk_max; ++done) {
            args.push_back(std::to_string(done));
        }
        trace::Trace trace(program.clock, program.random);
        const auto context = trace.begin(std::nullopt, 0);
        auto transaction = co_await program.db.begin(context);
        const jobs::EnqueueOptions options{.delay_by = std::chrono::seconds(delay_s)};
        co_await jobs::add_all(transaction, context, program.clock, kind, args, options);
        co_await transaction.commit(context);
    }
    print_rate("fill", count, program.clock.steady() - began);
}

Task<> call(Program& program, jobs::Inlet& inlet, std::int64_t& left) {
    trace::Trace trace(program.clock, program.random);
    while (left-- > 0) {
        const auto context = trace.begin(std::nullopt, 0);
        co_await inlet.add(context, {.kind = std::string(kind), .args = "{}"});
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
    print_rate("single", count, program.clock.steady() - began);
}

Task<> drain(Program& program, std::int64_t count, std::int64_t slots) {
    std::vector<bool> seen(static_cast<std::size_t>(count));
    std::int64_t runs = 0;
    std::int64_t twice = 0;
    jobs::Registry registry;
    jobs::Worker* running = nullptr;
    registry.add(kind, [&](trace::Context, std::string args) -> Task<Result<>> {
        const auto number = parse_number<std::size_t>(args);
        if (number && *number < seen.size()) {
            if (seen[*number]) ++twice;
            seen[*number] = true;
        }
        if (++runs == count) running->stop();
        co_return done;
    });
    jobs::Worker worker(
        registry,
        program.db,
        program.telemetry,
        {.slots = static_cast<std::size_t>(slots), .name = "bench"}
    );
    running = &worker;
    const SteadyTime began = program.clock.steady();
    co_await worker.run();
    print_rate("drain", runs, program.clock.steady() - began);
    if (twice > 0)
        std::printf("{\"verb\":\"twice\",\"jobs\":%lld}\n", static_cast<long long>(twice));
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
    jobs::Worker worker(registry, program.db, program.telemetry, {.slots = 4, .name = "bench"});
    pg::Listener listener(
        program.listening(),
        jobs::wake_channel,
        [&](std::string_view news) { worker.hear(news); },
        program.telemetry
    );
    const auto executor = program.loop.get_executor();
    program.group.spawn(executor, "listen", listener.run());
    program.group.spawn(executor, "worker", worker.run());
    while (!listener.is_on()) co_await sleep_for(milliseconds(10));
    for (std::int64_t i = 0; i < count; ++i) {
        co_await sleep_for(milliseconds(40));
        trace::Trace trace(program.clock, program.random);
        const auto context = trace.begin(std::nullopt, 0);
        asked = program.clock.steady();
        auto transaction = co_await program.db.begin(context);
        co_await jobs::enqueue(transaction, context, program.clock, kind, "{}");
        co_await transaction.commit(context);
        while (std::ssize(times) <= i) co_await sleep_for(milliseconds(1));
    }
    worker.stop();
    listener.stop();
    co_await program.group.join();
    std::ranges::sort(times);
    const auto at = [&](double share) {
        return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
    };
    std::printf(
        "{\"verb\":\"latency\",\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f}\n",
        at(0.5),
        at(0.99),
        times.back()
    );
}

int run(int argc, char** argv) {
    if (argc < 4) return 64;
    Program program(argv[1]);
    const std::string_view verb = argv[2];
    const auto count = parse_number<std::int64_t>(argv[3]).value_or(1);
    const auto more = argc > 4 ? parse_number<std::int64_t>(argv[4]).value_or(0) : 0;
    program.run([&]() -> Task<> {
        if (verb == "fill") return fill(program, count, more);
        if (verb == "single") return single(program, count, std::max<std::int64_t>(more, 1));
        if (verb == "drain") return drain(program, count, std::max<std::int64_t>(more, 1));
        return latency(program, count);
    });
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& fault) {
        std::fprintf(stderr, "bench: %s\n", fault.what());
    }
    std::_Exit(70);
}
