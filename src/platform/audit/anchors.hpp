#pragma once

/// The chain's end of each day, kept in the object store: where whoever can write the database
/// alone cannot write. What it protects from, and what not: docs/decisions/0030.

#include "base/result.hpp"
#include "platform/audit/chain.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acme::objects {
class Store;
}

namespace acme::audit {

/// Of keys; the day in UTC follows, "2026-11-29". The object holds two lines: the anchor, and when
/// its entry was written.
inline constexpr std::string_view anchors_prefix = "audit/anchors/";

/// What an object says.
struct DayAnchor {
    std::string day;
    std::optional<Anchor> anchor = std::nullopt;      // none: it says something else
    std::optional<WallTime> entry_at = std::nullopt;  // when the anchor's entry was written
};

/// Keeps the end of the chain as that of the day of `now`, unless that day has one, or there is no
/// chain yet; whether it did. nullopt is the database's clock. One at a time, of all processes, so
/// that none is written over. Errors: objects.unavailable (unavailable).
Task<Result<bool>> keep_anchor(
    pg::Database& db, objects::Store& store, trace::Context context, std::optional<WallTime> now
);

/// Those of the last 402 days before `now`, oldest first: what was the end before them is retired.
/// Errors: objects.unavailable (unavailable).
Task<Result<std::vector<DayAnchor>>> list_anchors(
    objects::Store& store, trace::Context context, WallTime now
);

}  // namespace acme::audit
