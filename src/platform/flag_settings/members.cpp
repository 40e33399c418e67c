#include "platform/flag_settings/members.hpp"

#include "io/pg/database.hpp"

namespace acme::flag_settings {
namespace {

constexpr pg::Query list_members{"flag_settings.members", R"sql(
    SELECT m.kind, m.subject
    FROM flag_segments s JOIN flag_segment_members m ON m.segment_id = s.id
    WHERE s.key = $1 AND (m.kind, m.subject) > ($2, $3)
    ORDER BY m.kind, m.subject LIMIT $4
)sql"};

}  // namespace

Task<std::vector<Member>> members_after(
    pg::Database& db, trace::Context context, std::string segment, Member after, int limit
) {
    const auto rows = co_await db.run(context, list_members, segment, after.kind, after.id, limit);
    std::vector<Member> members;
    members.reserve(static_cast<std::size_t>(rows.size()));
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        std::string kind = row.text();
        members.push_back({.kind = std::move(kind), .id = row.text()});
    }
    co_return members;
}

}  // namespace acme::flag_settings
