#pragma once

/// The level that all processes log at for a while, in place of their LOG_LEVEL (ENV-6).
///
/// Owns the table `log_level` (sql/202611290910_log_level.sql). Times are the database's, so that
/// it ends everywhere at once.

#include "base/result.hpp"
#include "base/task.hpp"
#include "io/loop/line.hpp"
#include "io/pg/database.hpp"
#include "platform/audit/audit.hpp"

#include <optional>
#include <string>

namespace acme::log_level {

inline constexpr std::chrono::seconds time_max{3600};
inline constexpr std::chrono::milliseconds look_period{2000};  // so late a process hears of it

struct Chosen {
    LogLevel level = LogLevel::info;
    WallTime expires_at;
    std::chrono::milliseconds left{0};  // until then, when it was read
    std::string set_by;
};

/// Every function throws pg::Fault when the database is out of reach.
class Levels {
public:
    Levels(pg::Database& db, const Clock& clock) : db_(db), clock_(clock) {}

    /// None, when each process logs at its own.
    Task<std::optional<Chosen>> now(trace::Context context);

    /// In place of what was chosen before; audited. Errors: log_level.time (invalid), for none, or
    /// more than time_max.
    Task<Result<Chosen>> choose(
        trace::Context context, audit::Actor actor, LogLevel level, std::chrono::seconds time
    );

    /// Each process logs at its own again; audited, where there was something to end.
    Task<> end(trace::Context context, audit::Actor actor);

private:
    pg::Database& db_;
    const Clock& clock_;
};

/// Sets the level of this process's logs by what is chosen. One for each process.
class Follower {
public:
    Follower(Levels& levels, Telemetry& telemetry) : levels_(levels), telemetry_(telemetry) {}

    /// Looks every look_period, until stop().
    Task<> run();

    void stop();

    /// One look, as run() makes them. Without the database what is known goes on, to its end.
    Task<> look();

private:
    Task<> read();
    void follow(std::optional<Chosen> chosen);

    Levels& levels_;
    Telemetry& telemetry_;
    std::optional<LogLevel> level_;
    SteadyTime until_{};
    Line<bool> pausing_;
    bool is_stopping_ = false;
};

}  // namespace acme::log_level
