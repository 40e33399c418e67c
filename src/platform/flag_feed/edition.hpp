#pragma once

/// A rule set as it was published: what a node evaluates, and what it hands to those that evaluate
/// themselves. Immutable, so all threads share it.

#include "base/clock.hpp"
#include "base/result.hpp"
#include "platform/flag_feed/list.hpp"
#include "platform/flags/snapshot.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace acme::flag_feed {

/// A rule set on its way: out of a table, a copy in Redis, or a file.
struct Printed {
    std::string environment;
    std::int64_t version = 0;
    std::string etag = "";  // without quotes
    WallTime published_at{};
    std::string payload = "";  // JSON, or what zlib made of it, with its own head or gzip's
};

struct Edition {
    std::string environment;
    std::int64_t version = 0;
    std::string etag;
    WallTime published_at{};
    std::string json;
    std::string gzip;  // the same, compressed once for all who take it so
    std::shared_ptr<const flags::Snapshot> snapshot;
    std::vector<Held> lists;  // that it names
};

using Shown = std::shared_ptr<const Edition>;

/// What was printed, read: it names the lists without which it cannot be compiled.
struct Unpacked {
    Printed printed;  // its payload is plain JSON
    std::shared_ptr<flags::Ruleset> ruleset;
    std::vector<std::string> lists;  // ids
};

/// Takes milliseconds for thousands of flags, so beside the loop. Errors: flags.payload (invalid)
/// for what does not unpack or is another version, and those of flags::parse_ruleset().
Result<Unpacked> unpack(Printed printed);

/// Compiles it, beside the loop too. `lists` are all that it names. Errors: those of the compiler.
Result<Shown> bind(Unpacked unpacked, std::vector<Held> lists);

inline constexpr std::size_t payload_bytes_max = std::size_t{256} * 1024 * 1024;

}  // namespace acme::flag_feed
