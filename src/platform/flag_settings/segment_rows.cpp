#include "platform/flag_settings/segment_rows.hpp"

#include "base/text.hpp"

namespace acme::flag_settings::rows {
namespace {

constexpr int cleared_at_once = 100'000;

constexpr pg::Query list_segments{"flag_settings.segments", R"sql(
    SELECT id, key, name, description, conditions, users, orgs, version, created_at, updated_at,
           updated_by, list
    FROM flag_segments ORDER BY key COLLATE "C"
)sql"};

constexpr pg::Query lock_one{"flag_settings.lock_segment", R"sql(
    SELECT id, key, name, description, conditions, users, orgs, version, created_at, updated_at,
           updated_by, list
    FROM flag_segments WHERE key = $1 FOR UPDATE
)sql"};

constexpr pg::Query insert_one{"flag_settings.insert_segment", R"sql(
    INSERT INTO flag_segments (key, name, description, conditions, created_at, updated_at,
                               updated_by)
    VALUES ($1, $2, $3, $4, $5, $5, $6)
    ON CONFLICT (key) DO NOTHING
    RETURNING id, key, name, description, conditions, users, orgs, version, created_at, updated_at,
              updated_by, list
)sql"};

constexpr pg::Query update_one{"flag_settings.update_segment", R"sql(
    UPDATE flag_segments SET name = $2, description = $3, conditions = $4, updated_at = $5,
        updated_by = $6, version = version + 1,
        users = (SELECT count(*) FROM flag_segment_members WHERE segment_id = $1 AND kind = 'user'),
        orgs = (SELECT count(*) FROM flag_segment_members WHERE segment_id = $1 AND kind = 'org')
    WHERE id = $1
    RETURNING id, key, name, description, conditions, users, orgs, version, created_at, updated_at,
              updated_by, list
)sql"};

constexpr pg::Query name_one{"flag_settings.name_list", R"sql(
    UPDATE flag_segments SET list = $2 WHERE id = $1
)sql"};

constexpr pg::Query delete_one{"flag_settings.delete_segment", R"sql(
    DELETE FROM flag_segments WHERE id = $1
)sql"};

constexpr pg::Query list_members{"flag_settings.members_of", R"sql(
    SELECT kind, subject FROM flag_segment_members
    WHERE segment_id = $1 AND (kind, subject) > ($2, $3) ORDER BY kind, subject LIMIT $4
)sql"};

constexpr pg::Query insert_members{"flag_settings.insert_members", R"sql(
    INSERT INTO flag_segment_members (segment_id, kind, subject)
    SELECT $1::bigint, $2::text, subject FROM unnest($3::text[]) AS ids (subject)
    ON CONFLICT DO NOTHING
)sql"};

constexpr pg::Query delete_members{"flag_settings.delete_members", R"sql(
    DELETE FROM flag_segment_members
    WHERE segment_id = $1 AND kind = $2 AND subject = ANY ($3::text[])
)sql"};

constexpr pg::Query clear_some{"flag_settings.clear_members", R"sql(
    WITH gone AS (
        DELETE FROM flag_segment_members WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM flag_segment_members WHERE segment_id = $1 AND kind = $2 LIMIT $3
        ))
        RETURNING 1
    )
    SELECT count(*) FROM gone
)sql"};

Segment read_segment(pg::Row row) {
    return {
        .id = row.integer(),
        .key = row.text(),
        .name = row.text(),
        .description = row.text(),
        .conditions = row.text(),
        .users = row.integer(),
        .orgs = row.integer(),
        .version = row.integer(),
        .created_at = row.time(),
        .updated_at = row.time(),
        .updated_by = row.text(),
        .list = row.text(),
    };
}

std::vector<Segment> read_segments(const pg::Rows& rows) {
    std::vector<Segment> segments;
    for (int i = 0; i < rows.size(); ++i) segments.push_back(read_segment(rows[i]));
    return segments;
}

}  // namespace

Task<std::vector<Segment>> segments(pg::Transaction& transaction, trace::Context context) {
    co_return read_segments(co_await transaction.run(context, list_segments));
}

Task<std::vector<Member>> members(
    pg::Transaction& transaction, trace::Context context, std::int64_t segment
) {
    std::vector<Member> members;
    Member last;
    while (true) {
        const auto rows = co_await transaction.run(
            context, list_members, segment, last.kind, last.id, members_page_max
        );
        for (int i = 0; i < rows.size(); ++i) {
            pg::Row row = rows[i];
            std::string kind = row.text();
            members.push_back({.kind = std::move(kind), .id = row.text()});
        }
        if (rows.size() < members_page_max) co_return members;
        last = members.back();
    }
}

Task<std::vector<Segment>> segments(pg::Database& db, trace::Context context) {
    co_return read_segments(co_await db.run(context, list_segments));
}

Task<std::optional<Segment>> lock_segment(
    pg::Transaction& transaction, trace::Context context, std::string key
) {
    const auto rows = co_await transaction.run(context, lock_one, to_storable(key));
    if (rows.empty()) co_return std::nullopt;
    co_return read_segment(rows[0]);
}

Task<std::optional<Segment>> insert_segment(
    pg::Transaction& transaction, trace::Context context, Segment segment
) {
    const auto rows = co_await transaction.run(
        context,
        insert_one,
        segment.key,
        segment.name,
        segment.description,
        segment.conditions,
        segment.updated_at,
        segment.updated_by
    );
    if (rows.empty()) co_return std::nullopt;
    co_return read_segment(rows[0]);
}

Task<Segment> update_segment(
    pg::Transaction& transaction, trace::Context context, Segment segment
) {
    const auto rows = co_await transaction.run(
        context,
        update_one,
        segment.id,
        segment.name,
        segment.description,
        segment.conditions,
        segment.updated_at,
        segment.updated_by
    );
    co_return read_segment(rows[0]);
}

Task<> name_list(
    pg::Transaction& transaction, trace::Context context, std::int64_t segment, std::string list
) {
    co_await transaction.run(context, name_one, segment, list);
}

Task<> delete_segment(pg::Transaction& transaction, trace::Context context, std::int64_t id) {
    co_await transaction.run(context, delete_one, id);
}

Task<> add_members(
    pg::Transaction& transaction,
    trace::Context context,
    std::int64_t segment,
    std::string kind,
    std::vector<std::string> ids
) {
    if (ids.empty()) co_return;
    co_await transaction.run(context, insert_members, segment, kind, ids);
}

Task<> remove_members(
    pg::Transaction& transaction,
    trace::Context context,
    std::int64_t segment,
    std::string kind,
    std::vector<std::string> ids
) {
    if (ids.empty()) co_return;
    co_await transaction.run(context, delete_members, segment, kind, ids);
}

Task<> clear_members(
    pg::Transaction& transaction, trace::Context context, std::int64_t segment, std::string kind
) {
    while (true) {
        const auto rows =
            co_await transaction.run(context, clear_some, segment, kind, cleared_at_once);
        if (rows[0].integer() < cleared_at_once) co_return;
    }
}

}  // namespace acme::flag_settings::rows
