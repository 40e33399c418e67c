#include "app/startup.hpp"

#include "app/lists.hpp"
#include "base/text.hpp"
#include "io/redis/server_facts.hpp"

#include <csignal>
#include <unistd.h>

namespace acme::app {
namespace {

constexpr int version_min = 150'000;  // the guide: PostgreSQL 15 or later
constexpr std::chrono::milliseconds pause_min{100};
constexpr std::chrono::milliseconds pause_max{5'000};
constexpr std::chrono::milliseconds redis_pause{1'000};
constexpr std::chrono::milliseconds patience{300};  // a database that is well needs a tenth of it

constexpr pg::Query read_version{"app.version", "SELECT current_setting('server_version_num')"};

constexpr pg::Query count_migrations{"app.migrations", "SELECT count(*) FROM migrations"};

/// What stands in the way; an empty reason for nothing.
struct Obstacle {
    std::string reason = "";
    bool is_final = false;
    bool is_out_of_reach = false;  // PostgreSQL: it may come at any moment
};

Task<Obstacle> find_obstacle(Platform& platform) {
    trace::Trace trace(platform.clock, platform.random);
    const auto context = trace.begin(std::nullopt, 0);
    try {
        const auto version = co_await platform.db.run(context, read_version);
        const int number = parse_number<int>(version[0].text()).value_or(0);
        if (number < version_min) {
            co_return Obstacle{
                "PostgreSQL 15 or later is needed, found " + std::to_string(number / 10'000), true
            };
        }
        const auto applied = co_await platform.db.run(context, count_migrations);
        if (applied[0].integer() < std::ssize(migrations())) {
            co_return Obstacle{"the database lacks migrations: acme migrate"};
        }
    } catch (const pg::ServerTooOld& fault) {
        co_return Obstacle{fault.what(), true};
    } catch (const pg::Unreachable& fault) {
        platform.log.warn("startup.database", {{"reason", fault.what()}});
        co_return Obstacle{.reason = "PostgreSQL is out of reach", .is_out_of_reach = true};
    } catch (const pg::Fault& fault) {
        platform.log.warn("startup.database", {{"reason", fault.what()}});
        co_return Obstacle{"PostgreSQL refuses or lacks migrations: acme migrate"};
    }
    const auto redis = co_await platform.redis.check_server(context);
    if (!redis) co_return Obstacle{redis.error().message, true};
    co_return Obstacle{};
}

/// The signal ends this process as any other end does: what is at hand is finished.
void end_process(Platform& platform, const std::string& reason) {
    platform.log.error("unusable", {{"reason", reason}});
    ::kill(::getpid(), SIGTERM);
}

/// A Redis that was away, or slow, as this process began is asked when it answers (STOR-7).
Task<> refuse_old_redis(Platform& platform, Readiness& readiness) {
    while (!readiness.is_draining()) {
        trace::Trace trace(platform.clock, platform.random);
        const auto info = co_await platform.redis.run(trace.begin(std::nullopt, 0), {"INFO"});
        if (info && info->text() != nullptr) {
            const Result<> sound = redis::check_version(redis::parse_info(*info->text()));
            if (sound || readiness.is_draining()) co_return;
            end_process(platform, sound.error().message);
            co_return readiness.give_up(sound.error().message);
        }
        for (auto left = redis_pause; !readiness.is_draining() && left.count() > 0;) {
            co_await sleep_for(pause_min);
            left -= pause_min;
        }
    }
}

Task<> be_ready_after_patience(Platform& platform, Readiness& readiness) {
    co_await sleep_for(patience);
    if (readiness.is_draining() || !readiness.is_starting()) co_return;
    readiness.become_ready();
    platform.log.warn("ready", {{"reason", "PostgreSQL has not answered yet"}});
}

}  // namespace

void limit_wait(Platform& platform, Readiness& readiness) {
    if (!platform.config.is_known_good) return;
    platform.tasks.spawn(
        platform.loop.get_executor(),
        "startup.patience",
        be_ready_after_patience(platform, readiness)
    );
}

Task<bool> until_usable(Platform& platform, Readiness& readiness) {
    auto pause = pause_min;
    while (!readiness.is_draining()) {
        Obstacle obstacle = co_await find_obstacle(platform);
        if (readiness.is_draining()) break;
        if (obstacle.reason.empty()) {
            platform.tasks.spawn(
                platform.loop.get_executor(), "startup.redis", refuse_old_redis(platform, readiness)
            );
            co_return true;
        }
        if (obstacle.is_out_of_reach && platform.config.is_known_good) {
            readiness.become_ready();
            platform.log.warn("ready", {{"reason", obstacle.reason}});
            break;
        }
        if (obstacle.is_final) {
            end_process(platform, obstacle.reason);
            readiness.give_up(std::move(obstacle.reason));
            break;
        }
        readiness.wait_for(std::move(obstacle.reason));
        for (auto left = pause; !readiness.is_draining() && left.count() > 0; left -= pause_min) {
            co_await sleep_for(pause_min);
        }
        pause = std::min(2 * pause, pause_max);
    }
    co_return false;
}

Task<> become_ready(Platform& platform, Readiness& readiness) {
    if (!co_await until_usable(platform, readiness)) co_return;
    readiness.become_ready();
    platform.log.info("ready");
}

}  // namespace acme::app
