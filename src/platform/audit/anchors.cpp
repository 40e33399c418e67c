#include "platform/audit/anchors.hpp"

#include "base/moment.hpp"
#include "io/objects/store.hpp"
#include "io/pg/database.hpp"
#include "platform/audit/retire.hpp"

namespace acme::audit {
namespace {

/// A day more than retirement leaves, and one for clocks.
constexpr std::chrono::days looked_at = kept_for + std::chrono::days(2);

constexpr std::size_t object_bytes_max = 256;
constexpr std::string_view pattern_of_day = "0000-00-00";

constexpr pg::Query try_lock{"audit.lock_anchor", R"sql(
    SELECT pg_try_advisory_xact_lock(7004)
)sql"};

constexpr pg::Query find_end{"audit.find_end", R"sql(
    SELECT s.position, s.hash, e.created_at,
           to_char(coalesce($1, now()) AT TIME ZONE 'UTC', 'YYYY-MM-DD')
    FROM audit_seals s JOIN audit_entries e ON e.id = s.entry_id
    ORDER BY s.position DESC LIMIT 1
)sql"};

bool is_day(std::string_view text) {
    return text.size() == pattern_of_day.size() &&
           std::ranges::equal(text, pattern_of_day, [](char c, char expected) {
               return expected == '0' ? c >= '0' && c <= '9' : c == expected;
           });
}

DayAnchor parse_object(std::string day, std::string_view text) {
    DayAnchor parsed{.day = std::move(day)};
    const auto end = text.find('\n');
    if (end == text.npos || !text.ends_with('\n')) return parsed;
    const auto entry_at = parse_time(text.substr(end + 1, text.size() - end - 2));
    if (!entry_at) return parsed;
    parsed.anchor = Anchor::parse(text.substr(0, end));
    parsed.entry_at = entry_at;
    return parsed;
}

Task<Result<std::string>> read_object(
    objects::Store& store, trace::Context context, std::string key
) {
    const auto reader = ACME_TRY(co_await store.read(context, std::move(key), std::nullopt));
    std::string text;
    while (text.size() <= object_bytes_max) {
        const std::string_view piece = co_await reader->read();
        if (piece.empty()) break;
        text += piece;
    }
    co_return text;
}

}  // namespace

Task<Result<bool>> keep_anchor(
    pg::Database& db, objects::Store& store, trace::Context context, std::optional<WallTime> now
) {
    auto transaction = co_await db.begin(context);
    const auto turn = co_await transaction.run(context, try_lock);
    if (!turn[0].boolean()) co_return false;
    const auto rows = co_await transaction.run(context, find_end, now);
    if (rows.empty()) co_return false;
    pg::Row row = rows[0];
    Anchor end{.position = row.integer(), .hash = row.text()};
    const std::string text = end.str() + "\n" + to_rfc3339(row.time()) + "\n";
    const std::string key = std::string(anchors_prefix) + row.text();
    const auto there = co_await store.stat(context, key);
    if (there) co_return false;
    if (there.error().kind != ErrorKind::not_found) co_return std::unexpected(there.error());
    const auto writer = ACME_TRY(co_await store.write(context, key, "text/plain"));
    ACME_TRY(co_await writer->finish(context, text));
    co_return true;
}

Task<Result<std::vector<DayAnchor>>> list_anchors(
    objects::Store& store, trace::Context context, WallTime now
) {
    const std::string prefix(anchors_prefix);
    std::vector<DayAnchor> anchors;
    std::string after = prefix + to_rfc3339(now - looked_at).substr(0, pattern_of_day.size());
    while (!after.empty()) {
        objects::Page page = ACME_TRY(co_await store.list(context, prefix, after));
        for (const objects::Listed& object : page.objects) {
            std::string day = object.key.substr(prefix.size());
            if (!is_day(day)) continue;
            const std::string text = ACME_TRY(co_await read_object(store, context, object.key));
            anchors.push_back(parse_object(std::move(day), text));
        }
        after = std::move(page.next);
    }
    co_return anchors;
}

}  // namespace acme::audit
