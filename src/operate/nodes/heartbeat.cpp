#include "operate/nodes/heartbeat.hpp"

#include "io/loop/cancellable.hpp"
#include "io/telemetry/process_metrics.hpp"

#include <prometheus/gauge.h>

namespace acme::nodes {
namespace {

constexpr pg::Query look_at_database{"nodes.look", "SELECT 1"};

constexpr int beats_per_sweep = 60;

Task<Health> look_at_postgresql(pg::Database& db, trace::Context context) {
    co_await db.run(context, look_at_database);
    co_return Health{.is_up = true};
}

}  // namespace

Look look_at(pg::Database& db) {
    return [&db](trace::Context context) { return look_at_postgresql(db, context); };
}

Heartbeat::Heartbeat(
    Self self,
    Nodes& nodes,
    Telemetry& telemetry,
    std::vector<Probe> probes,
    std::function<std::int64_t()> in_flight
)
    : self_(std::move(self)),
      nodes_(nodes),
      telemetry_(telemetry),
      in_flight_(std::move(in_flight)),
      tasks_(telemetry.log) {
    for (Probe& probe : probes) {
        Dependency unknown{.name = probe.name, .kind = probe.kind};
        watched_.push_back({std::move(probe), std::move(unknown)});
    }
}

void Heartbeat::stop() {
    is_stopping_ = true;
    while (!pausing_.empty()) pausing_.give(true);
}

Task<> Heartbeat::run() {
    const Executor executor = co_await asio::this_coro::executor;
    for (Watched& watched : watched_) tasks_.spawn(executor, "nodes.watch", watch(watched));
    while (!is_stopping_) {
        co_await try_beat();
        if (!is_stopping_) co_await pausing_.wait(beat_period);
    }
    co_await tasks_.join();
    co_await leave();
}

/// The looks go on beside the beats, so that a server that hangs does not make us look dead.
Task<> Heartbeat::watch(Watched& watched) {
    while (!is_stopping_) {
        co_await look(watched);
        if (!is_stopping_) co_await pausing_.wait(watched.probe.period);
    }
}

Task<> Heartbeat::look(Watched& watched) {
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    const auto context = trace.begin(std::nullopt, 0);
    const SteadyTime began = telemetry_.clock.steady();
    Cancellable looking;
    Health health;
    try {
        health = co_await looking.run(watched.probe.look(context), watched.probe.time_max);
    } catch (const std::exception& fault) {
        health = {.is_up = false, .detail = fault.what()};
    }
    if (looking.is_late()) health = {.is_up = false, .detail = "no answer in time"};
    const std::chrono::duration<double, std::milli> time = telemetry_.clock.steady() - began;
    Dependency& seen = watched.seen;
    const std::string before = std::exchange(seen.state, health.is_up ? "up" : "down");
    seen.latency_ms = health.is_up ? std::optional(time.count()) : std::nullopt;
    seen.detail = redacted("detail", health.detail);
    if (before == seen.state || (before == "unknown" && health.is_up)) co_return;
    const LogLevel level = health.is_up ? LogLevel::info : LogLevel::warn;
    telemetry_.log.write(
        level,
        "nodes.dependency",
        {},
        {{"dependency", seen.name}, {"state", seen.state}, {"reason", seen.detail}}
    );
}

Task<> Heartbeat::beat() {
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    const auto context = trace.begin(std::nullopt, 0);
    co_await nodes_.beat(context, self_, state_, figures());
    if (beats_++ % beats_per_sweep == 0) co_await nodes_.sweep(context);
}

Task<> Heartbeat::try_beat() {
    try {
        co_await beat();
        if (!was_well_) telemetry_.log.info("nodes.beats_again");
        was_well_ = true;
    } catch (const pg::Fault& fault) {
        if (was_well_) telemetry_.log.warn("nodes.beat", {{"reason", fault.what()}});
        was_well_ = false;
    }
}

Task<> Heartbeat::leave() {
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    try {
        co_await nodes_.leave(trace.begin(std::nullopt, 0), self_);
    } catch (const pg::Fault& fault) {
        telemetry_.log.warn("nodes.leave", {{"reason", fault.what()}});
    }
}

Figures Heartbeat::figures() {
    const SteadyTime now = telemetry_.clock.steady();
    window_.add(now, telemetry_.metrics.http_totals());
    const ProcessFigures process = process_figures();
    Figures figures{
        .traffic = window_.traffic(),
        .in_flight = in_flight_(),
        .memory_bytes = static_cast<std::int64_t>(process.resident_bytes),
        .cpu_share = 0,
        .leads = leads_ && leads_(),
        .dependencies = {},
    };
    if (cpu_ && now > cpu_->first) {
        const std::chrono::duration<double> time = now - cpu_->first;
        figures.cpu_share = (process.cpu_seconds - cpu_->second) / time.count();
    }
    cpu_ = {now, process.cpu_seconds};
    cpu_peak_.add(now, process.cpu_seconds);
    if (const auto cores = cpu_peak_.cores()) {
        constexpr const char* help = "Cores used in the busiest minute of the last day.";
        telemetry_.metrics.gauge("process_cpu_peak_cores", help).Set(*cores);
    }
    for (const Watched& watched : watched_) figures.dependencies.push_back(watched.seen);
    return figures;
}

}  // namespace acme::nodes
