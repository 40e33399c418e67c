#pragma once

/// Holds entries and seals against each other: what was changed, is missing, or was put in by
/// whoever could switch the guards off. What can be found and what cannot: docs/decisions/0022.

#include "platform/audit/chain.hpp"

#include <cstdint>
#include <functional>

namespace acme::audit {

enum class Wrong : std::uint8_t { changed, missing, inserted };

std::string_view name_of(Wrong wrong);

/// A row that does not fit.
struct Finding {
    Wrong wrong;
    std::optional<std::int64_t> position = std::nullopt;  // in the chain
    std::optional<AuditId> entry = std::nullopt;          // none: which one it was, nobody knows
    std::string about;                                    // a sentence
};

inline constexpr std::size_t findings_max = 20;

/// How far a chain reached: what is kept elsewhere, so that no end of it can be cut off unseen.
struct Anchor {
    std::int64_t position = 0;
    std::string hash{first_hash};

    /// "17:9f86d0…", 64 hex digits. nullopt for anything else.
    static std::optional<Anchor> parse(std::string_view text);
    std::string str() const { return std::to_string(position) + ":" + hash; }
};

struct Verdict {
    std::int64_t sealed = 0;
    std::int64_t waiting = 0;  // for their seal: changed since, they would not be found out
    Anchor end;
    std::int64_t wrong = 0;      // how many rows do not fit
    std::vector<Finding> first;  // of those, findings_max at most

    bool is_whole() const { return wrong == 0; }
};

/// A seal as it lies in the database, and its entry if that is there.
struct Seal {
    std::int64_t position;
    AuditId entry_id;
    std::string prev_hash;
    std::string hash;
    std::optional<Stored> entry;
};

/// Judges seals in the order of their positions, and goes on after each that does not fit by what
/// is written there: so one forgery is one finding, or two where either of two may be forged.
class Judge {
public:
    explicit Judge(std::optional<Anchor> anchor) : anchor_(std::move(anchor)) {}

    void take(const Seal& seal);
    void end_chain();

    void find(Finding finding, std::int64_t rows = 1);

    Verdict verdict;

private:
    std::optional<Anchor> anchor_;
    std::optional<AuditId> last_entry_;
};

struct VerifyOptions {
    std::optional<Anchor> anchor = std::nullopt;  // that the chain must still go through
    /// Hears how many rows were looked at, now and then.
    std::function<void(std::int64_t rows)> tell = {};
};

/// Reads every entry once or twice, 1000 at a time; entries may be written meanwhile.
Task<Verdict> verify(pg::Database& db, trace::Context context, VerifyOptions options = {});

}  // namespace acme::audit
