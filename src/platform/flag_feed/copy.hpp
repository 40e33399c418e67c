#pragma once

/// The copies in Redis that all nodes share: `ff:{<environment>}:snap`, and `ff:list:<id>` of each
/// long list that it names, 30 seconds each time they are written (FLAG-5). Redis that does not
/// answer is no fault: PostgreSQL is asked. Private to platform/flag_feed.

#include "base/task.hpp"
#include "io/redis/client.hpp"
#include "platform/flag_feed/edition.hpp"

namespace acme::flag_feed {

inline constexpr int copy_seconds = 30;
inline constexpr int lead_ms = 15'000;

/// On it "<environment>:<version>" is published once a newer rule set lies in Redis.
inline constexpr const char* news_channel = "ff";

/// nullopt when there is none, or nobody answers.
Task<std::optional<Printed>> read_copy(
    redis::Client& redis, trace::Context context, std::string environment
);

/// The version of the copy, whether or not this program understands it; 0 for none.
Task<std::int64_t> read_copied_version(
    redis::Client& redis, trace::Context context, std::string environment
);

/// Writes it, unless a newer one is there, for another 30 seconds; tells the others when it is
/// newer than what was there.
Task<> write_copy(redis::Client& redis, trace::Context context, Shown edition);

/// As it was packed; nullopt when there is none, or nobody answers.
Task<std::optional<std::string>> read_list(
    redis::Client& redis, trace::Context context, std::string id
);

/// For another 30 seconds; sent only where it is not there.
Task<> write_list(redis::Client& redis, trace::Context context, Held list);

/// Whether this node is the one that keeps the copy of this environment, until lead_ms from now.
Task<bool> lead(
    redis::Client& redis, trace::Context context, std::string environment, std::string node
);

/// "ff:{production}:snap". The braces keep all keys of an environment in one slot of a cluster.
std::string key_of(std::string_view environment, std::string_view what);

}  // namespace acme::flag_feed
