#include "platform/webhooks/deliveries.hpp"

#include "platform/happenings/types.hpp"
#include "platform/webhooks/delivery_rows.hpp"

namespace acme::webhooks {
namespace {

constexpr pg::Query list_deliveries{"webhooks.list_deliveries", R"sql(
    SELECT id, webhook_id, event_id, type, state, attempts, due_at, last_outcome, last_status,
           created_at, settled_at, waits
    FROM webhook_deliveries
    WHERE org_id = $1 AND webhook_id = $2 AND ($3::text IS NULL OR state = $3)
      AND ($4::uuid IS NULL OR id < $4)
    ORDER BY id DESC LIMIT $5
)sql"};

constexpr pg::Query find_delivery{"webhooks.find_delivery", R"sql(
    SELECT id, webhook_id, event_id, type, state, attempts, due_at, last_outcome, last_status,
           created_at, settled_at, waits, body
    FROM webhook_deliveries WHERE org_id = $1 AND webhook_id = $2 AND id = $3
)sql"};

// Every organization's: for operators at the terminal.
constexpr pg::Query find_webhook_of{"webhooks.find_webhook_of", R"sql(
    SELECT webhook_id FROM webhook_deliveries WHERE id = $1
)sql"};

constexpr pg::Query list_attempts{"webhooks.list_attempts", R"sql(
    SELECT number, at, duration_ms, outcome, status, response
    FROM webhook_attempts WHERE org_id = $1 AND delivery_id = $2 ORDER BY number
)sql"};

// Whoever changes deliveries has the row of their webhook first: so nobody waits for each other.
constexpr pg::Query lock_webhook{"webhooks.lock", R"sql(
    SELECT disabled IS NULL FROM webhooks
    WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL FOR NO KEY UPDATE
)sql"};

constexpr pg::Query wake_webhook{"webhooks.wake", R"sql(
    UPDATE webhooks SET due_at = least(due_at, coalesce($3::timestamptz, now()))
    WHERE org_id = $1 AND id = $2
)sql"};

// Of one that is being sent now, the attempt stays its own, and counts.
constexpr pg::Query redeliver_one{"webhooks.redeliver", R"sql(
    UPDATE webhook_deliveries
    SET state = 'pending', tries = 0, due_at = coalesce($4::timestamptz, now()), settled_at = NULL
    WHERE org_id = $1 AND webhook_id = $2 AND id = $3
    RETURNING true
)sql"};

constexpr pg::Query redeliver_all{"webhooks.redeliver_failed", R"sql(
    UPDATE webhook_deliveries
    SET state = 'pending', tries = 0, due_at = coalesce($5::timestamptz, now()), settled_at = NULL
    WHERE id = ANY(ARRAY(
        SELECT id FROM webhook_deliveries
        WHERE org_id = $1 AND webhook_id = $2 AND state = 'failed' AND created_at >= $3
        ORDER BY id LIMIT $4::bigint
    ))
    RETURNING 1
)sql"};

// Of each subject the earliest that is pending goes on, and the others wait.
constexpr pg::Query line_up_all{"webhooks.line_up", R"sql(
    UPDATE webhook_deliveries AS d SET waits = line.waits
    FROM (
        SELECT id, row_number() OVER (PARTITION BY subject ORDER BY seq) > 1 AS waits
        FROM webhook_deliveries
        WHERE org_id = $1 AND webhook_id = $2 AND state = 'pending' AND subject IS NOT NULL
    ) AS line
    WHERE d.org_id = $1 AND d.id = line.id AND d.waits <> line.waits
)sql"};

std::unexpected<Error> no_delivery() {
    return refuse(ErrorKind::not_found, "webhooks.no_delivery", "There is no such delivery.");
}

Attempt attempt_in(pg::Row row) {
    return {
        .number = static_cast<int>(row.integer()),
        .at = row.time(),
        .duration_ms = row.integer(),
        .outcome = row.text(),
        .status = row.integer_or_null(),
        .response = row.text(),
    };
}

}  // namespace

Task<std::vector<Delivery>> Deliveries::list(
    trace::Context context,
    OrgId org,
    WebhookId webhook,
    std::optional<State> state,
    std::optional<DeliveryId> before,
    int limit
) {
    std::optional<std::string> word;
    if (state) word = name_of(*state);
    const auto rows = co_await db_.run(context, list_deliveries, org, webhook, word, before, limit);
    std::vector<Delivery> found;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        found.push_back(delivery_in(row));
    }
    co_return found;
}

Task<Result<Details>> Deliveries::find(
    trace::Context context, OrgId org, WebhookId webhook, DeliveryId id
) {
    const auto rows = co_await db_.run(context, find_delivery, org, webhook, id);
    if (rows.empty()) co_return no_delivery();
    pg::Row row = rows[0];
    Details told{.delivery = delivery_in(row), .body = row.text(), .attempts = {}};
    const auto attempts = co_await db_.run(context, list_attempts, org, id);
    for (int i = 0; i < attempts.size(); ++i) told.attempts.push_back(attempt_in(attempts[i]));
    co_return told;
}

Task<Result<Webhook>> Deliveries::webhook_of(
    trace::Context context, Webhooks& webhooks, DeliveryId id
) {
    const auto rows = co_await db_.run(context, find_webhook_of, id);
    if (rows.empty()) co_return no_delivery();
    co_return co_await webhooks.find_any(context, rows[0].id<WebhookId>());
}

Task<Result<>> Deliveries::lock(
    pg::Transaction& transaction, trace::Context context, OrgId org, WebhookId webhook
) {
    const auto rows = co_await transaction.run(context, lock_webhook, org, webhook);
    if (rows.empty()) co_return no_such_webhook();
    if (rows[0].boolean()) co_return done;
    co_return refuse(
        ErrorKind::conflict, "webhooks.disabled", "The webhook is disabled. Enable it first."
    );
}

Task<> Deliveries::wake(
    pg::Transaction& transaction, trace::Context context, OrgId org, WebhookId webhook
) {
    co_await transaction.run(context, wake_webhook, org, webhook, pg::sql_now(telemetry_.clock));
}

Task<> Deliveries::line_up(
    pg::Transaction& transaction, trace::Context context, OrgId org, WebhookId webhook
) {
    co_await transaction.run(context, line_up_all, org, webhook);
}

Task<Result<Delivery>> Deliveries::test(
    pg::Transaction& transaction,
    trace::Context context,
    audit::Actor actor,
    OrgId org,
    WebhookId webhook
) {
    ACME_TRY(co_await lock(transaction, context, org, webhook));
    const WallTime now = telemetry_.clock.now();
    const std::string data = R"({"message":"This is a test.","webhook":")" + webhook.str() + "\"}";
    auto made = co_await insert_delivery(
        transaction,
        context,
        telemetry_,
        {
            .org = org,
            .webhook = webhook,
            .event = EventId::make(now, telemetry_.random),
            .type = std::string(happenings::test_type),
            .body = body_of(happenings::test_type, now, org, data),
            .traceparent = context.traceparent(),
            .request_id = context.trace->request_id,
        }
    );
    co_await wake(transaction, context, org, webhook);
    audit::Entry entry{.action = "webhooks.test", .target = webhook.str()};
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_return std::move(made).value();  // its event is new
}

Task<Result<Delivery>> Deliveries::redeliver(
    pg::Transaction& transaction,
    trace::Context context,
    audit::Actor actor,
    OrgId org,
    WebhookId webhook,
    DeliveryId id
) {
    ACME_TRY(co_await lock(transaction, context, org, webhook));
    const auto asked = co_await transaction.run(
        context, redeliver_one, org, webhook, id, pg::sql_now(telemetry_.clock)
    );
    if (asked.empty()) co_return no_delivery();
    co_await line_up(transaction, context, org, webhook);
    co_await wake(transaction, context, org, webhook);
    audit::Entry entry{.action = "webhooks.redeliver", .target = id.str()};
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    const auto rows = co_await transaction.run(context, find_delivery, org, webhook, id);
    pg::Row row = rows[0];
    co_return delivery_in(row);
}

Task<Result<int>> Deliveries::redeliver_failed(
    pg::Transaction& transaction,
    trace::Context context,
    audit::Actor actor,
    OrgId org,
    WebhookId webhook,
    WallTime since
) {
    ACME_TRY(co_await lock(transaction, context, org, webhook));
    const auto rows = co_await transaction.run(
        context, redeliver_all, org, webhook, since, redeliver_max, pg::sql_now(telemetry_.clock)
    );
    co_await line_up(transaction, context, org, webhook);
    co_await wake(transaction, context, org, webhook);
    audit::Entry entry{
        .action = "webhooks.redeliver_failed",
        .target = webhook.str(),
        .after = audit::json_of(
            {{"since", to_rfc3339(since)}, {"deliveries", std::to_string(rows.size())}}
        ),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_return rows.size();
}

}  // namespace acme::webhooks
