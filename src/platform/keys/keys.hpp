#pragma once

/// API keys of users. The room owns the table api_keys (sql/202611290935_api_keys.sql).
///
/// A key ends when it expires, a year after it was made at most, when it is revoked, when its user
/// is disabled or leaves the organization. Rotating makes a second one of the same name and scopes,
/// and leaves the first a while.

#include "base/networks.hpp"
#include "base/result.hpp"
#include "io/http/router.hpp"
#include "io/telemetry/telemetry.hpp"
#include "platform/accounts/accounts.hpp"
#include "platform/audit/audit.hpp"
#include "platform/keys/patience.hpp"
#include "platform/limits/limits.hpp"

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace acme::pg {
class Database;
class Transaction;
}  // namespace acme::pg

namespace acme::keys {

using KeyId = Id<"key_">;

inline constexpr std::size_t name_chars_max = 120;
inline constexpr std::int64_t days_max = 365;
inline constexpr std::int64_t keys_max = 50;            // of one user, that have not ended
inline constexpr std::int64_t keys_rotated_max = 100;   // so many with those that rotations add
inline constexpr std::chrono::minutes used_every{5};    // how exact last_used_at is
inline constexpr std::chrono::seconds known_for{1};     // then PostgreSQL is asked again
inline constexpr std::chrono::hours grace_max{7 * 24};  // of what a rotation replaces

struct Key {
    KeyId id;
    OrgId org;
    UserId user;
    std::string short_name = "";  // what follows "ack_"
    std::string name = "";
    std::string scopes = "";  // with blanks between
    std::optional<std::int64_t> limit_per_min = std::nullopt;
    std::int64_t version = 1;
    WallTime created_at = {};
    WallTime expires_at = {};
    std::optional<WallTime> last_used_at = std::nullopt;
    std::optional<KeyId> replaced_by = std::nullopt;
};

struct NewKey {
    std::string name;
    std::vector<std::string> scopes;
    std::int64_t days = 90;
};

struct Made {
    Key key;
    std::string text;  // shown once
};

/// Rules that it breaks: keys.name_malformed, keys.scope_unknown, keys.days_out_of_range.
std::vector<FieldError> problems_of(const NewKey& wanted);

/// Every function throws pg::Fault when the database is out of reach.
class Keys {
public:
    Keys(
        pg::Database& db,
        accounts::Accounts& accounts,
        limits::Limits& limits,
        Telemetry& telemetry,
        const Networks& trusted_proxies
    );

    /// Errors: keys.invalid (invalid), keys.too_many (conflict).
    Task<Result<Made>> create(
        trace::Context context, audit::Actor actor, UserId user, OrgId org, NewKey wanted
    );

    /// Newest first, those before `before`; what has ended is not shown.
    Task<std::vector<Key>> list(
        trace::Context context, UserId user, OrgId org, std::optional<KeyId> before, int limit
    );

    /// Errors: keys.not_found, also for somebody else's and for one that has ended.
    Task<Result<Key>> find(trace::Context context, UserId user, OrgId org, KeyId id);

    /// Errors: keys.not_found.
    Task<Result<>> revoke(
        trace::Context context, audit::Actor actor, UserId user, OrgId org, KeyId id
    );

    /// By whoever holds the key itself. Nothing happens for what is none.
    Task<> revoke_presented(trace::Context context, std::string ip, std::string text);

    /// Another key of that name, those scopes, that quota and as many days; this one ends after
    /// `grace` at the latest. Errors: keys.not_found, keys.too_many (conflict), keys.replaced
    /// (conflict) for one that was rotated before.
    Task<Result<Made>> rotate(
        trace::Context context,
        audit::Actor actor,
        UserId user,
        OrgId org,
        KeyId id,
        std::chrono::seconds grace
    );

    /// Anybody's. Errors: keys.not_found.
    Task<Result<Key>> find_any(trace::Context context, KeyId id);

    /// For administrators: a quota of the key's own, or its user's again. Errors: keys.not_found,
    /// http.precondition_failed.
    Task<Result<Key>> set_limit(
        trace::Context context,
        audit::Actor actor,
        KeyId id,
        std::int64_t version,
        std::optional<std::int64_t> limit
    );

    /// Whether the request brings a key in place of a cookie.
    static bool has_key(const http::Request& request);

    /// For http::Router, where has_key() and the route asks who calls. Errors: keys.invalid_key
    /// (unauthenticated), keys.scope_required, keys.not_for_keys (forbidden).
    Task<Result<http::Admitted>> admit(http::Arrival arrival);

    /// Removes what ended 30 days ago. Twice: there is nothing left.
    Task<> sweep(trace::Context context);

    /// Waits for what is read and written beside requests.
    Task<> close() { return patience_.close(); }

private:
    /// A key that lives, and what its user may do.
    struct Live {
        Key key;
        Identity identity;
    };
    using LivePtr = std::shared_ptr<Live>;  // nullptr: nobody's
    struct Known {
        std::string digest;
        LivePtr live;
        SteadyTime until;
    };

    std::optional<LivePtr> known_now(const std::string& digest);
    LivePtr known_before(const std::string& digest) const;
    Task<LivePtr> look_up(
        trace::Context context, std::string text, std::string digest, bool is_of_flags = false
    );
    Task<> learn(trace::Context context, std::string short_name, std::string digest);
    Task<LivePtr> read(trace::Context context, std::string short_name, std::string digest);
    void remember(const std::string& digest, LivePtr live);
    Task<> touch(trace::Context context, LivePtr live);
    Task<> touch_patiently(LivePtr live);
    Task<Result<>> check_room(
        pg::Transaction& transaction, trace::Context context, Key key, std::int64_t most
    );
    Task<> insert(pg::Transaction& transaction, trace::Context context, Key key, std::string hash);
    Task<limits::Standing> count(http::Arrival arrival, LivePtr live);

    pg::Database& db_;
    accounts::Accounts& accounts_;
    limits::Limits& limits_;
    Telemetry& telemetry_;
    const Networks& trusted_proxies_;
    std::list<Known> known_;  // the one asked for last comes first
    std::unordered_map<std::string, std::list<Known>::iterator> index_;
    Patience patience_;
};

}  // namespace acme::keys
