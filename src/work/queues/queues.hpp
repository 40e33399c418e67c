#pragma once

/// The queues of an organization, and of the platform itself: their settings, and how they fare.

#include "base/result.hpp"
#include "io/pg/database.hpp"

#include <optional>
#include <string>
#include <vector>

namespace acme::queues {

inline constexpr int queues_max = 100;  // of an organization
inline constexpr std::size_t name_bytes_max = 63;
inline constexpr std::size_t reason_chars_max = 200;
inline constexpr int count_max = 20'000;  // counts stop one above: 20,001 stands for more

/// Who has a queue: an organization's id, or "" for the platform.
using Owner = std::string;

struct Queue {
    std::int64_t id = 0;
    std::string name = "";
    std::optional<WallTime> paused_at = std::nullopt;
    std::string paused_by = "";
    std::string pause_reason = "";
    std::optional<std::int64_t> running_max = std::nullopt;
    std::optional<double> rate_per_s = std::nullopt;
    std::optional<std::int64_t> rate_burst = std::nullopt;
    std::int64_t attempts_max = 20;
    std::int64_t timeout_ms = 60'000;
    std::int64_t keep_done_s = 86'400;
    std::int64_t keep_dead_s = 1'209'600;
    std::int64_t depth_alert = 10'000;
    std::int64_t version = 1;
    WallTime created_at = {};
};

/// In milliseconds; nothing where nothing has ended within an hour.
struct Spread {
    std::optional<std::int64_t> p50 = std::nullopt;
    std::optional<std::int64_t> p95 = std::nullopt;
    std::optional<std::int64_t> p99 = std::nullopt;
};

/// Counts up to count_max + 1. Times and rates are those of the newest 10,000 that ended within an
/// hour.
struct Figures {
    std::int64_t waiting = 0;  // due, not begun
    std::int64_t oldest_ms = 0;
    std::int64_t scheduled = 0;  // due later, for another attempt too
    std::int64_t parked = 0;     // behind others of their key
    std::int64_t running = 0;
    std::int64_t dead = 0;
    double done_per_minute = 0;
    double dead_per_minute = 0;
    Spread wait = {};
    Spread run = {};
};

struct QueueState {
    Queue queue;
    Figures figures;
};

/// What is not there stays, or is as usual for a new one.
struct Settings {
    std::optional<std::optional<std::int64_t>> running_max = std::nullopt;
    std::optional<std::optional<double>> rate_per_s = std::nullopt;
    std::optional<std::optional<std::int64_t>> rate_burst = std::nullopt;
    std::optional<std::int64_t> attempts_max = std::nullopt;
    std::optional<std::int64_t> timeout_ms = std::nullopt;
    std::optional<std::int64_t> keep_done_s = std::nullopt;
    std::optional<std::int64_t> keep_dead_s = std::nullopt;
    std::optional<std::int64_t> depth_alert = std::nullopt;
};

/// Lower-case letters, digits, "_", "." and "-", beginning with a letter.
bool is_name(std::string_view text);

std::unexpected<Error> no_such_queue();

/// In the order of their names.
Task<std::vector<QueueState>> list(
    pg::Database& db, trace::Context context, const Clock& clock, Owner owner
);

/// Errors: queues.not_found.
Task<Result<QueueState>> show(
    pg::Database& db, trace::Context context, const Clock& clock, Owner owner, std::string name
);

/// Held until the transaction ends. Errors: queues.not_found.
Task<Result<Queue>> lock(
    pg::Transaction& transaction, trace::Context context, Owner owner, std::string name
);

/// Makes those of `names` that are not there. Errors: queues.too_many (conflict).
Task<Result<>> make_missing(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    std::vector<std::string> names
);

/// Writes the settings down, of a queue that lock() has locked.
Task<Queue> change(
    pg::Transaction& transaction,
    trace::Context context,
    Owner owner,
    Queue queue,
    Settings settings
);

/// Nothing new begins until it is resumed. `by` is shown beside the reason.
Task<Queue> pause(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    Queue queue,
    std::string by,
    std::string reason
);

Task<Queue> resume(pg::Transaction& transaction, trace::Context context, Owner owner, Queue queue);

}  // namespace acme::queues
