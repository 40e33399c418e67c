#include "platform/audit/chain.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "io/pg/database.hpp"

namespace acme::audit {
namespace {

constexpr int batch = 500;

constexpr pg::Query lock_chain{"audit.lock", R"sql(
    SELECT true FROM pg_advisory_xact_lock(7003)
)sql"};

constexpr pg::Query find_last{"audit.last_seal", R"sql(
    SELECT position, hash FROM audit_seals ORDER BY position DESC LIMIT 1
)sql"};

// What is visible has been committed: that is the order of the chain.
constexpr pg::Query list_unsealed{"audit.unsealed", R"sql(
    SELECT e.id, e.created_at, e.org_id, e.actor, e.action, e.target, e.before, e.after,
           e.request_id, e.ip
    FROM audit_unsealed u JOIN audit_entries e ON e.id = u.entry_id ORDER BY e.id LIMIT $1
)sql"};

constexpr pg::Query insert_seal{"audit.seal", R"sql(
    WITH gone AS (DELETE FROM audit_unsealed WHERE entry_id = $2)
    INSERT INTO audit_seals (position, entry_id, prev_hash, hash) VALUES ($1, $2, $3, $4)
)sql"};

std::vector<Stored> read_all(const pg::Rows& rows) {
    std::vector<Stored> entries;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        entries.push_back(read_stored(row));
    }
    return entries;
}

}  // namespace

std::optional<Anchor> Anchor::parse(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == text.npos) return std::nullopt;
    const auto position = parse_number<std::int64_t>(text.substr(0, colon));
    const std::string_view hash = text.substr(colon + 1);
    const bool is_hash =
        hash.size() == first_hash.size() && hash.find_first_not_of("0123456789abcdef") == hash.npos;
    if (!position || *position < 0 || !is_hash) return std::nullopt;
    return Anchor{*position, std::string(hash)};
}

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

}  // namespace acme::audit
