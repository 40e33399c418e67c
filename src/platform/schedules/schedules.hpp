#pragma once

/// Schedules, as people make them and act upon them. `owner` is an organization's id, or "" for the
/// platform, whose schedules come with the program and are not made, changed or removed here.

#include "io/telemetry/telemetry.hpp"
#include "platform/audit/audit.hpp"
#include "work/schedule/fires.hpp"

namespace acme::schedules {

inline constexpr int schedules_max = 100;  // of an organization
inline constexpr std::size_t reason_chars_max = 200;
inline constexpr int runs_usual = 10;  // that a preview shows
inline constexpr int runs_max = 50;

using schedule::Fire;
using schedule::Row;
using schedule::Rule;

/// One moment to come.
struct Run {
    WallTime at;
    std::string local;         // as the clocks of the schedule's zone show it
    std::string abbreviation;  // "CET"
};

/// The next moments after `after`, at most `count`; fewer when it ends.
std::vector<Run> runs_of(const Rule& rule, WallTime after, int count);

struct Backfill {
    WallTime from;
    WallTime to;  // both included
    bool is_dry_run = false;
};

/// What a backfill fires, or would: moments that were not fired yet.
struct Backfilled {
    std::vector<WallTime> moments;
    std::int64_t fired = 0;    // jobs that are enqueued
    std::int64_t waiting = 0;  // moments that wait for their turn, as the schedule's overlap says
};

/// Every function throws pg::Fault when the database is out of reach.
class Schedules {
public:
    Schedules(pg::Database& db, Telemetry& telemetry) : db_(db), telemetry_(telemetry) {}

    /// In the order of their names, those after `after`.
    Task<std::vector<Row>> list(
        trace::Context context, std::string owner, std::string after, int limit
    );

    /// Errors: schedules.not_found.
    Task<Result<Row>> find(trace::Context context, std::string owner, std::string name);

    /// Its runs, the newest first, those before `before`. Errors: schedules.not_found.
    Task<Result<std::vector<Fire>>> history(
        trace::Context context,
        std::string owner,
        std::string name,
        std::optional<WallTime> before,
        int limit
    );

    /// A new one where `version` is none; else that one with another rule. A pause stays. Errors:
    /// schedules.invalid (invalid), with what schedule::problems_of() says, and schedules.name;
    /// schedules.too_many (conflict); http.precondition_failed when it has changed, is gone, or is
    /// there already.
    Task<Result<Row>> put(
        trace::Context context,
        audit::Actor actor,
        std::string owner,
        std::string name,
        std::optional<std::int64_t> version,
        Rule rule
    );

    /// With its history; jobs that it has enqueued stay. Errors: schedules.not_found.
    Task<Result<>> remove(
        trace::Context context, audit::Actor actor, std::string owner, std::string name
    );

    /// Twice, it stays paused since the first time. Errors: schedules.not_found.
    Task<Result<Row>> pause(
        trace::Context context,
        audit::Actor actor,
        std::string owner,
        std::string name,
        std::string reason
    );

    /// Of one that is not paused, nothing changes. Errors: schedules.not_found.
    Task<Result<Row>> resume(
        trace::Context context, audit::Actor actor, std::string owner, std::string name
    );

    /// Enqueues its job now, whatever runs, and whether it is paused or not. Errors:
    /// schedules.not_found.
    Task<Result<Fire>> trigger(
        pg::Transaction& transaction,
        trace::Context context,
        audit::Actor actor,
        std::string owner,
        std::string name
    );

    /// Fires the moments of a time in the past that were not fired; with another overlap than
    /// `allow` and `cancel_running`, one after the other. What its history has forgotten counts as
    /// not fired. Errors: schedules.not_found; schedules.range (invalid), when it is not in the
    /// past; schedules.too_long (conflict), of more than schedule::backfill_max moments.
    Task<Result<Backfilled>> backfill(
        pg::Transaction& transaction,
        trace::Context context,
        audit::Actor actor,
        std::string owner,
        std::string name,
        Backfill asked
    );

    WallTime now() const { return telemetry_.clock.now(); }
    pg::Database& db() { return db_; }

private:
    pg::Database& db_;
    Telemetry& telemetry_;
};

std::unexpected<Error> no_such_schedule();

}  // namespace acme::schedules
