#pragma once

/// Jobs that programs outside ask for, one or many at once.

#include "io/telemetry/telemetry.hpp"
#include "work/queues/ids.hpp"
#include "work/queues/queues.hpp"

namespace acme::queues {

inline constexpr std::size_t batch_max = 10'000;
inline constexpr std::int64_t priority_usual = 5;
inline constexpr std::int64_t attempts_most = 100;
inline constexpr std::int64_t timeout_ms_most = 86'400'000;
inline constexpr std::int64_t delay_ms_most = 366LL * 86'400'000;
inline constexpr std::size_t key_chars_max = 200;

/// Among which a job is the only one of its key.
enum class Scope : std::uint8_t { queue, kind, organization };

struct Unique {
    std::string key;
    Scope scope = Scope::queue;
    std::optional<std::chrono::seconds> ttl = std::nullopt;  // none: until the job has ended
};

struct NewJob {
    std::string queue = "default";
    std::string kind = "";
    std::string args = "{}";
    std::optional<WallTime> run_at = std::nullopt;
    std::chrono::milliseconds delay_by{0};
    std::int64_t priority = priority_usual;
    std::optional<std::int64_t> attempts_max = std::nullopt;
    std::optional<std::int64_t> timeout_ms = std::nullopt;
    std::optional<std::string> key = std::nullopt;
    std::int64_t key_max = 1;  // of the jobs of its key that run at once
    std::optional<Unique> unique = std::nullopt;
};

struct Added {
    JobId id;
    bool is_duplicate = false;  // it is the one that was there
};

/// They exist if and only if `transaction` commits; queues that are not there are made. In the
/// order of `jobs`, at most batch_max. Errors: queues.too_many (conflict).
Task<Result<std::vector<Added>>> add(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    Owner owner,
    std::string user,
    std::vector<NewJob> jobs
);

}  // namespace acme::queues
