#include "platform/webhooks/webhooks.hpp"

#include "io/pg/database.hpp"
#include "platform/webhooks/rules.hpp"
#include "platform/webhooks/signature.hpp"

namespace acme::webhooks {
namespace {

// Two that are made at once count one after the other.
constexpr pg::Query lock_org{"webhooks.lock_org", R"sql(
    SELECT true FROM pg_advisory_xact_lock(hashtextextended('webhooks ' || $1::uuid::text, 0))
)sql"};

constexpr pg::Query count_webhooks{"webhooks.count", R"sql(
    SELECT count(*) FROM webhooks WHERE org_id = $1 AND deleted_at IS NULL
)sql"};

constexpr pg::Query insert_webhook{"webhooks.insert", R"sql(
    INSERT INTO webhooks (id, org_id, url, description, types, secret, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
)sql"};

constexpr pg::Query list_webhooks{"webhooks.list", R"sql(
    SELECT id, org_id, url, description, types, disabled, version, created_at, updated_at,
           failing_since, old_secret_until
    FROM webhooks
    WHERE org_id = $1 AND ($2::uuid IS NULL OR id < $2) AND deleted_at IS NULL
    ORDER BY id DESC LIMIT $3
)sql"};

constexpr pg::Query find_webhook{"webhooks.find", R"sql(
    SELECT id, org_id, url, description, types, disabled, version, created_at, updated_at,
           failing_since, old_secret_until
    FROM webhooks WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL
)sql"};

// Every organization's: for operators at the terminal.
constexpr pg::Query find_any_webhook{"webhooks.find_any", R"sql(
    SELECT id, org_id, url, description, types, disabled, version, created_at, updated_at,
           failing_since, old_secret_until
    FROM webhooks WHERE id = $1 AND deleted_at IS NULL
)sql"};

constexpr pg::Query find_secret{"webhooks.find_secret", R"sql(
    SELECT secret, old_secret_until IS NOT NULL AND old_secret_until > $3
    FROM webhooks WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL
)sql"};

// What waits is due at once when it is enabled again. The lane's state stays with whoever holds it.
constexpr pg::Query change_webhook{"webhooks.change", R"sql(
    UPDATE webhooks SET
        url = $4, description = $5, types = $6, disabled = $7, version = version + 1,
        updated_at = $8,
        failing_since = CASE WHEN disabled IS NOT NULL AND $7::text IS NULL THEN NULL
                             ELSE failing_since END,
        resume_at = CASE WHEN disabled IS NOT NULL AND $7::text IS NULL THEN '-infinity'
                         ELSE resume_at END,
        due_at = CASE WHEN disabled IS NOT NULL AND $7::text IS NULL
                      THEN coalesce($9::timestamptz, now()) ELSE due_at END
    WHERE org_id = $1 AND id = $2 AND version = $3 AND deleted_at IS NULL
    RETURNING id, org_id, url, description, types, disabled, version, created_at, updated_at,
              failing_since, old_secret_until
)sql"};

constexpr pg::Query delete_webhook{"webhooks.delete", R"sql(
    UPDATE webhooks SET deleted_at = $3, due_at = NULL
    WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL
    RETURNING url, types
)sql"};

constexpr pg::Query rotate_secret{"webhooks.rotate", R"sql(
    UPDATE webhooks SET
        old_secret = CASE WHEN $4::timestamptz > $5 THEN secret END,
        old_secret_until = CASE WHEN $4::timestamptz > $5 THEN $4::timestamptz END,
        secret = $3, version = version + 1, updated_at = $5
    WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL
      AND ($4::timestamptz <= $5 OR old_secret_until IS NULL OR old_secret_until <= $5)
    RETURNING id, org_id, url, description, types, disabled, version, created_at, updated_at,
              failing_since, old_secret_until
)sql"};

Webhook webhook_in(pg::Row row) {
    // A braced list is read from left to right, as the row is.
    return {
        .id = row.id<WebhookId>(),
        .org = row.id<OrgId>(),
        .url = row.text(),
        .description = row.text(),
        .types = row.text(),
        .disabled = row.text_or_null(),
        .version = row.integer(),
        .created_at = row.time(),
        .updated_at = row.time(),
        .failing_since = row.time_or_null(),
        .old_secret_until = row.time_or_null(),
    };
}

std::string shown(const Webhook& webhook) {
    return audit::json_of(
        {{"url", webhook.url},
         {"event_types", webhook.types},
         {"description", webhook.description},
         {"disabled", webhook.disabled.value_or("")}}
    );
}

}  // namespace

std::unexpected<Error> no_such_webhook() {
    return refuse(ErrorKind::not_found, "webhooks.not_found", "There is no such webhook.");
}

Webhooks::Webhooks(Policy policy, const Secret& secret_keys, pg::Database& db, Telemetry& telemetry)
    : policy_(std::move(policy)),
      seal_(keys_for(secret_keys, "webhooks v1")),
      db_(db),
      telemetry_(telemetry) {}

Task<Result<Made>> Webhooks::create(
    pg::Transaction& transaction,
    trace::Context context,
    audit::Actor actor,
    OrgId org,
    Wanted wanted
) {
    auto problems = problems_of_url(wanted.url, policy_);
    co_return co_await add(
        transaction, context, std::move(actor), org, std::move(wanted), std::move(problems)
    );
}

/// `problems` are those of the URL.
Task<Result<Made>> Webhooks::add(
    pg::Transaction& transaction,
    trace::Context context,
    audit::Actor actor,
    OrgId org,
    Wanted wanted,
    std::vector<FieldError> problems
) {
    add_description_problems(wanted.description, problems);
    add_type_problems(wanted.types, problems);
    if (!problems.empty()) co_return invalid(std::move(problems));
    co_await transaction.run(context, lock_org, org);
    const auto count = co_await transaction.run(context, count_webhooks, org);
    if (count[0].integer() >= webhooks_max) {
        co_return refuse(
            ErrorKind::conflict,
            "webhooks.too_many",
            "The organization has 50 webhooks, which is as many as it may have."
        );
    }
    const WallTime now = telemetry_.clock.now();
    Webhook webhook{
        .id = WebhookId::make(now, telemetry_.random),
        .org = org,
        .url = std::move(wanted.url),
        .description = std::move(wanted.description),
        .types = joined(std::move(wanted.types)),
        .created_at = now,
        .updated_at = now,
    };
    Secret secret = make_secret(telemetry_.random);
    co_await transaction.run(
        context,
        insert_webhook,
        webhook.id,
        org,
        webhook.url,
        webhook.description,
        webhook.types,
        seal_.close(telemetry_.random, secret.reveal(), webhook.id.str()),
        now
    );
    audit::Entry entry{
        .action = "webhooks.create", .target = webhook.id.str(), .after = shown(webhook)
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_return Made{std::move(webhook), std::move(secret)};
}

Task<std::vector<Webhook>> Webhooks::list(
    trace::Context context, OrgId org, std::optional<WebhookId> before, int limit
) {
    const auto rows = co_await db_.run(context, list_webhooks, org, before, limit);
    std::vector<Webhook> found;
    for (int i = 0; i < rows.size(); ++i) found.push_back(webhook_in(rows[i]));
    co_return found;
}

Task<Result<Webhook>> Webhooks::find(trace::Context context, OrgId org, WebhookId id) {
    const auto rows = co_await db_.run(context, find_webhook, org, id);
    if (rows.empty()) co_return no_such_webhook();
    co_return webhook_in(rows[0]);
}

Task<Result<Webhook>> Webhooks::find_any(trace::Context context, WebhookId id) {
    const auto rows = co_await db_.run(context, find_any_webhook, id);
    if (rows.empty()) co_return no_such_webhook();
    co_return webhook_in(rows[0]);
}

Task<Result<Secret>> Webhooks::secret_of(trace::Context context, OrgId org, WebhookId id) {
    const auto rows = co_await db_.run(context, find_secret, org, id, telemetry_.clock.now());
    if (rows.empty()) co_return no_such_webhook();
    auto secrets = open(id, rows[0].text(), std::nullopt);
    if (secrets.empty()) {
        co_return refuse(
            ErrorKind::unavailable,
            "webhooks.sealed",
            "The secret was sealed with a key that is gone. Rotate it."
        );
    }
    co_return std::move(secrets.front());
}

Task<Result<Webhook>> Webhooks::change(
    trace::Context context,
    audit::Actor actor,
    OrgId org,
    WebhookId id,
    std::int64_t version,
    Change change
) {
    const Webhook before = ACME_TRY(co_await find(context, org, id));
    std::vector<FieldError> problems;
    if (change.url) problems = problems_of_url(*change.url, policy_);
    if (change.description) add_description_problems(*change.description, problems);
    if (change.types) add_type_problems(*change.types, problems);
    if (!problems.empty()) co_return invalid(std::move(problems));
    auto disabled = before.disabled;
    if (change.is_enabled && *change.is_enabled) disabled = std::nullopt;
    if (change.is_enabled && !*change.is_enabled && !disabled) disabled = "paused";
    const std::string types = change.types ? joined(*std::move(change.types)) : before.types;
    auto transaction = co_await db_.begin(context);
    const auto rows = co_await transaction.run(
        context,
        change_webhook,
        org,
        id,
        version,
        change.url.value_or(before.url),
        change.description.value_or(before.description),
        types,
        disabled,
        telemetry_.clock.now(),
        pg::sql_now(telemetry_.clock)
    );
    if (rows.empty()) {
        co_return refuse(
            ErrorKind::conflict, "http.precondition_failed", "It has changed: read it again."
        );
    }
    Webhook after = webhook_in(rows[0]);
    audit::Entry entry{
        .action = "webhooks.change",
        .target = id.str(),
        .before = shown(before),
        .after = shown(after),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    co_return after;
}

Task<Result<>> Webhooks::remove(
    trace::Context context, audit::Actor actor, OrgId org, WebhookId id
) {
    auto transaction = co_await db_.begin(context);
    const auto rows =
        co_await transaction.run(context, delete_webhook, org, id, telemetry_.clock.now());
    if (rows.empty()) co_return no_such_webhook();
    pg::Row row = rows[0];
    const std::string url = row.text();
    const std::string types = row.text();
    audit::Entry entry{
        .action = "webhooks.delete",
        .target = id.str(),
        .before = audit::json_of({{"url", url}, {"event_types", types}}),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    co_return done;
}

Task<Result<Made>> Webhooks::rotate(
    trace::Context context, audit::Actor actor, OrgId org, WebhookId id, std::chrono::seconds grace
) {
    Secret secret = make_secret(telemetry_.random);
    const WallTime now = telemetry_.clock.now();
    auto transaction = co_await db_.begin(context);
    const auto rows = co_await transaction.run(
        context,
        rotate_secret,
        org,
        id,
        seal_.close(telemetry_.random, secret.reveal(), id.str()),
        now + grace,
        now
    );
    if (rows.empty()) {
        ACME_TRY(co_await find(context, org, id));
        co_return refuse(
            ErrorKind::conflict,
            "webhooks.rotating",
            "The secret before the last one still signs. Wait, or rotate with grace_seconds 0, "
            "which ends both at once."
        );
    }
    Webhook webhook = webhook_in(rows[0]);
    audit::Entry entry{
        .action = "webhooks.rotate",
        .target = id.str(),
        .after = audit::json_of({{"grace_seconds", std::to_string(grace.count())}}),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    co_return Made{std::move(webhook), std::move(secret)};
}

std::vector<Secret> Webhooks::open(
    WebhookId id, std::string_view sealed, std::optional<std::string_view> old_sealed
) const {
    std::vector<Secret> secrets;
    if (auto secret = seal_.open(sealed, id.str())) secrets.push_back(*std::move(secret));
    if (old_sealed) {
        if (auto old = seal_.open(*old_sealed, id.str())) secrets.push_back(*std::move(old));
    }
    return secrets;
}

}  // namespace acme::webhooks
