#pragma once

/// Webhooks of organizations: where a program outside is told of what happened. The room owns the
/// tables webhooks, webhook_deliveries and webhook_attempts (sql/202611291519_webhooks.sql).
///
/// This is what people set. What is sent: deliveries.hpp, lanes.hpp, sender.hpp.

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/seal.hpp"
#include "io/telemetry/telemetry.hpp"
#include "platform/audit/audit.hpp"
#include "platform/webhooks/address.hpp"

#include <optional>
#include <string>
#include <vector>

namespace acme::pg {
class Database;
class Transaction;
}  // namespace acme::pg

namespace acme::webhooks {

using WebhookId = Id<"whk_">;

inline constexpr int webhooks_max = 50;  // of an organization
inline constexpr std::size_t description_chars_max = 200;
inline constexpr std::size_t types_max = 32;
inline constexpr std::chrono::hours grace_max{7 * 24};  // of the secret that a rotation replaces
inline constexpr std::string_view all_types = "*";
inline constexpr std::chrono::seconds listen_time{60};  // of a listener that says nothing

struct Webhook {
    WebhookId id;
    OrgId org;
    std::string url = "";
    std::string description = "";
    std::string types = "";                              // with blanks between
    std::optional<std::string> disabled = std::nullopt;  // why: paused, failing, gone
    std::int64_t version = 1;
    WallTime created_at = {};
    WallTime updated_at = {};
    std::optional<WallTime> failing_since = std::nullopt;
    std::optional<WallTime> old_secret_until = std::nullopt;
};

struct Wanted {
    std::string url;
    std::string description;
    std::vector<std::string> types;
};

/// What is not there stays as it is.
struct Change {
    std::optional<std::string> url;
    std::optional<std::string> description;
    std::optional<std::vector<std::string>> types;
    std::optional<bool> is_enabled;
};

/// With its secret, which is shown to who made it.
struct Made {
    Webhook webhook;
    Secret secret;
};

/// Whether a list of types, as Webhook has it, names `type`.
bool wants(std::string_view types, std::string_view type);

/// Every function throws pg::Fault when the database is out of reach.
class Webhooks {
public:
    /// `secret_keys` is SECRET_KEY as given; secrets are sealed with a key of its own out of it.
    Webhooks(Policy policy, const Secret& secret_keys, pg::Database& db, Telemetry& telemetry);

    /// Errors: webhooks.invalid (invalid) with webhooks.url_…, webhooks.type_unknown;
    /// webhooks.too_many (conflict).
    Task<Result<Made>> create(
        pg::Transaction& transaction,
        trace::Context context,
        audit::Actor actor,
        OrgId org,
        Wanted wanted
    );

    /// A listener: a webhook that no worker sends to, but whoever made it (SenderOptions::own), to
    /// a program on their machine. Each event is sent once. It takes none, and is deleted within
    /// the hour, when listen_time has passed since the last keep_listening(). Errors: those of
    /// create(); webhooks.url_not_local.
    Task<Result<Made>> listen(trace::Context context, audit::Actor actor, OrgId org, Wanted wanted);

    /// For listen_time more; false: it was deleted.
    Task<bool> keep_listening(trace::Context context, OrgId org, WebhookId id);

    /// The newest first, those before `before`.
    Task<std::vector<Webhook>> list(
        trace::Context context, OrgId org, std::optional<WebhookId> before, int limit
    );

    /// Errors: webhooks.not_found, also for another organization's.
    Task<Result<Webhook>> find(trace::Context context, OrgId org, WebhookId id);

    /// For operators: anybody's. Errors: webhooks.not_found.
    Task<Result<Webhook>> find_any(trace::Context context, WebhookId id);

    /// The secret that signs first. Errors: webhooks.not_found; webhooks.sealed (unavailable) when
    /// no key of SECRET_KEY opens it any more.
    Task<Result<Secret>> secret_of(trace::Context context, OrgId org, WebhookId id);

    /// `version` as read before. Enabling makes what waits due at once, and forgets how long it has
    /// been failing. Errors: webhooks.not_found, webhooks.invalid, http.precondition_failed.
    Task<Result<Webhook>> change(
        trace::Context context,
        audit::Actor actor,
        OrgId org,
        WebhookId id,
        std::int64_t version,
        Change change
    );

    /// With what waits and its history. Errors: webhooks.not_found.
    Task<Result<>> remove(trace::Context context, audit::Actor actor, OrgId org, WebhookId id);

    /// Another secret; the one before it signs beside it for `grace`. Errors: webhooks.not_found;
    /// webhooks.rotating (conflict) while an older one still has time, unless `grace` is 0, which
    /// ends both older ones at once.
    Task<Result<Made>> rotate(
        trace::Context context,
        audit::Actor actor,
        OrgId org,
        WebhookId id,
        std::chrono::seconds grace
    );

    const Policy& policy() const { return policy_; }

    /// Those that sign now, the newest first; none when no key opens any.
    std::vector<Secret> open(
        WebhookId id, std::string_view sealed, std::optional<std::string_view> old_sealed
    ) const;

private:
    Task<Result<Made>> add(
        pg::Transaction& transaction,
        trace::Context context,
        audit::Actor actor,
        OrgId org,
        Wanted wanted,
        std::vector<FieldError> problems
    );

    Policy policy_;
    Seal seal_;
    pg::Database& db_;
    Telemetry& telemetry_;
};

std::unexpected<Error> no_such_webhook();

}  // namespace acme::webhooks
