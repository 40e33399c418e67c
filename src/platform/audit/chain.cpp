#include "platform/audit/chain.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "io/pg/database.hpp"

namespace acme::audit {
namespace {

constexpr int batch = 500;

constexpr pg::Query list_all{"audit.list", R"sql(
    SELECT id, created_at, org_id::text, actor, action, target, before, after, request_id, ip
    FROM audit_entries WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT $2
)sql"};

constexpr pg::Query list_of_org{"audit.list_of_org", R"sql(
    SELECT id, created_at, org_id::text, actor, action, target, before, after, request_id, ip
    FROM audit_entries WHERE org_id = $1 AND ($2::uuid IS NULL OR id < $2)
    ORDER BY id DESC LIMIT $3
)sql"};

constexpr pg::Query lock_chain{"audit.lock", R"sql(
    SELECT true FROM pg_advisory_xact_lock(7003)
)sql"};

constexpr pg::Query find_last{"audit.last_seal", R"sql(
    SELECT position, hash FROM audit_seals ORDER BY position DESC LIMIT 1
)sql"};

// What is visible has been committed: that is the order of the chain.
constexpr pg::Query list_unsealed{"audit.unsealed", R"sql(
    SELECT e.id, e.created_at, e.org_id::text, e.actor, e.action, e.target, e.before, e.after,
           e.request_id, e.ip
    FROM audit_unsealed u JOIN audit_entries e ON e.id = u.entry_id ORDER BY e.id LIMIT $1
)sql"};

constexpr pg::Query insert_seal{"audit.seal", R"sql(
    WITH gone AS (DELETE FROM audit_unsealed WHERE entry_id = $2)
    INSERT INTO audit_seals (position, entry_id, prev_hash, hash) VALUES ($1, $2, $3, $4)
)sql"};

constexpr pg::Query list_sealed{"audit.sealed", R"sql(
    SELECT e.id, e.created_at, e.org_id::text, e.actor, e.action, e.target, e.before, e.after,
           e.request_id, e.ip, s.position, s.prev_hash, s.hash
    FROM audit_seals s JOIN audit_entries e ON e.id = s.entry_id
    WHERE s.position > $1 ORDER BY s.position LIMIT $2
)sql"};

std::optional<Uuid> parse_uuid(const std::optional<std::string>& text) {
    if (!text) return std::nullopt;
    std::string digits = *text;
    std::erase(digits, '-');
    const auto high = parse_number<std::uint64_t>(std::string_view(digits).substr(0, 16), 16);
    const auto low = parse_number<std::uint64_t>(std::string_view(digits).substr(16), 16);
    if (!high || !low) throw pg::Fault("a uuid that is none");
    return Uuid{*high, *low};
}

// Braces evaluate from left to right, in the order of the SELECT list.
Stored read_stored(pg::Row& row) {
    return {
        .id = row.id<AuditId>(),
        .created_at = row.time(),
        .org = parse_uuid(row.text_or_null()),
        .actor = row.text(),
        .action = row.text(),
        .target = row.text(),
        .before = row.text(),
        .after = row.text(),
        .request_id = row.text(),
        .ip = row.text(),
    };
}

std::vector<Stored> read_all(const pg::Rows& rows) {
    std::vector<Stored> entries;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        entries.push_back(read_stored(row));
    }
    return entries;
}

std::unexpected<Error> broken_at(std::int64_t position) {
    return refuse(
        ErrorKind::conflict,
        "audit.broken",
        "The chain does not fit at position " + std::to_string(position) + "."
    );
}

}  // namespace

std::string hash_of(std::string_view prev_hash, const Stored& entry) {
    std::string text(prev_hash);
    const auto add = [&text](std::string_view field) {
        append_number(text, static_cast<std::int64_t>(field.size()));
        text.append(":").append(field);
    };
    add(to_text(entry.id.uuid));
    add(std::to_string(entry.created_at.time_since_epoch().count()));
    add(entry.org ? to_text(*entry.org) : "");
    for (const std::string* field :
         {&entry.actor,
          &entry.action,
          &entry.target,
          &entry.before,
          &entry.after,
          &entry.request_id,
          &entry.ip}) {
        add(*field);
    }
    return to_hex(sha256(text));
}

Task<std::vector<Stored>> list(
    pg::Database& db,
    trace::Context context,
    std::optional<OrgId> org,
    std::optional<AuditId> before,
    int limit
) {
    if (org) co_return read_all(co_await db.run(context, list_of_org, *org, before, limit));
    co_return read_all(co_await db.run(context, list_all, before, limit));
}

Task<bool> seal(pg::Database& db, trace::Context context) {
    auto transaction = co_await db.begin(context);
    co_await transaction.run(context, lock_chain);
    const auto entries = read_all(co_await transaction.run(context, list_unsealed, batch));
    if (entries.empty()) co_return false;
    std::int64_t position = 0;
    std::string prev_hash(first_hash);
    const auto last = co_await transaction.run(context, find_last);
    if (!last.empty()) {
        pg::Row row = last[0];
        position = row.integer();
        prev_hash = row.text();
    }
    for (const Stored& entry : entries) {
        std::string hash = hash_of(prev_hash, entry);
        co_await transaction.run(context, insert_seal, ++position, entry.id, prev_hash, hash);
        prev_hash = std::move(hash);
    }
    co_await transaction.commit(context);
    co_return true;
}

Task<Result<std::int64_t>> verify(pg::Database& db, trace::Context context) {
    std::int64_t position = 0;
    std::string prev_hash(first_hash);
    while (true) {
        const auto rows = co_await db.run(context, list_sealed, position, batch);
        for (int i = 0; i < rows.size(); ++i) {
            pg::Row row = rows[i];
            const Stored entry = read_stored(row);
            const std::int64_t found = row.integer();
            const std::string before = row.text();
            const std::string hash = row.text();
            ++position;
            const bool fits = found == position && before == prev_hash;
            if (!fits || hash_of(prev_hash, entry) != hash) co_return broken_at(position);
            prev_hash = hash;
        }
        if (rows.size() < batch) co_return position;
    }
}

}  // namespace acme::audit
