#include "platform/webhooks/delivery_rows.hpp"

#include "base/text.hpp"
#include "io/http/time.hpp"

namespace acme::webhooks {
namespace {

constexpr pg::Query insert_row{"webhooks.insert_delivery", R"sql(
    INSERT INTO webhook_deliveries (id, org_id, webhook_id, event_id, type, body, due_at, created_at,
                                    traceparent, request_id, subject, seq, waits)
    VALUES ($1, $2, $3, $4, $5, $6, coalesce($7::timestamptz, now()), $8, $9, $10, $11::text, $12,
            EXISTS (
                SELECT FROM webhook_deliveries
                WHERE org_id = $2 AND webhook_id = $3 AND subject = $11 AND state = 'pending'
            ))
    ON CONFLICT (webhook_id, event_id) DO NOTHING
    RETURNING id, webhook_id, event_id, type, state, attempts, due_at, last_outcome, last_status,
              created_at, settled_at, waits
)sql"};

}  // namespace

std::string_view name_of(State state) {
    switch (state) {
        case State::pending: return "pending";
        case State::delivered: return "delivered";
        case State::failed: return "failed";
    }
    return "failed";
}

std::optional<State> state_of(std::string_view text) {
    for (const State state : {State::pending, State::delivered, State::failed}) {
        if (name_of(state) == text) return state;
    }
    return std::nullopt;
}

Delivery delivery_in(pg::Row& row) {
    // A braced list is read from left to right, as the row is.
    Delivery delivery{
        .id = row.id<DeliveryId>(),
        .webhook = row.id<WebhookId>(),
        .event = row.id<EventId>(),
        .type = row.text(),
        .state = state_of(row.text()).value_or(State::failed),
        .attempts = static_cast<int>(row.integer()),
        .due_at = row.time(),
        .last_outcome = row.text_or_null(),
        .last_status = row.integer_or_null(),
        .created_at = row.time(),
        .settled_at = row.time_or_null(),
        .waits = row.boolean(),
    };
    delivery.waits = delivery.waits && delivery.state == State::pending;
    if (delivery.waits || delivery.state != State::pending) delivery.due_at = std::nullopt;
    return delivery;
}

std::string body_of(std::string_view type, WallTime at, OrgId org, std::string_view data) {
    std::string body = R"({"type":)";
    append_json_string(body, type);
    append_json_string(body.append(R"(,"timestamp":)"), http::to_json(at));
    append_json_string(body.append(R"(,"organization":)"), org.str());
    return body.append(R"(,"data":)").append(data).append("}");
}

Task<std::optional<Delivery>> insert_delivery(
    pg::Transaction& transaction, trace::Context context, Telemetry& telemetry, NewDelivery delivery
) {
    const WallTime now = telemetry.clock.now();
    const auto rows = co_await transaction.run(
        context,
        insert_row,
        DeliveryId::make(now, telemetry.random),
        delivery.org,
        delivery.webhook,
        delivery.event,
        delivery.type,
        delivery.body,
        pg::sql_now(telemetry.clock),
        now,
        delivery.traceparent,
        delivery.request_id,
        delivery.subject,
        delivery.seq
    );
    if (rows.empty()) co_return std::nullopt;
    pg::Row row = rows[0];
    co_return delivery_in(row);
}

}  // namespace acme::webhooks
