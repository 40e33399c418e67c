#pragma once

/// The table of segments. Private to platform/flag_settings.

#include "io/pg/database.hpp"
#include "platform/flag_settings/flag_settings.hpp"
#include "platform/flag_settings/members.hpp"

namespace acme::flag_settings {

/// A group of users and organizations, by name or by what is true of them.
struct Segment {
    std::int64_t id = 0;
    std::string key = "";
    std::string name = "";
    std::string description = "";
    std::string conditions = "[]";  // JSON: clauses
    std::int64_t users = 0;         // how many are members
    std::int64_t orgs = 0;
    std::int64_t version = 1;
    WallTime created_at = {};
    WallTime updated_at = {};
    std::string updated_by = "";
    std::string list = "";  // of a long one: where its members are, see lists.hpp
};

namespace rows {

/// By key.
Task<std::vector<Segment>> segments(pg::Transaction& transaction, trace::Context context);
Task<std::vector<Segment>> segments(pg::Database& db, trace::Context context);
Task<std::optional<Segment>> lock_segment(
    pg::Transaction& transaction, trace::Context context, std::string key
);

/// A new one with the version 1; nullopt when somebody was faster.
Task<std::optional<Segment>> insert_segment(
    pg::Transaction& transaction, trace::Context context, Segment segment
);

/// With the next version, and its members counted.
Task<Segment> update_segment(pg::Transaction& transaction, trace::Context context, Segment segment);
/// `list` is the id of one that is kept, or "".
Task<> name_list(
    pg::Transaction& transaction, trace::Context context, std::int64_t segment, std::string list
);
Task<> delete_segment(pg::Transaction& transaction, trace::Context context, std::int64_t id);

/// All of them, in the order of kind and id, however many they are.
Task<std::vector<Member>> members(
    pg::Transaction& transaction, trace::Context context, std::int64_t segment
);

/// All of one kind.
Task<> add_members(
    pg::Transaction& transaction,
    trace::Context context,
    std::int64_t segment,
    std::string kind,
    std::vector<std::string> ids
);
Task<> remove_members(
    pg::Transaction& transaction,
    trace::Context context,
    std::int64_t segment,
    std::string kind,
    std::vector<std::string> ids
);

/// However many they are, some at a time.
Task<> clear_members(
    pg::Transaction& transaction, trace::Context context, std::int64_t segment, std::string kind
);

}  // namespace rows
}  // namespace acme::flag_settings
