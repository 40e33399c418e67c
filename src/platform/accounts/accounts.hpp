#pragma once

/// Users, their organizations, and what each may do. The room owns the tables users, orgs and
/// memberships (sql/202611231522_accounts.sql); no other room reads them.

#include "base/clock.hpp"
#include "base/identity.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "io/telemetry/telemetry.hpp"
#include "platform/audit/audit.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace acme::pg {
class Database;
class Transaction;
}  // namespace acme::pg

namespace acme::accounts {

inline constexpr std::size_t name_chars_max = 120;

enum class State : std::uint8_t { active, disabled };

constexpr std::string_view name_of(State state) {
    return state == State::active ? "active" : "disabled";
}

struct User {
    UserId id;
    std::string email;
    std::string name;
    State state = State::active;
    std::optional<PlatformRole> platform_role;
    std::int64_t version = 1;
    WallTime created_at;
};

struct Organization {
    OrgId id;
    std::string name;
    OrgRole role;  // the user's in it
};

/// An organization that somebody becomes a member of.
struct Joining {
    OrgId org;
    OrgRole role = OrgRole::member;
};

/// One line, 1 to name_chars_max characters; an address as normalize_email() takes it.
struct NewUser {
    std::string email;
    std::string name;
    std::optional<PlatformRole> platform_role = std::nullopt;
    std::optional<Joining> joins = std::nullopt;  // in place of an organization of their own
};

/// What a user may do now.
struct Standing {
    UserId user;
    State state = State::active;
    std::int64_t token_epoch = 1;
    std::int64_t version = 1;
    OrgId org;
    OrgRole org_role = OrgRole::member;
    std::optional<PlatformRole> platform_role;
};

/// What an administrator changes; none: stays as it is.
struct Change {
    std::optional<State> state = std::nullopt;
    std::optional<std::optional<PlatformRole>> platform_role = std::nullopt;
};

/// Rules that `user` breaks, each with its pointer: accounts.email_malformed,
/// accounts.name_malformed.
std::vector<FieldError> problems_of(const NewUser& user);

/// Every function throws pg::Fault when the database is out of reach.
class Accounts {
public:
    /// Told after a commit that copies of what a user may do have become stale.
    using Changed = std::function<Task<>(trace::Context, UserId, std::int64_t version)>;

    Accounts(pg::Database& db, Telemetry& telemetry) : db_(db), telemetry_(telemetry) {}

    void listen(Changed changed) { changed_ = std::move(changed); }

    /// A transaction, for whoever does more with it than this room.
    Task<pg::Transaction> begin(trace::Context context);

    /// With an organization of which the user is the owner, unless they join one. Errors:
    /// accounts.invalid (invalid), accounts.email_taken (conflict).
    Task<Result<User>> create(trace::Context context, audit::Actor actor, NewUser user);

    /// The same in a transaction of the caller, which sets a password in it.
    Task<Result<User>> create(
        pg::Transaction& transaction, trace::Context context, audit::Actor actor, NewUser user
    );

    /// Errors: accounts.not_found.
    Task<Result<User>> find(trace::Context context, UserId id);

    /// nullopt when nobody has this address.
    Task<std::optional<User>> find_by_email(trace::Context context, std::string email);

    /// In the order in which they were made, those after `after`.
    Task<std::vector<User>> list(
        trace::Context context, std::optional<UserId> after, std::int64_t limit
    );

    /// The first organization of the user. Errors: accounts.not_found.
    Task<Result<Organization>> organization_of(trace::Context context, OrgId org, UserId user);

    /// Those that the user belongs to.
    Task<std::vector<OrgId>> organization_ids_of(trace::Context context, UserId user);

    /// `version` as read before. Errors: accounts.invalid (invalid), accounts.not_found,
    /// http.precondition_failed when somebody was faster.
    Task<Result<User>> rename(
        trace::Context context,
        audit::Actor actor,
        UserId id,
        std::int64_t version,
        std::string name
    );

    /// Errors: as rename(), and accounts.last_administrator (conflict): somebody has to be able to
    /// undo it.
    Task<Result<User>> administer(
        trace::Context context, audit::Actor actor, UserId id, std::int64_t version, Change change
    );

    /// In that organization, or in the user's first. nullopt for a user who is not there, or does
    /// not belong to it.
    Task<std::optional<Standing>> standing(
        trace::Context context, UserId id, std::optional<OrgId> org = std::nullopt
    );

    /// Who changed since `since`, at most `limit`, oldest change first: for copies that missed it.
    /// The version is the present one. The next page begins after the last one's `at` and `user`.
    struct Stale {
        UserId user;
        std::int64_t version;
        WallTime at;
    };
    Task<std::vector<Stale>> changed_since(
        trace::Context context, WallTime since, std::optional<UserId> after, int limit
    );

    /// The user reads the mails of their address.
    Task<> mark_verified(pg::Transaction& transaction, trace::Context context, UserId id);

    /// Ends every session of the user: those that begin later carry the new epoch, which is
    /// returned. Call announce() after the commit.
    Task<std::int64_t> end_sessions(
        pg::Transaction& transaction, trace::Context context, UserId id
    );
    Task<> announce(trace::Context context, UserId id);

    /// The administrator of the first start: made when the platform has none, else the first one.
    /// Twice, or on three nodes at once: the same one. `made` tells whether it is new.
    struct Administrator {
        User user;
        bool made;
    };
    Task<Result<Administrator>> ensure_administrator(trace::Context context, std::string email);

    /// Whether any administrator ever began a session: until then nobody has found the way in.
    Task<bool> has_administrator_signed_in(trace::Context context);

private:
    pg::Database& db_;
    Telemetry& telemetry_;
    Changed changed_;
};

}  // namespace acme::accounts
