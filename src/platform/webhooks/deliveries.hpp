#pragma once

/// What is sent to webhooks: one delivery for each event and webhook that wants it, kept for 30
/// days. Asking for one again, and for all that failed, is here; sending is lanes.hpp and
/// sender.hpp.

#include "platform/happenings/happenings.hpp"
#include "platform/webhooks/webhooks.hpp"

namespace acme::webhooks {

using DeliveryId = Id<"dlv_">;
using happenings::EventId;

inline constexpr std::chrono::days kept_for{30};
inline constexpr int redeliver_max = 10'000;  // by one call

/// As in the database and on the wire.
enum class State : std::uint8_t { pending, delivered, failed };
std::string_view name_of(State state);
std::optional<State> state_of(std::string_view text);

struct Delivery {
    DeliveryId id;
    WebhookId webhook;
    EventId event;
    std::string type = "";
    State state = State::pending;
    int attempts = 0;
    std::optional<WallTime> due_at = std::nullopt;  // while it is pending and does not wait
    std::optional<std::string> last_outcome = std::nullopt;
    std::optional<std::int64_t> last_status = std::nullopt;
    WallTime created_at = {};
    std::optional<WallTime> settled_at = std::nullopt;
    bool waits = false;  // for an earlier one about the same subject, which is pending
};

struct Attempt {
    int number = 1;
    WallTime at = {};
    std::int64_t duration_ms = 0;
    std::string outcome = "";
    std::optional<std::int64_t> status = std::nullopt;
    std::string response = "";
};

/// With what is sent, and what came of each attempt, the oldest first.
struct Details {
    Delivery delivery;
    std::string body;
    std::vector<Attempt> attempts;
};

/// Every function throws pg::Fault when the database is out of reach.
class Deliveries {
public:
    Deliveries(pg::Database& db, Telemetry& telemetry) : db_(db), telemetry_(telemetry) {}

    /// The newest first, those before `before`; of one state, if one is named.
    Task<std::vector<Delivery>> list(
        trace::Context context,
        OrgId org,
        WebhookId webhook,
        std::optional<State> state,
        std::optional<DeliveryId> before,
        int limit
    );

    /// Errors: webhooks.no_delivery (not_found), also for another organization's.
    Task<Result<Details>> find(trace::Context context, OrgId org, WebhookId webhook, DeliveryId id);

    /// For operators: anybody's. Errors: webhooks.no_delivery.
    Task<Result<Webhook>> webhook_of(trace::Context context, Webhooks& webhooks, DeliveryId id);

    /// An event of the type webhook.test for this webhook, whatever it wants. Errors:
    /// webhooks.not_found, webhooks.disabled (conflict).
    Task<Result<Delivery>> test(
        pg::Transaction& transaction,
        trace::Context context,
        audit::Actor actor,
        OrgId org,
        WebhookId webhook
    );

    /// The same event once more, with as many tries as a new one, beginning now; later ones about
    /// the same subject that are pending wait for it. Errors:
    /// webhooks.no_delivery, webhooks.not_found, webhooks.disabled.
    Task<Result<Delivery>> redeliver(
        pg::Transaction& transaction,
        trace::Context context,
        audit::Actor actor,
        OrgId org,
        WebhookId webhook,
        DeliveryId id
    );

    /// All that failed and were made at `since` or later, at most redeliver_max, the oldest first;
    /// returns how many. Errors: webhooks.not_found, webhooks.disabled.
    Task<Result<int>> redeliver_failed(
        pg::Transaction& transaction,
        trace::Context context,
        audit::Actor actor,
        OrgId org,
        WebhookId webhook,
        WallTime since
    );

    /// Makes deliveries of what has happened, at most some thousand. Twice: what was taken is gone
    /// with the transaction that made its deliveries.
    Task<> fan_out(trace::Context context);

    /// Removes what was settled and is older than kept_for, and what is left of webhooks that were
    /// deleted; some thousand at a time, false when none is left. Lets go what waits for nothing,
    /// and deletes listeners that nobody listens to. Twice: it asks for the age.
    Task<bool> sweep(trace::Context context);

private:
    Task<Result<>> lock(
        pg::Transaction& transaction, trace::Context context, OrgId org, WebhookId webhook
    );
    Task<> line_up(
        pg::Transaction& transaction, trace::Context context, OrgId org, WebhookId webhook
    );
    Task<> wake(pg::Transaction& transaction, trace::Context context, OrgId org, WebhookId webhook);
    Task<int> fan_out_once(trace::Context context);
    Task<> let_go(trace::Context context);
    Task<> end_listeners(trace::Context context);

    pg::Database& db_;
    Telemetry& telemetry_;
};

}  // namespace acme::webhooks
