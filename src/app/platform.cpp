#include "app/platform.hpp"

#include "app/lists.hpp"

#include <boost/asio/co_spawn.hpp>

namespace acme::app {
namespace {

/// Commands that need no configuration run without one, and then this is never connected to.
Secret redis_url(const Config& config) {
    return config.redis_url.empty() ? Secret("redis://127.0.0.1:6379") : config.redis_url.clone();
}

LogLevel level_of(std::string_view name) {
    if (name == "debug") return LogLevel::debug;
    if (name == "warn") return LogLevel::warn;
    if (name == "error") return LogLevel::error;
    return LogLevel::info;
}

}  // namespace

std::size_t share_of(std::int64_t all, std::int64_t threads) {
    return static_cast<std::size_t>(std::max<std::int64_t>(all / threads, 1));
}

Platform::Platform(const Config& settings, Metrics& shared_metrics, Log::Sink sink)
    : config(settings),
      log(clock, level_of(config.log_level), std::move(sink)),
      metrics(shared_metrics),
      telemetry{clock, random, log, metrics},
      db({.conninfo = config.database_url.clone(),
          .connections_max = share_of(config.database_pool_size, config.threads),
          .statement_time_max = config.db_statement_time_max},
         telemetry),
      redis({.url = redis_url(config)}, telemetry),
      exporter({.collector = http::parse_endpoint(config.otlp_endpoint)}, telemetry),
      tasks(log) {
    add_jobs(jobs, *this);
}

Task<> Platform::close() {
    exporter.stop();
    co_await tasks.join();
    redis.close();
    db.close();
}

void Platform::run(Task<> task) {
    asio::co_spawn(loop, std::move(task), [](const std::exception_ptr& fault) {
        if (fault) std::rethrow_exception(fault);
    });
    loop.run();
}

}  // namespace acme::app
