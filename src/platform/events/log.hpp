#pragma once

/// The rows of the table, in an order in which no reader misses one. Private to platform/events.

#include "io/pg/database.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace acme::events {

inline constexpr std::chrono::hours kept_for{24};
inline constexpr int rows_max = 500;  // of one look

/// A place in the order of all events: behind every row whose (tx, id) is not greater.
struct Place {
    std::uint64_t tx = 0;
    std::int64_t id = 0;

    friend auto operator<=>(const Place&, const Place&) = default;
};

/// As sent to the reader: the place and when it was given out, "1234-56-1795421000", because a
/// place that is older than the rows that are kept is good no more.
std::string to_text(Place place, WallTime now);

/// nullopt for what is malformed or too old.
std::optional<Place> parse_place(std::string_view text, WallTime now);

struct Row {
    Place place;
    std::string topic;
    std::string subject;
    std::string verb;
    std::optional<OrgId> org;
    std::string data;
};

/// Behind everything that can be read now.
Task<Place> read_end(pg::Database& db, trace::Context context);

/// The next rows_max rows behind `after` that no running transaction can still precede.
Task<std::vector<Row>> read_rows(pg::Database& db, trace::Context context, Place after);

/// Removes what is older than kept_for; false when none is left. Safe twice: it asks for the age.
Task<bool> sweep(pg::Database& db, trace::Context context);

}  // namespace acme::events
