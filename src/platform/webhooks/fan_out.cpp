// What happens to deliveries by themselves: how they come to be, and how they go.
#include "platform/happenings/types.hpp"
#include "platform/webhooks/delivery_rows.hpp"

#include <set>

namespace acme::webhooks {
namespace {

constexpr int batch = 200;
constexpr int batches_max = 20;  // of one run; the next one is a second away
constexpr int sweep_batch = 2000;

// Locked in order, so that two that fan out at once do not wait for each other.
constexpr pg::Query list_wanting{"webhooks.list_wanting", R"sql(
    SELECT id, org_id, types FROM webhooks
    WHERE org_id = ANY($1::text[]::uuid[]) AND disabled IS NULL AND deleted_at IS NULL
      AND (listened_until IS NULL OR listened_until > coalesce($2::timestamptz, now()))
    ORDER BY id FOR NO KEY UPDATE
)sql"};

// Ids that were read from their organizations' rows above.
constexpr pg::Query wake_all{"webhooks.wake_all", R"sql(
    UPDATE webhooks SET due_at = least(due_at, coalesce($2::timestamptz, now()))
    WHERE id = ANY($1::text[]::uuid[])
)sql"};

// Every organization's: what is that old, or whose webhook is gone, is nobody's any more.
constexpr pg::Query sweep_old{"webhooks.sweep_old", R"sql(
    WITH gone AS (
        DELETE FROM webhook_deliveries WHERE id = ANY(ARRAY(
            SELECT id FROM webhook_deliveries
            WHERE created_at < $1 AND state <> 'pending' ORDER BY created_at LIMIT $2::bigint
        )) RETURNING 1
    ) SELECT count(*) FROM gone
)sql"};

constexpr pg::Query sweep_orphans{"webhooks.sweep_orphans", R"sql(
    WITH gone AS (
        DELETE FROM webhook_deliveries WHERE id = ANY(ARRAY(
            SELECT d.id FROM webhooks w JOIN webhook_deliveries d ON d.webhook_id = w.id
            WHERE w.deleted_at IS NOT NULL LIMIT $1::bigint
        )) RETURNING 1
    ) SELECT count(*) FROM gone
)sql"};

constexpr pg::Query sweep_webhooks{"webhooks.sweep", R"sql(
    DELETE FROM webhooks AS w
    WHERE deleted_at < $1
      AND NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.webhook_id = w.id)
)sql"};

// Every organization's. Where a sender settled one and let nobody go: one that knows no order, as
// that of a release before.
constexpr pg::Query list_stuck{"webhooks.list_stuck", R"sql(
    SELECT DISTINCT d.org_id, d.webhook_id FROM webhook_deliveries AS d
    WHERE d.state = 'pending' AND d.waits AND NOT EXISTS (
        SELECT FROM webhook_deliveries AS e
        WHERE e.org_id = d.org_id AND e.webhook_id = d.webhook_id AND e.subject = d.subject
          AND e.state = 'pending' AND e.seq < d.seq
    )
    LIMIT $1
)sql"};

struct Wanting {
    WebhookId id;
    OrgId org;
    std::string types;
};

std::vector<std::string> orgs_of(const std::vector<happenings::Told>& told) {
    std::set<std::string> orgs;
    for (const happenings::Told& each : told) orgs.insert(to_text(each.org.uuid));
    return {orgs.begin(), orgs.end()};
}

std::vector<Wanting> wanting_in(const pg::Rows& rows) {
    std::vector<Wanting> webhooks;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        webhooks.push_back({.id = row.id<WebhookId>(), .org = row.id<OrgId>(), .types = row.text()}
        );
    }
    return webhooks;
}

NewDelivery delivery_of(const happenings::Told& told, WebhookId webhook) {
    return {
        .org = told.org,
        .webhook = webhook,
        .event = told.id,
        .type = told.type,
        .body = body_of(told.type, told.at, told.org, told.data),
        .traceparent = told.traceparent,
        .request_id = told.request_id,
        .subject = told.subject,
        .seq = told.seq,
    };
}

}  // namespace

Task<> Deliveries::fan_out(trace::Context context) {
    for (int i = 0; i < batches_max; ++i) {
        if (co_await fan_out_once(context) < batch) co_return;
    }
}

Task<int> Deliveries::fan_out_once(trace::Context context) {
    auto transaction = co_await db_.begin(context);
    const auto told = co_await happenings::take(transaction, context, batch);
    if (told.empty()) co_return 0;
    const auto webhooks = wanting_in(co_await transaction.run(
        context, list_wanting, orgs_of(told), pg::sql_now(telemetry_.clock)
    ));
    std::set<std::string> woken;
    for (const happenings::Told& each : told) {
        for (const Wanting& webhook : webhooks) {
            if (webhook.org != each.org || !wants(webhook.types, each.type)) continue;
            co_await insert_delivery(
                transaction, context, telemetry_, delivery_of(each, webhook.id)
            );
            woken.insert(to_text(webhook.id.uuid));
        }
    }
    if (!woken.empty()) {
        const std::vector<std::string> ids(woken.begin(), woken.end());
        co_await transaction.run(context, wake_all, ids, pg::sql_now(telemetry_.clock));
    }
    co_await transaction.commit(context);
    co_return static_cast<int>(told.size());
}

Task<> Deliveries::let_go(trace::Context context) {
    const auto rows = co_await db_.run(context, list_stuck, batch);
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        const auto org = row.id<OrgId>();
        const auto webhook = row.id<WebhookId>();
        auto transaction = co_await db_.begin(context);
        // One that is disabled is put in order too, for when it is enabled.
        std::ignore = co_await lock(transaction, context, org, webhook);
        co_await line_up(transaction, context, org, webhook);
        co_await wake(transaction, context, org, webhook);
        co_await transaction.commit(context);
    }
}

Task<bool> Deliveries::sweep(trace::Context context) {
    const WallTime now = telemetry_.clock.now();
    co_await end_listeners(context);
    const auto old = co_await db_.run(context, sweep_old, now - kept_for, sweep_batch);
    const auto orphans = co_await db_.run(context, sweep_orphans, sweep_batch);
    // Who sends to it now may still have its id in hand.
    co_await db_.run(context, sweep_webhooks, now - std::chrono::hours(1));
    co_await let_go(context);
    co_return old[0].integer() == sweep_batch || orphans[0].integer() == sweep_batch;
}

}  // namespace acme::webhooks
