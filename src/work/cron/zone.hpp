#pragma once

/// Time zones: how far clocks are from UTC, and since when. The zone database is the machine's
/// (tzdata). The library reads its transitions up to 2037; later than that no clock is changed.

#include "base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace date {
class time_zone;
}

namespace acme::cron {

using Instant = std::chrono::sys_seconds;
using Civil = std::chrono::local_seconds;  // what a clock on the wall shows

/// Clocks are not changed between `begin` and `end`.
struct Span {
    Instant begin;
    Instant end;
    std::chrono::seconds offset;  // of the clocks from UTC
    std::chrono::seconds before;  // the same before `begin`
    std::string abbreviation;     // "CET"
};

inline Civil civil_of(Instant time, std::chrono::seconds offset) {
    return Civil(time.time_since_epoch() + offset);
}

inline Instant instant_of(Civil time, std::chrono::seconds offset) {
    return Instant(time.time_since_epoch() - offset);
}

class Zone {
public:
    /// UTC, which no database is read for.
    Zone() = default;

    /// By its IANA name, "Europe/Berlin"; nullopt when the database has none of it. "UTC" is always
    /// there.
    static std::optional<Zone> find(std::string_view name);

    Span at(Instant time) const;

    std::string name() const;

    friend bool operator==(const Zone&, const Zone&) = default;

private:
    explicit Zone(const date::time_zone* zone) : zone_(zone) {}

    const date::time_zone* zone_ = nullptr;  // which the library keeps for ever
};

/// The version of the zone database, "2025b", that this process began with; "unknown" where the
/// machine does not say. What was read of a zone is kept: only another process reads it anew.
const std::string& zones_version();

/// The one that is on the machine at the moment.
std::string zones_version_there();

/// RFC 3339 as the clocks of `zone` show it, "2026-12-01T03:00:00+01:00".
std::string to_local(const Zone& zone, WallTime time);

}  // namespace acme::cron
