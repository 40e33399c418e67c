#include "platform/audit/verify.hpp"

#include "base/text.hpp"
#include "io/pg/database.hpp"
#include "platform/audit/retire.hpp"

#include <algorithm>
#include <limits>

namespace acme::audit {
namespace {

constexpr int batch = 1000;

/// A forged position may be any of them.
using Limits = std::numeric_limits<std::int64_t>;

// The beginning in the same statement, for retirement goes on meanwhile.
constexpr pg::Query list_seals{"audit.seals", R"sql(
    SELECT b.position, b.hash, b.is_too_early,
           s.position, s.entry_id, s.prev_hash, s.hash, e.id IS NOT NULL,
           e.id, e.created_at, e.org_id, e.actor, e.action, e.target, e.before, e.after,
           e.request_id, e.ip
    FROM (
        SELECT * FROM audit_seals WHERE position >= $1 ORDER BY position LIMIT $2
    ) s LEFT JOIN audit_entries e ON e.id = s.entry_id
        LEFT JOIN (
            SELECT position, hash,
                   last_entry_at > retired_at - interval '9600 hours' AS is_too_early
            FROM audit_beginnings ORDER BY position DESC LIMIT 1
        ) b ON true
    ORDER BY s.position
)sql"};

// 9600 hours are kept_for.
static_assert(kept_for == std::chrono::hours(9600));

constexpr pg::Query find_beginning{"audit.beginning", R"sql(
    SELECT coalesce($1, now()) - interval '9600 hours', b.position, b.hash,
           b.last_entry_at > b.retired_at - interval '9600 hours'
    FROM (SELECT 1) one LEFT JOIN (
        SELECT * FROM audit_beginnings ORDER BY position DESC LIMIT 1
    ) b ON true
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

std::optional<Beginning> read_beginning(pg::Row& row) {
    const auto position = row.integer_or_null();
    if (!position) {
        row.skip();
        row.skip();
        return std::nullopt;
    }
    Anchor anchor{.position = *position, .hash = row.text()};
    return Beginning{.anchor = std::move(anchor), .is_too_early = row.boolean()};
}

Seal read_seal(pg::Row& row) {
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
    Judge judge;
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
            pg::Row row = rows[i];
            const auto beginning = read_beginning(row);
            if (beginning && i == 0) walk.judge.begin_after(*beginning);
            const Seal seal = read_seal(row);
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

/// "anchor", when a person gave it.
std::string words_of(const DayAnchor& kept) {
    return kept.day.empty() ? "anchor" : "anchor of " + kept.day;
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

void Judge::find(Finding finding, std::int64_t rows) {
    verdict.wrong += std::min(rows, Limits::max() - verdict.wrong);
    if (verdict.first.size() < findings_max) verdict.first.push_back(std::move(finding));
}

Judge::Judge(std::vector<DayAnchor> anchors, WallTime old) : old_(old) {
    for (DayAnchor& each : anchors) {
        if (!each.anchor) {
            find(
                {.wrong = Wrong::changed,
                 .about = "What the object store has as the " + words_of(each) +
                          " is none: it was written over."}
            );
        } else if (each.anchor->position > 0) {
            anchors_.push_back(std::move(each));
        }
    }
    std::ranges::sort(anchors_, {}, [](const DayAnchor& each) {
        return std::pair(each.anchor->position, std::string_view(each.day));
    });
}

void Judge::begin_after(const Beginning& beginning) {
    const Anchor& anchor = beginning.anchor;
    if (anchor.position <= verdict.retired) return;
    verdict.retired = anchor.position;
    retired_hash_ = anchor.hash;
    if (beginning.is_too_early) {
        find(
            {.wrong = Wrong::missing,
             .position = anchor.position,
             .about = "The entries up to here were removed before their time."}
        );
    }
    if (anchor.position <= verdict.end.position) return;
    verdict.end = anchor;
    last_entry_.reset();
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
    hold_to_anchors(seal);
    ++verdict.sealed;
    verdict.end = {seal.position, seal.hash};
    last_entry_ = seal.entry_id;
}

/// Of several days with the same end the first is named.
void Judge::hold_to_anchors(const Seal& seal) {
    bool is_found = false;
    for (; next_ < anchors_.size(); ++next_) {
        const DayAnchor& kept = anchors_[next_];
        if (kept.anchor->position > seal.position) return;
        const bool is_here = kept.anchor->position == seal.position;
        if (!is_here || kept.anchor->hash == seal.hash || is_found) continue;
        is_found = true;
        find(
            {.wrong = Wrong::changed,
             .position = seal.position,
             .entry = seal.entry_id,
             .about =
                 "The " + words_of(kept) + " has another hash here: the chain was written anew."}
        );
    }
}

/// The last of the anchors that were removed too early tells how far that went.
void Judge::judge_retired() {
    const DayAnchor* too_early = nullptr;
    for (const DayAnchor& kept : anchors_) {
        if (kept.anchor->position > verdict.retired) break;
        if (!kept.entry_at || *kept.entry_at >= old_) too_early = &kept;
        if (kept.anchor->position < verdict.retired || kept.anchor->hash == retired_hash_) continue;
        find(
            {.wrong = Wrong::changed,
             .position = verdict.retired,
             .about = "The beginning of the chain is not the " + words_of(kept) + "."}
        );
    }
    if (too_early == nullptr) return;
    const bool is_of_day = too_early->entry_at.has_value();
    find(
        {.wrong = Wrong::missing,
         .position = too_early->anchor->position,
         .about =
             is_of_day
                 ? "It was removed before its time, and all before it: it is the " +
                       words_of(*too_early) + "."
                 : "The chain begins after the anchor: it was removed after its time, or before."}
    );
}

void Judge::end_chain() {
    judge_retired();
    if (anchors_.empty()) return;
    const DayAnchor& farthest = anchors_.back();
    if (farthest.anchor->position <= verdict.end.position) return;
    const std::int64_t gone = farthest.anchor->position - verdict.end.position;
    find(
        {.wrong = Wrong::missing,
         .position = verdict.end.position + 1,
         .about = "The chain ends before the " + words_of(farthest) + ": " + std::to_string(gone) +
                  (gone == 1 ? " seal is gone." : " seals are gone.")},
        gone
    );
}

Task<Verdict> verify(pg::Database& db, trace::Context context, VerifyOptions options) {
    const auto rows = co_await db.run(context, find_beginning, options.now);
    pg::Row row = rows[0];
    const WallTime old = row.time();
    std::vector<DayAnchor> anchors = options.days;
    if (options.anchor) anchors.push_back({.day = "", .anchor = options.anchor});
    Walk walk{
        .db = db,
        .context = context,
        .options = std::move(options),
        .judge = Judge(std::move(anchors), old),
    };
    if (const auto beginning = read_beginning(row)) walk.judge.begin_after(*beginning);
    co_await follow_chain(walk);
    co_await look_for_unsealed(walk);
    co_await look_at_line(walk);
    co_return std::move(walk.judge.verdict);
}

}  // namespace acme::audit
