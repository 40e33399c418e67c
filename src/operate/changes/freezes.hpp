#pragma once

/// Freezes: times in which nothing new is deployed (BEY-21).
///
/// Owns the tables `freezes` (sql/202611240355_changes.sql) and `freeze_passes`
/// (sql/202611290140_freeze_passes.sql). A rollback is never asked whether it may: whoever carries
/// one out does not come here.

#include "operate/changes/moment.hpp"
#include "platform/audit/audit.hpp"

#include <boost/json/object.hpp>

#include <vector>

namespace acme::pg {
class Database;
class Transaction;
}  // namespace acme::pg

namespace acme::changes {

using FreezeId = Id<"frz_">;

inline constexpr std::size_t reason_chars_max = 500;
inline constexpr std::chrono::days freeze_max{366};
inline constexpr std::size_t release_chars_max = 64;

struct NewFreeze {
    std::string environment;
    std::string reason;  // 1 to reason_chars_max
    /// In the future, within freeze_max; nullopt: until it is lifted.
    std::optional<WallTime> until = std::nullopt;
    std::string source = "person";  // what made it: "person", "deployment"
};

struct Freeze {
    FreezeId id;
    std::string environment;
    std::string reason;
    std::optional<WallTime> until;
    std::string actor;  // a user's id, "cli" or "system"
    std::string source;
    WallTime created_at;
    std::optional<WallTime> lifted_at;
    std::string lifted_by;
    std::string lift_reason;
    bool is_active = false;  // when it was read
};

/// Lets one release through one freeze, for whoever else deploys it.
struct Pass {
    FreezeId freeze;
    std::string release;
    std::string actor;
    std::string reason;
    WallTime created_at;
};

struct NewPass {
    FreezeId freeze;
    std::string release;  // its whole name
    std::string reason;   // 1 to reason_chars_max
};

/// What wants to be deployed now, and by whom.
struct Entrance {
    std::string environment;
    std::string release;
    std::string deployment;  // its id; "" when there is none
    audit::Actor actor;
    std::string break_glass = "";  // why it passes although frozen (C-3); "" when it shall not
};

boost::json::object to_json(const Freeze& freeze);
boost::json::object to_json(const Pass& pass);

/// "production is frozen until 2026-11-24 18:00 UTC by cli: end of the quarter"
std::string words_of(const Freeze& freeze);

/// Errors: changes.freeze_invalid (invalid), unless it is 1 to reason_chars_max characters long.
Result<> check_reason(std::string_view reason);

/// Every function throws pg::Fault when the database is out of reach.
class Freezes {
public:
    static constexpr int list_max = 200;

    Freezes(pg::Database& db, const Clock& clock) : db_(db), clock_(clock) {}

    /// Those in force, the one that lasts longest first.
    Task<std::vector<Freeze>> active(trace::Context context, std::string environment);

    /// Whether that may be deployed: "" while nothing is frozen; else why it passes all the same,
    /// because another person than who deploys let its release through each freeze, or because the
    /// glass is broken now, or was for this deployment. Broken glass is told in the audit and among
    /// the changes, and the freezes stay. Errors: deploy.frozen (conflict), with who, why and until
    /// when, and a field for each freeze; changes.freeze_invalid (invalid) for a glass that is
    /// broken without a reason.
    Task<Result<std::string>> admit(trace::Context context, Entrance entrance);

    /// The same within the transaction of what is deployed.
    static Task<Result<std::string>> admit(
        pg::Transaction& transaction, trace::Context context, Entrance entrance, WallTime now
    );

    /// Twice is once, with the later reason. Errors: changes.no_freeze, changes.freeze_over,
    /// changes.freeze_invalid as of lift(); changes.release (invalid).
    Task<Result<Pass>> let_through(trace::Context context, audit::Actor actor, NewPass wanted);

    static Task<Result<Pass>> let_through(
        pg::Transaction& transaction,
        trace::Context context,
        audit::Actor actor,
        NewPass wanted,
        WallTime now
    );

    /// Errors: changes.freeze_invalid (invalid) with all that is wrong.
    Task<Result<Freeze>> begin(trace::Context context, audit::Actor actor, NewFreeze wanted);

    /// The same within the transaction of something else, for that to happen once with it.
    static Task<Result<Freeze>> begin(
        pg::Transaction& transaction,
        trace::Context context,
        audit::Actor actor,
        NewFreeze wanted,
        WallTime now
    );

    /// Errors: changes.no_freeze (not_found), changes.freeze_over (conflict) for one that is not in
    /// force any more, changes.freeze_invalid (invalid) for a reason that is too long or none.
    Task<Result<Freeze>> lift(
        trace::Context context, audit::Actor actor, FreezeId id, std::string reason
    );

    /// The newest first, those after `after` if that is given; at most list_max.
    Task<std::vector<Freeze>> list(
        trace::Context context, std::string environment, std::optional<FreezeId> after, int limit
    );

private:
    static Task<std::vector<Freeze>> active(
        pg::Transaction& transaction, trace::Context context, std::string environment, WallTime now
    );
    static Task<Result<>> check_in_force(
        pg::Transaction& transaction, trace::Context context, FreezeId id, WallTime now
    );

    pg::Database& db_;
    const Clock& clock_;
};

}  // namespace acme::changes
