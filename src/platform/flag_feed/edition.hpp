#pragma once

/// A rule set as it was published: what a node evaluates, and what it hands to those that evaluate
/// themselves. Immutable, so all threads share it.

#include "base/clock.hpp"
#include "base/result.hpp"
#include "platform/flags/snapshot.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

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
};

using Shown = std::shared_ptr<const Edition>;

/// Unpacks and compiles it; takes milliseconds for thousands of flags, so beside the loop. Errors:
/// flags.payload (invalid) for what does not unpack or names another version, and those of the
/// compiler.
Result<Shown> bind(Printed printed);

/// What zlib made of a text, with its own head or gzip's; nullopt for anything else, and for more
/// than `bytes_max`.
std::optional<std::string> inflated(std::string_view bytes, std::size_t bytes_max);

/// With gzip's head, as Content-Encoding has it.
std::string gzipped(std::string_view text);

inline constexpr std::size_t payload_bytes_max = std::size_t{256} * 1024 * 1024;

}  // namespace acme::flag_feed
