#include "platform/audit/verify.hpp"

#include "base/text.hpp"
#include "io/pg/database.hpp"

#include <algorithm>
#include <limits>

namespace acme::audit {
namespace {

constexpr int batch = 1000;

/// A forged position may be any of them.
using Limits = std::numeric_limits<std::int64_t>;

constexpr pg::Query list_seals{"audit.seals", R"sql(
    SELECT s.position, s.entry_id, s.prev_hash, s.hash, e.id IS NOT NULL,
           e.id, e.created_at, e.org_id, e.actor, e.action, e.target, e.before, e.after,
           e.request_id, e.ip
    FROM (
        SELECT * FROM audit_seals WHERE position >= $1 ORDER BY position LIMIT $2
    ) s LEFT JOIN audit_entries e ON e.id = s.entry_id ORDER BY s.position
)sql"};

// One statement sees an entry with its place in the line, or with its seal.
constexpr pg::Query list_places{"audit.places", R"sql(
    SELECT e.id, s.entry_id IS NULL AND u.entry_id IS NULL
    FROM (
        SELECT id FROM audit_entries WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2
    ) e LEFT JOIN audit_seals s ON s.entry_id = e.id
        LEFT JOIN audit_unsealed u ON u.entry_id = e.id
    ORDER BY e.id
)sql"};

constexpr pg::Query list_waiting{"audit.waiting", R"sql(
    SELECT u.entry_id, e.id IS NULL, s.entry_id IS NOT NULL
    FROM (
        SELECT entry_id FROM audit_unsealed WHERE $1::uuid IS NULL OR entry_id > $1
        ORDER BY entry_id LIMIT $2
    ) u LEFT JOIN audit_entries e ON e.id = u.entry_id
        LEFT JOIN audit_seals s ON s.entry_id = u.entry_id
    ORDER BY u.entry_id
)sql"};

Seal read_seal(pg::Row row) {
    Seal seal{
        .position = row.integer(),
        .entry_id = row.id<AuditId>(),
        .prev_hash = row.text(),
        .hash = row.text(),
        .entry = std::nullopt,
    };
    if (row.boolean()) seal.entry = read_stored(row);
    return seal;
}

/// What verify() goes through, and what it has seen so far.
struct Walk {
    pg::Database& db;
    trace::Context context;
    VerifyOptions options;
    Judge judge{options.anchor};
    std::int64_t rows = 0;

    void count(int read) {
        rows += read;
        if (options.tell) options.tell(rows);
    }
};

Task<> follow_chain(Walk& walk) {
    std::int64_t next = Limits::min();
    while (true) {
        const auto rows = co_await walk.db.run(walk.context, list_seals, next, batch);
        std::int64_t last = 0;
        for (int i = 0; i < rows.size(); ++i) {
            const Seal seal = read_seal(rows[i]);
            walk.judge.take(seal);
            last = seal.position;
        }
        walk.count(rows.size());
        if (rows.size() < batch || last == Limits::max()) break;
        next = last + 1;
    }
    walk.judge.end_chain();
}

Task<> look_for_unsealed(Walk& walk) {
    std::optional<AuditId> last;
    while (true) {
        const auto rows = co_await walk.db.run(walk.context, list_places, last, batch);
        for (int i = 0; i < rows.size(); ++i) {
            pg::Row row = rows[i];
            last = row.id<AuditId>();
            if (!row.boolean()) continue;
            walk.judge.find({
                .wrong = Wrong::inserted,
                .entry = last,
                .about = "It has no seal and waits for none: it was not written by the platform, "
                         "or its seal is gone.",
            });
        }
        walk.count(rows.size());
        if (rows.size() < batch) co_return;
    }
}

Task<> look_at_line(Walk& walk) {
    std::optional<AuditId> last;
    while (true) {
        const auto rows = co_await walk.db.run(walk.context, list_waiting, last, batch);
        for (int i = 0; i < rows.size(); ++i) {
            pg::Row row = rows[i];
            last = row.id<AuditId>();
            const bool is_gone = row.boolean();
            const bool is_sealed = row.boolean();
            if (is_gone) {
                walk.judge.find({
                    .wrong = Wrong::missing,
                    .entry = last,
                    .about = "It waits for its seal, and is gone.",
                });
            } else if (is_sealed) {
                walk.judge.find({
                    .wrong = Wrong::inserted,
                    .entry = last,
                    .about = "It waits for a second seal, and holds up the others.",
                });
            }
        }
        walk.judge.verdict.waiting += rows.size();
        walk.count(rows.size());
        if (rows.size() < batch) co_return;
    }
}

}  // namespace

std::string_view name_of(Wrong wrong) {
    switch (wrong) {
        case Wrong::changed: return "changed";
        case Wrong::missing: return "missing";
        case Wrong::inserted: return "inserted";
    }
    return "changed";
}

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

void Judge::find(Finding finding, std::int64_t rows) {
    verdict.wrong += std::min(rows, Limits::max() - verdict.wrong);
    if (verdict.first.size() < findings_max) verdict.first.push_back(std::move(finding));
}

void Judge::take(const Seal& seal) {
    const std::int64_t expected = verdict.end.position + 1;
    const auto find_here = [&](Wrong wrong, std::string about) {
        find({wrong, seal.position, seal.entry_id, std::move(about)});
    };
    if (seal.position < expected) {
        return find_here(Wrong::inserted, "It stands where the chain has no place.");
    }
    if (seal.position > expected) {
        const std::int64_t gone = seal.position - expected;
        const std::string after = last_entry_ ? " after " + last_entry_->str() : "";
        find(
            {.wrong = Wrong::missing,
             .position = expected,
             .about = std::to_string(gone) + (gone == 1 ? " seal is" : " seals are") +
                      " gone from here on" + after + ", before " + seal.entry_id.str() + "."},
            gone
        );
    } else if (seal.prev_hash != verdict.end.hash) {
        const std::string before = last_entry_ ? last_entry_->str() : "the beginning";
        find_here(
            Wrong::changed,
            "Its seal does not follow from the one before it, of " + before +
                ": one of the two was written anew."
        );
    }
    if (!seal.entry) {
        find_here(Wrong::missing, "It was sealed, and is gone.");
    } else if (hash_of(seal.prev_hash, *seal.entry) != seal.hash) {
        find_here(Wrong::changed, "It is not what was sealed.");
    }
    if (anchor_ && anchor_->position == seal.position && anchor_->hash != seal.hash) {
        find_here(Wrong::changed, "The anchor has another hash here: the chain was written anew.");
    }
    ++verdict.sealed;
    verdict.end = {seal.position, seal.hash};
    last_entry_ = seal.entry_id;
}

void Judge::end_chain() {
    if (!anchor_ || anchor_->position <= verdict.end.position) return;
    const std::int64_t gone = anchor_->position - verdict.end.position;
    find(
        {.wrong = Wrong::missing,
         .position = verdict.end.position + 1,
         .about = "The chain ends before the anchor: " + std::to_string(gone) +
                  (gone == 1 ? " seal is gone." : " seals are gone.")},
        gone
    );
}

Task<Verdict> verify(pg::Database& db, trace::Context context, VerifyOptions options) {
    Walk walk{.db = db, .context = context, .options = std::move(options)};
    co_await follow_chain(walk);
    co_await look_for_unsealed(walk);
    co_await look_at_line(walk);
    co_return std::move(walk.judge.verdict);
}

}  // namespace acme::audit
