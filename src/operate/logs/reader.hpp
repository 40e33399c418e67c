#pragma once

/// Reads what DayFiles kept: all nodes, merged by time, filtered.

#include "base/clock.hpp"
#include "io/telemetry/log.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace acme::logs {

struct Query {
    std::string request = "";  // request_id; "" for all
    std::string node = "";     // "" for all
    LogLevel least = LogLevel::debug;
    std::optional<WallTime> since = std::nullopt;
};

/// "90s", "10m", "2h", "3d".
std::optional<std::chrono::seconds> parse_age(std::string_view text);

/// For a person: time, level, node, message, then the other fields as name=value. What is not JSON
/// is returned as it is.
std::string for_people(std::string_view node, std::string_view json);

class Reader {
public:
    /// `line` is JSON without its line end.
    using Sink = std::function<void(std::string_view node, std::string_view line)>;

    Reader(std::string folder, Query query)
        : folder_(std::move(folder)), query_(std::move(query)) {}

    /// Everything that fits the query and that no earlier call has delivered, in the order of its
    /// time. A line that is still being written is left for the next call.
    void read(const Sink& sink);

private:
    class Source;

    std::vector<Source> sources();
    bool fits(std::string_view line) const;

    std::string folder_;
    Query query_;
    std::map<std::string, std::int64_t> read_;  // bytes of each file, by its name
};

}  // namespace acme::logs
