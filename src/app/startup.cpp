#include "app/startup.hpp"

#include "app/lists.hpp"
#include "base/text.hpp"

namespace acme::app {
namespace {

constexpr int version_min = 150'000;  // the guide: PostgreSQL 15 or later
constexpr std::chrono::milliseconds pause_min{100};
constexpr std::chrono::milliseconds pause_max{5'000};

constexpr pg::Query read_version{"app.version", "SELECT current_setting('server_version_num')"};

constexpr pg::Query count_migrations{"app.migrations", "SELECT count(*) FROM migrations"};

/// What stands in the way; "" for nothing.
Task<std::string> obstacle(Platform& platform) {
    trace::Trace trace(platform.clock, platform.random);
    const auto context = trace.begin(std::nullopt, 0);
    try {
        const auto version = co_await platform.db.run(context, read_version);
        const int number = parse_number<int>(version[0].text()).value_or(0);
        if (number < version_min) {
            co_return "PostgreSQL 15 or later is needed, found " + std::to_string(number / 10'000);
        }
        const auto applied = co_await platform.db.run(context, count_migrations);
        if (applied[0].integer() < std::ssize(migrations())) {
            co_return "the database lacks migrations: acme migrate";
        }
    } catch (const pg::Fault& fault) {
        platform.log.warn("startup.database", {{"reason", fault.what()}});
        co_return "PostgreSQL is out of reach";
    }
    co_return "";
}

}  // namespace

Task<> become_ready(Platform& platform, Readiness& readiness) {
    auto pause = pause_min;
    while (!readiness.is_draining) {
        std::string reason = co_await obstacle(platform);
        if (readiness.is_draining) co_return;
        readiness = {.is_ready = reason.empty(), .reason = std::move(reason)};
        if (readiness.is_ready) {
            platform.log.info("ready");
            co_return;
        }
        for (auto left = pause; !readiness.is_draining && left.count() > 0; left -= pause_min) {
            co_await sleep_for(pause_min);
        }
        pause = std::min(2 * pause, pause_max);
    }
}

}  // namespace acme::app
