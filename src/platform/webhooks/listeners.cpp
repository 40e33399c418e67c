// Webhooks that somebody listens to while they develop: how they come, stay and go.
#include "io/pg/database.hpp"
#include "platform/webhooks/deliveries.hpp"

namespace acme::webhooks {
namespace {

constexpr int ended_max = 100;  // by one sweep

constexpr pg::Query listen_on{"webhooks.listen", R"sql(
    UPDATE webhooks
    SET listened_until = coalesce($3::timestamptz, now()) + $4::bigint * interval '1 s'
    WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL
    RETURNING true
)sql"};

// Every organization's: whoever listened is gone.
constexpr pg::Query delete_unheard{"webhooks.delete_unheard", R"sql(
    UPDATE webhooks SET deleted_at = $1, due_at = NULL
    WHERE id = ANY(ARRAY(
        SELECT id FROM webhooks
        WHERE listened_until < coalesce($2::timestamptz, now()) AND deleted_at IS NULL
        LIMIT $3::bigint FOR NO KEY UPDATE SKIP LOCKED
    ))
    RETURNING id, org_id
)sql"};

}  // namespace

Task<Result<Made>> Webhooks::listen(
    trace::Context context, audit::Actor actor, OrgId org, Wanted wanted
) {
    auto problems = problems_of_local_url(wanted.url);
    auto transaction = co_await db_.begin(context);
    Made made = ACME_TRY(co_await add(
        transaction, context, std::move(actor), org, std::move(wanted), std::move(problems)
    ));
    co_await transaction.run(
        context, listen_on, org, made.webhook.id, pg::sql_now(telemetry_.clock), listen_time.count()
    );
    co_await transaction.commit(context);
    co_return made;
}

Task<bool> Webhooks::keep_listening(trace::Context context, OrgId org, WebhookId id) {
    const auto rows = co_await db_.run(
        context, listen_on, org, id, pg::sql_now(telemetry_.clock), listen_time.count()
    );
    co_return !rows.empty();
}

Task<> Deliveries::end_listeners(trace::Context context) {
    auto transaction = co_await db_.begin(context);
    const auto rows = co_await transaction.run(
        context, delete_unheard, telemetry_.clock.now(), pg::sql_now(telemetry_.clock), ended_max
    );
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        const auto id = row.id<WebhookId>();
        audit::Entry entry{.action = "webhooks.delete", .target = id.str()};
        co_await audit::record(transaction, context, {.org = row.id<OrgId>()}, std::move(entry));
    }
    co_await transaction.commit(context);
}

}  // namespace acme::webhooks
