#pragma once

/// Holds entries and seals against each other: what was changed, is missing, or was put in by
/// whoever could switch the guards off. What can be found and what cannot: docs/decisions/0022.

#include "platform/audit/anchors.hpp"

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

struct Verdict {
    std::int64_t sealed = 0;
    std::int64_t waiting = 0;  // for their seal: changed since, they would not be found out
    std::int64_t retired = 0;  // the last position that was removed after its time
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

/// Where the chain begins, for what was before it is retired.
struct Beginning {
    Anchor anchor;              // the last seal that is gone
    bool is_too_early = false;  // by what is written beside it
};

/// Judges seals in the order of their positions, and goes on after each that does not fit by what
/// is written there: so one forgery is one finding, or two where either of two may be forged.
class Judge {
public:
    /// `anchors` in the order of their days; one without a day is that of a person. Entries from
    /// before `old` may be gone.
    Judge(std::vector<DayAnchor> anchors, WallTime old);

    /// Before the seals that were seen with it. Later ones, when retirement goes on meanwhile.
    void begin_after(const Beginning& beginning);

    void take(const Seal& seal);
    void end_chain();

    void find(Finding finding, std::int64_t rows = 1);

    Verdict verdict;

private:
    void hold_to_anchors(const Seal& seal);
    void judge_retired();

    std::vector<DayAnchor> anchors_;  // that can be read, in the order of their positions
    std::size_t next_ = 0;            // of those
    WallTime old_;
    std::string retired_hash_;
    std::optional<AuditId> last_entry_;
};

struct VerifyOptions {
    std::optional<Anchor> anchor = std::nullopt;  // that the chain must still go through
    std::vector<DayAnchor> days = {};             // and those of the object store
    std::optional<WallTime> now = std::nullopt;   // nullopt: the database's clock
    /// Hears how many rows were looked at, now and then.
    std::function<void(std::int64_t rows)> tell = {};
};

/// Reads every entry once or twice, 1000 at a time; entries may be written and retired meanwhile.
Task<Verdict> verify(pg::Database& db, trace::Context context, VerifyOptions options = {});

}  // namespace acme::audit
