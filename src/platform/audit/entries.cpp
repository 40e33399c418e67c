#include "platform/audit/entries.hpp"

#include "base/moment.hpp"
#include "base/text.hpp"
#include "io/http/time.hpp"
#include "io/pg/database.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace acme::audit {
namespace {

constexpr AuditId first_id{};
constexpr AuditId last_id{{~std::uint64_t{0}, ~std::uint64_t{0}}};

/// An id holds the millisecond in which it was made; created_at is read a moment later.
constexpr std::chrono::minutes id_slack{1};

constexpr pg::Query list_all{"audit.list", R"sql(
    SELECT id, created_at, org_id, actor, action, target, before, after, request_id, ip
    FROM audit_entries
    WHERE id >= $1 AND id < $2 AND ($3 = '' OR actor = $3) AND ($4 = '' OR action = $4)
      AND ($5 = '' OR target = $5) AND ($6::timestamptz IS NULL OR created_at >= $6)
      AND ($7::timestamptz IS NULL OR created_at < $7)
    ORDER BY id DESC LIMIT $8
)sql"};

constexpr pg::Query list_of_org{"audit.list_of_org", R"sql(
    SELECT id, created_at, org_id, actor, action, target, before, after, request_id, ip
    FROM audit_entries
    WHERE org_id = $9
      AND id >= $1 AND id < $2 AND ($3 = '' OR actor = $3) AND ($4 = '' OR action = $4)
      AND ($5 = '' OR target = $5) AND ($6::timestamptz IS NULL OR created_at >= $6)
      AND ($7::timestamptz IS NULL OR created_at < $7)
    ORDER BY id DESC LIMIT $8
)sql"};

constexpr pg::Query export_all{"audit.export", R"sql(
    SELECT e.id, e.created_at, e.org_id, e.actor, e.action, e.target, e.before, e.after,
           e.request_id, e.ip, s.position, s.prev_hash, s.hash
    FROM (
        SELECT * FROM audit_entries
        WHERE id > $1 AND id < $2 AND ($3::timestamptz IS NULL OR created_at >= $3)
          AND ($4::timestamptz IS NULL OR created_at < $4)
        ORDER BY id LIMIT $5
    ) e LEFT JOIN audit_seals s ON s.entry_id = e.id ORDER BY e.id
)sql"};

constexpr pg::Query export_of_org{"audit.export_of_org", R"sql(
    SELECT e.id, e.created_at, e.org_id, e.actor, e.action, e.target, e.before, e.after,
           e.request_id, e.ip, s.position, s.prev_hash, s.hash
    FROM (
        SELECT * FROM audit_entries
        WHERE org_id = $6
          AND id > $1 AND id < $2 AND ($3::timestamptz IS NULL OR created_at >= $3)
          AND ($4::timestamptz IS NULL OR created_at < $4)
        ORDER BY id LIMIT $5
    ) e LEFT JOIN audit_seals s ON s.entry_id = e.id ORDER BY e.id
)sql"};

/// The least id that is made at that time, so that whole ages are left out by the primary key.
AuditId id_at(WallTime time) {
    const auto since_1970 =
        std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
    const auto number = static_cast<std::uint64_t>(std::max<std::int64_t>(since_1970, 0));
    return {{number << 16U, 0}};
}

AuditId lower_bound(const Filter& filter) {
    return filter.since ? id_at(*filter.since - id_slack) : first_id;
}

AuditId upper_bound(const Filter& filter) {
    return filter.until ? id_at(*filter.until + id_slack) : last_id;
}

boost::json::value json_in(const std::string& text) {
    if (text.empty()) return nullptr;
    boost::json::error_code error;
    auto value = boost::json::parse(text, error);
    return error ? boost::json::value(text) : value;
}

/// Takes each word of a filter, and what is wrong with it.
class WordReader {
public:
    std::string text(std::string_view name, const std::optional<std::string>& word) {
        if (!word) return "";
        if (word->empty() || word->size() > filter_bytes_max) complain(name, "has 1 to 200 bytes");
        return to_storable(*word);
    }

    std::optional<WallTime> time(std::string_view name, const std::optional<std::string>& word) {
        if (!word) return std::nullopt;
        const auto time = parse_time(*word);
        if (!time) complain(name, "is a time, 2026-11-24T18:00:00Z");
        return time;
    }

    std::optional<OrgId> org(const std::optional<std::string>& word) {
        if (!word) return std::nullopt;
        const auto id = OrgId::parse(*word);
        if (!id) complain("org", "is the id of an organization, org_01…");
        return id;
    }

    std::vector<FieldError> wrong;

private:
    void complain(std::string_view name, std::string detail) {
        wrong.push_back({std::string(name), "audit.filter", std::move(detail)});
    }
};

}  // namespace

// Braces evaluate from left to right, in the order of the SELECT list.
Stored read_stored(pg::Row& row) {
    return {
        .id = row.id<AuditId>(),
        .created_at = row.time(),
        .org = row.uuid_or_null(),
        .actor = row.text(),
        .action = row.text(),
        .target = row.text(),
        .before = row.text(),
        .after = row.text(),
        .request_id = row.text(),
        .ip = row.text(),
    };
}

boost::json::object to_json(const Stored& entry) {
    boost::json::object json{
        {"id", entry.id.str()},
        {"created_at", http::to_json(entry.created_at)},
        {"org", nullptr},
        {"actor", entry.actor},
        {"action", entry.action},
        {"target", entry.target},
        {"before", json_in(entry.before)},
        {"after", json_in(entry.after)},
        {"request_id", entry.request_id},
        {"ip", entry.ip},
    };
    if (entry.org) json["org"] = OrgId{*entry.org}.str();
    return json;
}

Result<Filter> read_filter(FilterWords words) {
    WordReader reader;
    Filter filter{
        .org = reader.org(words.org),
        .actor = reader.text("actor", words.actor),
        .action = reader.text("action", words.action),
        .target = reader.text("target", words.target),
        .since = reader.time("since", words.since),
        .until = reader.time("until", words.until),
    };
    if (reader.wrong.empty()) return filter;
    return std::unexpected(Error{
        .kind = ErrorKind::invalid,
        .code = "audit.filter",
        .message = "Entries cannot be looked for by that.",
        .fields = std::move(reader.wrong),
    });
}

Task<std::vector<Stored>> list(
    pg::Database& db,
    trace::Context context,
    Filter filter,
    std::optional<AuditId> before,
    int limit
) {
    const AuditId lower = lower_bound(filter);
    const AuditId upper = std::min(upper_bound(filter), before.value_or(last_id));
    const auto rows = filter.org ? co_await db.run(
                                       context,
                                       list_of_org,
                                       lower,
                                       upper,
                                       filter.actor,
                                       filter.action,
                                       filter.target,
                                       filter.since,
                                       filter.until,
                                       limit,
                                       *filter.org
                                   )
                                 : co_await db.run(
                                       context,
                                       list_all,
                                       lower,
                                       upper,
                                       filter.actor,
                                       filter.action,
                                       filter.target,
                                       filter.since,
                                       filter.until,
                                       limit
                                   );
    std::vector<Stored> entries;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        entries.push_back(read_stored(row));
    }
    co_return entries;
}

Task<std::vector<Exported>> list_exported(
    pg::Database& db, trace::Context context, Filter filter, std::optional<AuditId> after, int limit
) {
    const AuditId lower = std::max(lower_bound(filter), after.value_or(first_id));
    const AuditId upper = upper_bound(filter);
    const auto rows =
        filter.org
            ? co_await db.run(
                  context,
                  export_of_org,
                  lower,
                  upper,
                  filter.since,
                  filter.until,
                  limit,
                  *filter.org
              )
            : co_await db.run(context, export_all, lower, upper, filter.since, filter.until, limit);
    std::vector<Exported> entries;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        entries.push_back({
            .entry = read_stored(row),
            .position = row.integer_or_null(),
            .prev_hash = row.text_or_null().value_or(""),
            .hash = row.text_or_null().value_or(""),
        });
    }
    co_return entries;
}

}  // namespace acme::audit
