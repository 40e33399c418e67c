#pragma once

/// The rows of deliveries. Private to platform/webhooks.

#include "io/pg/database.hpp"
#include "platform/webhooks/deliveries.hpp"

namespace acme::webhooks {

/// id, webhook_id, event_id, type, state, attempts, due_at, last_outcome, last_status, created_at,
/// settled_at, waits.
Delivery delivery_in(pg::Row& row);

/// What is sent: {"type": …, "timestamp": …, "organization": …, "data": …}. Source: Standard
/// Webhooks 1.0, "Payload structure".
std::string body_of(std::string_view type, WallTime at, OrgId org, std::string_view data);

/// A new one, due at once, or when those about the same subject that are pending are settled.
struct NewDelivery {
    OrgId org;
    WebhookId webhook;
    EventId event;
    std::string type;
    std::string body;
    std::string traceparent;
    std::string request_id;
    std::optional<std::string> subject = std::nullopt;
    std::int64_t seq = 0;  // greater than that of every one about the subject
};

/// Whoever calls it holds the row of the webhook. nullopt: there is one of this event already.
Task<std::optional<Delivery>> insert_delivery(
    pg::Transaction& transaction, trace::Context context, Telemetry& telemetry, NewDelivery delivery
);

}  // namespace acme::webhooks
