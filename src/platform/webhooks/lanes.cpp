#include "platform/webhooks/lanes.hpp"

#include "io/pg/database.hpp"
#include "platform/accounts/memberships.hpp"
#include "platform/webhooks/letters.hpp"

namespace acme::webhooks {
namespace {

constexpr std::string_view disabled_mail = "webhooks.disabled";

// Whoever held it is gone, or was taken for gone. What somebody else has locked is theirs: to wait
// for it, with others in hand, could be to wait for each other.
constexpr pg::Query free_lanes{"webhooks.free_lanes", R"sql(
    UPDATE webhooks SET holder = NULL, held_until = NULL,
        due_at = least(due_at, coalesce($1::timestamptz, now()))
    WHERE id = ANY(ARRAY(
        SELECT id FROM webhooks WHERE held_until <= coalesce($1::timestamptz, now())
        FOR NO KEY UPDATE SKIP LOCKED
    ))
)sql"};

// Every organization's: a sender works for all. due_at is cleared, so that what comes to be due
// while the lane is held can say so.
constexpr pg::Query claim_lanes{"webhooks.claim", R"sql(
    UPDATE webhooks
    SET holder = $2, due_at = NULL,
        held_until = coalesce($1::timestamptz, now()) + $3::bigint * interval '1 s'
    WHERE id = ANY(
        ARRAY(
            SELECT id FROM webhooks
            WHERE due_at <= coalesce($1::timestamptz, now()) AND strikes = 0 AND holder IS NULL
              AND listened_until IS NULL
              AND resume_at <= coalesce($1::timestamptz, now())
              AND disabled IS NULL AND deleted_at IS NULL
            ORDER BY due_at LIMIT $4::bigint FOR NO KEY UPDATE SKIP LOCKED
        ) || ARRAY(
            SELECT id FROM webhooks
            WHERE due_at <= coalesce($1::timestamptz, now()) AND strikes > 0 AND holder IS NULL
              AND listened_until IS NULL
              AND resume_at <= coalesce($1::timestamptz, now())
              AND disabled IS NULL AND deleted_at IS NULL
            ORDER BY due_at LIMIT $5::bigint FOR NO KEY UPDATE SKIP LOCKED
        )
    )
    RETURNING id, org_id, strikes > 0, url, secret,
        CASE WHEN old_secret_until > coalesce($1::timestamptz, now()) THEN old_secret END
)sql"};

constexpr pg::Query claim_own_lane{"webhooks.claim_own", R"sql(
    UPDATE webhooks
    SET holder = $4, due_at = NULL,
        held_until = coalesce($3::timestamptz, now()) + $5::bigint * interval '1 s'
    WHERE org_id = $1 AND id = $2 AND due_at <= coalesce($3::timestamptz, now())
      AND holder IS NULL AND disabled IS NULL AND deleted_at IS NULL
      AND listened_until > coalesce($3::timestamptz, now())
    RETURNING id, org_id, false, url, secret,
        CASE WHEN old_secret_until > coalesce($3::timestamptz, now()) THEN old_secret END
)sql"};

constexpr pg::Query list_due{"webhooks.list_due", R"sql(
    SELECT id, event_id, type, body, attempts, tries, traceparent, request_id
    FROM webhook_deliveries
    WHERE org_id = $1 AND webhook_id = $2 AND state = 'pending' AND NOT waits
      AND due_at <= coalesce($3::timestamptz, now())
    ORDER BY due_at, id LIMIT $4
)sql"};

// A wish that came meanwhile stands: least() takes what is not NULL.
constexpr pg::Query release_lane{"webhooks.release", R"sql(
    UPDATE webhooks AS w SET holder = NULL, held_until = NULL, due_at = least(w.due_at, (
        SELECT min(d.due_at) FROM webhook_deliveries d
        WHERE d.org_id = $1 AND d.webhook_id = w.id AND d.state = 'pending' AND NOT d.waits
    ))
    WHERE w.org_id = $1 AND w.id = $2 AND w.holder = $3
)sql"};

// First of all, as everybody who changes deliveries does.
constexpr pg::Query lock_lane{"webhooks.lock_lane", R"sql(
    SELECT strikes FROM webhooks WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL
    FOR NO KEY UPDATE
)sql"};

constexpr pg::Query settle_attempt{"webhooks.settle", R"sql(
    WITH settled AS (
        UPDATE webhook_deliveries SET
            attempts = attempts + 1, tries = tries + 1, state = $4, last_outcome = $7,
            last_status = $8,
            due_at = coalesce($9::timestamptz, now()) + $5::bigint * interval '1 ms',
            settled_at = CASE WHEN $4 <> 'pending' THEN $6::timestamptz END
        WHERE org_id = $1 AND id = $2 AND attempts = $3 AND state = 'pending'
        RETURNING id, attempts
    )
    INSERT INTO webhook_attempts (delivery_id, number, org_id, at, duration_ms, outcome, status,
                                  response)
    SELECT id, attempts, $1, $10, $11, $7, $8, $12 FROM settled
    RETURNING number
)sql"};

// The next about the same subject is due. The lane is woken too, for a sender whose time was up may
// be the one that says so.
constexpr pg::Query let_next{"webhooks.let_next", R"sql(
    WITH next AS (
        UPDATE webhook_deliveries SET waits = false
        WHERE org_id = $1 AND waits AND id = (
            SELECT line.id FROM webhook_deliveries AS d, LATERAL (
                SELECT n.id FROM webhook_deliveries AS n
                WHERE n.org_id = $1 AND n.webhook_id = d.webhook_id AND n.subject = d.subject
                  AND n.state = 'pending'
                ORDER BY n.seq LIMIT 1
            ) AS line
            WHERE d.org_id = $1 AND d.id = $2
        )
        RETURNING webhook_id
    )
    UPDATE webhooks SET due_at = least(due_at, coalesce($3::timestamptz, now()))
    WHERE org_id = $1 AND id IN (SELECT webhook_id FROM next)
)sql"};

constexpr pg::Query clear_strikes{"webhooks.clear_strikes", R"sql(
    UPDATE webhooks SET strikes = 0, failing_since = NULL WHERE org_id = $1 AND id = $2
)sql"};

constexpr pg::Query add_strike{"webhooks.add_strike", R"sql(
    UPDATE webhooks SET strikes = strikes + 1, failing_since = coalesce(failing_since, $3),
        resume_at = greatest(
            resume_at, coalesce($5::timestamptz, now()) + $4::bigint * interval '1 s'
        )
    WHERE org_id = $1 AND id = $2
    RETURNING failing_since
)sql"};

constexpr pg::Query disable_webhook{"webhooks.disable", R"sql(
    UPDATE webhooks SET disabled = $3, version = version + 1, updated_at = $4, due_at = NULL
    WHERE org_id = $1 AND id = $2 AND disabled IS NULL AND deleted_at IS NULL
    RETURNING url
)sql"};

constexpr pg::Query fail_pending{"webhooks.fail_pending", R"sql(
    UPDATE webhook_deliveries SET state = 'failed', settled_at = $3
    WHERE org_id = $1 AND webhook_id = $2 AND state = 'pending'
)sql"};

}  // namespace

Lanes::Lanes(
    std::string base_url,
    pg::Database& db,
    Webhooks& webhooks,
    accounts::Memberships& memberships,
    mail::Mail& mail,
    Telemetry& telemetry
)
    : base_url_(std::move(base_url)),
      db_(db),
      webhooks_(webhooks),
      memberships_(memberships),
      mail_(mail),
      telemetry_(telemetry) {
    mail_.add(disabled_mail, [this](trace::Context context, std::string about) {
        return write(context, std::move(about));
    });
}

Task<std::vector<Lane>> Lanes::claim(trace::Context context, Room room) {
    const auto now = pg::sql_now(telemetry_.clock);
    const Uuid holder = make_uuid7(telemetry_.clock.now(), telemetry_.random);
    co_await db_.run(context, free_lanes, now);
    const auto rows = co_await db_.run(
        context, claim_lanes, now, holder, hold_time.count(), room.sound, room.struck
    );
    co_return lanes_in(rows, holder);
}

Task<std::vector<Lane>> Lanes::claim_own(trace::Context context, Own own) {
    const auto now = pg::sql_now(telemetry_.clock);
    const Uuid holder = make_uuid7(telemetry_.clock.now(), telemetry_.random);
    co_await db_.run(context, free_lanes, now);
    const auto rows = co_await db_.run(
        context, claim_own_lane, own.org, own.webhook, now, holder, hold_time.count()
    );
    auto lanes = lanes_in(rows, holder);
    for (Lane& lane : lanes) lane.is_own = true;
    co_return lanes;
}

std::vector<Lane> Lanes::lanes_in(const pg::Rows& rows, Uuid holder) const {
    std::vector<Lane> lanes;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        Lane& lane = lanes.emplace_back();
        lane.webhook = row.id<WebhookId>();
        lane.org = row.id<OrgId>();
        lane.holder = holder;
        lane.is_struck = row.boolean();
        lane.url = row.text();
        const std::string sealed = row.text();
        const auto old = row.text_or_null();
        lane.secrets = webhooks_.open(lane.webhook, sealed, old);
    }
    return lanes;
}

Task<std::vector<Due>> Lanes::due(trace::Context context, const Lane& lane) {
    const auto rows = co_await db_.run(
        context, list_due, lane.org, lane.webhook, pg::sql_now(telemetry_.clock), per_lane_max
    );
    std::vector<Due> due;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        // A braced list is read from left to right, as the row is.
        due.push_back({
            .id = row.id<DeliveryId>(),
            .event = row.id<EventId>(),
            .type = row.text(),
            .body = row.text(),
            .attempts = static_cast<int>(row.integer()),
            .tries = static_cast<int>(row.integer()),
            .traceparent = row.text(),
            .request_id = row.text(),
        });
    }
    co_return due;
}

Task<> Lanes::release(trace::Context context, const Lane& lane) {
    co_await db_.run(context, release_lane, lane.org, lane.webhook, lane.holder);
}

Lanes::Verdict Lanes::judge(const Lane& lane, const Due& due, const Posted& posted) {
    if (posted.outcome == Outcome::delivered) return {};
    const auto pause = pause_after(due.tries + 1, telemetry_.random);
    if (posted.outcome == Outcome::gone || !pause || lane.is_own) {
        return {.state = State::failed, .fate = "failed"};
    }
    const std::chrono::milliseconds asked = posted.retry_after.value_or(std::chrono::seconds(0));
    return {.state = State::pending, .pause = std::max(*pause, asked), .fate = "retried"};
}

Task<Fate> Lanes::record(
    trace::Context context, const Lane& lane, const Due& due, const Posted& posted
) {
    const Verdict verdict = judge(lane, due, posted);
    const pg::Param status = posted.status > 0 ? pg::to_param(posted.status) : std::nullopt;
    auto transaction = co_await db_.begin(context);
    const auto locked = co_await transaction.run(context, lock_lane, lane.org, lane.webhook);
    if (locked.empty()) co_return "lost";
    const auto settled = co_await transaction.run(
        context,
        settle_attempt,
        lane.org,
        due.id,
        due.attempts,
        name_of(verdict.state),
        verdict.pause.count(),
        telemetry_.clock.now(),
        name_of(posted.outcome),
        status,
        pg::sql_now(telemetry_.clock),
        posted.at,
        posted.duration.count(),
        posted.response
    );
    if (settled.empty()) co_return "lost";
    if (verdict.state != State::pending) {
        co_await transaction.run(
            context, let_next, lane.org, due.id, pg::sql_now(telemetry_.clock)
        );
    }
    if (posted.outcome != Outcome::delivered) {
        if (!lane.is_own) co_await strike(transaction, context, lane, posted);
    } else if (locked[0].integer() > 0) {
        co_await transaction.run(context, clear_strikes, lane.org, lane.webhook);
    }
    co_await transaction.commit(context);
    co_return verdict.fate;
}

Task<> Lanes::strike(
    pg::Transaction& transaction, trace::Context context, const Lane& lane, const Posted& posted
) {
    const WallTime now = telemetry_.clock.now();
    const auto pause = posted.retry_after.value_or(std::chrono::seconds(0));
    const auto rows = co_await transaction.run(
        context,
        add_strike,
        lane.org,
        lane.webhook,
        posted.at,
        pause.count(),
        pg::sql_now(telemetry_.clock)
    );
    if (posted.outcome == Outcome::gone) {
        co_await disable(transaction, context, lane, "gone");
    } else if (now - rows[0].time() >= failing_max) {
        co_await disable(transaction, context, lane, "failing");
    }
}

Task<> Lanes::disable(
    pg::Transaction& transaction, trace::Context context, const Lane& lane, std::string_view why
) {
    const WallTime now = telemetry_.clock.now();
    const auto rows =
        co_await transaction.run(context, disable_webhook, lane.org, lane.webhook, why, now);
    if (rows.empty()) co_return;
    co_await transaction.run(context, fail_pending, lane.org, lane.webhook, now);
    audit::Entry entry{
        .action = "webhooks.disable",
        .target = lane.webhook.str(),
        .after = audit::json_of({{"disabled", why}}),
    };
    co_await audit::record(transaction, context, {.org = lane.org}, std::move(entry));
    int mails = 0;
    std::optional<UserId> after;
    while (true) {
        const auto members = co_await memberships_.list(context, lane.org, after, 100);
        for (const accounts::Member& member : members) {
            const bool is_told = member.role >= OrgRole::admin &&
                                 member.state == accounts::State::active && mails < mails_max;
            if (!is_told) continue;
            ++mails;
            const std::string about =
                lane.org.str() + " " + lane.webhook.str() + " " + member.user.str();
            co_await mail_.enqueue(transaction, context, disabled_mail, about);
        }
        if (members.size() < 100 || mails == mails_max) co_return;
        after = members.back().user;
    }
}

/// To one administrator; nothing when the webhook is enabled again or gone, or they are.
Task<std::optional<smtp::Letter>> Lanes::write(trace::Context context, std::string about) {
    const std::string_view text(about);
    const auto first = std::min(text.find(' '), text.size());
    const auto second = std::min(text.find(' ', first + 1), text.size());
    const auto org = OrgId::parse(text.substr(0, first));
    const auto id = WebhookId::parse(text.substr(first, second - first).substr(1));
    const auto user = UserId::parse(text.substr(second).substr(1));
    if (!org || !id || !user) co_return std::nullopt;
    const auto member = co_await memberships_.find(context, *org, *user);
    const auto webhook = co_await webhooks_.find(context, *org, *id);
    if (!member || !webhook || !webhook->disabled) co_return std::nullopt;
    co_return disabled_letter(member->email, *webhook, base_url_);
}

}  // namespace acme::webhooks
