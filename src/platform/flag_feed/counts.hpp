#pragma once

/// Tells platform/flag_settings what this process has evaluated, for charts and stale flags.
/// Private to platform/flag_feed.
///
/// What was counted since the last write is lost with a process that is killed: ten seconds at
/// most. While PostgreSQL is out of reach it adds up here. A write whose outcome is not known is
/// done again, so that an outage can count what it held twice.

#include "base/task.hpp"
#include "io/telemetry/telemetry.hpp"
#include "platform/flags/depot.hpp"

#include <map>
#include <tuple>

namespace acme::pg {
class Database;
}

namespace acme::flag_feed {

class Counts {
public:
    /// All outlive it.
    Counts(flags::Depot& depot, pg::Database& db, Telemetry& telemetry)
        : depot_(depot), db_(db), telemetry_(telemetry) {}

    /// `ids` are those of environments by their keys; what is counted of others waits.
    Task<> write(trace::Context context, std::map<std::string, std::int64_t, std::less<>> ids);

private:
    using Key = std::tuple<std::string, std::string, std::string>;  // flag, environment, variant
    using Totals = std::map<Key, std::uint64_t>;

    flags::Depot& depot_;
    pg::Database& db_;
    Telemetry& telemetry_;
    Totals written_;
};

}  // namespace acme::flag_feed
