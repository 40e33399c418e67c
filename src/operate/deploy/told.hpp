#pragma once

/// What the records of a deployment add up to: pure. The database has the same in its tables; this
/// is for the hours in which there is none, and for what only a controller wants to know.

#include "operate/deploy/record.hpp"

#include <chrono>
#include <vector>

namespace acme::deploy {

struct Deployment {
    DeploymentId id;
    std::string environment;
    std::string kind;  // "release" or "rollback"
    std::string release;
    std::string from_release;
    std::string known_good;
    std::string state;
    std::string actor;
    std::string reason;
    std::string outcome;
    std::string canary;
    std::int64_t canary_window_ms = 0;
    std::string strategy = "";  // of its records; "" in the table, and before there was a choice
    bool is_sticky = false;     // its canary is; of its records
    bool canary_passed = false;
    std::string wish;
    std::string wish_by;
    std::string wish_reason;
    std::optional<WallTime> wish_at;
    WallTime begun_at;  // while it is queued: since when
    std::optional<WallTime> succeeded_at;
    std::optional<WallTime> ended_at;
    std::int64_t fence = 0;  // under which it was carried out last; 0 while it waits

    /// "succeeded" still runs: it is watched.
    bool has_ended() const { return ended_at.has_value(); }
};

/// In which a record "cancels" ends others; journals of earlier releases do not say it.
std::string state_of_cancelled(const Record& cancels);

/// No state follows it.
bool is_end(std::string_view state);

struct Told {
    Deployment deployment;
    bool is_begun = false;  // false: nothing but its wish to be carried out is known
    std::int64_t last_seq = 0;
    std::int64_t last_step = 0;
    std::vector<std::int64_t> open_steps;  // that were begun, and of whose end nobody told

    /// Of the window that was judged last, or of the watch.
    std::optional<std::chrono::milliseconds> left;

    /// Records come in the order of their numbers; one that came before changes nothing.
    void add(const Record& record);
};

/// All of them that were begun, the earliest first, each ended as the later ones ended it by their
/// records "cancels".
std::vector<Told> told_by(std::vector<Told> each, const std::vector<Record>& cancels);

/// The same of records; those of one deployment are in their order.
std::vector<Told> told_by(const std::vector<Record>& records);

}  // namespace acme::deploy
