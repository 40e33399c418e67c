#include "operate/changes/freezes.hpp"

#include "io/http/time.hpp"
#include "io/pg/database.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace acme::changes {
namespace {

namespace json = boost::json;

constexpr pg::Query list_active{"freezes.active", R"sql(
    SELECT id, environment, reason, until, actor, source, created_at, lifted_at, lifted_by,
           lift_reason, true
    FROM freezes
    WHERE environment = $1 AND lifted_at IS NULL
      AND (until IS NULL OR until > coalesce($2, now()))
    ORDER BY until DESC NULLS FIRST, created_at
)sql"};

constexpr pg::Query list_newest{"freezes.list", R"sql(
    SELECT id, environment, reason, until, actor, source, created_at, lifted_at, lifted_by,
           lift_reason, lifted_at IS NULL AND (until IS NULL OR until > coalesce($2, now()))
    FROM freezes
    WHERE environment = $1
      AND ($3::uuid IS NULL
           OR (created_at, id) < (SELECT created_at, id FROM freezes WHERE id = $3))
    ORDER BY created_at DESC, id DESC LIMIT $4
)sql"};

constexpr pg::Query add_freeze{"freezes.add", R"sql(
    INSERT INTO freezes (environment, reason, until, actor, source, created_at)
    VALUES ($1, $2, $3, $4, $5, $6)
    RETURNING id, environment, reason, until, actor, source, created_at, lifted_at, lifted_by,
              lift_reason, true
)sql"};

constexpr pg::Query lift_freeze{"freezes.lift", R"sql(
    UPDATE freezes SET lifted_at = coalesce($2, now()), lifted_by = $3, lift_reason = $4
    WHERE id = $1 AND lifted_at IS NULL AND (until IS NULL OR until > coalesce($2, now()))
    RETURNING id, environment, reason, until, actor, source, created_at, lifted_at, lifted_by,
              lift_reason, false
)sql"};

constexpr pg::Query has_freeze{"freezes.has", "SELECT 1::bigint FROM freezes WHERE id = $1"};

constexpr pg::Query lock_active{"freezes.lock_active", R"sql(
    SELECT 1::bigint FROM freezes
    WHERE id = $1 AND lifted_at IS NULL AND (until IS NULL OR until > $2) FOR SHARE
)sql"};

Freeze to_freeze(pg::Row row) {
    return {
        .id = row.id<FreezeId>(),
        .environment = row.text(),
        .reason = row.text(),
        .until = row.time_or_null(),
        .actor = row.text(),
        .source = row.text(),
        .created_at = row.time(),
        .lifted_at = row.time_or_null(),
        .lifted_by = row.text(),
        .lift_reason = row.text(),
        .is_active = row.boolean(),
    };
}

std::vector<Freeze> to_freezes(const pg::Rows& rows) {
    std::vector<Freeze> all;
    for (int i = 0; i < rows.size(); ++i) all.push_back(to_freeze(rows[i]));
    return all;
}

json::value time_or_null(const std::optional<WallTime>& time) {
    return time ? json::value(http::to_json(*time)) : json::value(nullptr);
}

/// Code points, not bytes.
std::size_t length_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) {
        return (c & 0xC0) != 0x80;
    }));
}

void look_at_reason(std::string_view reason, std::vector<FieldError>& wrong) {
    const bool is_blank = reason.find_first_not_of(" \t\r\n") == reason.npos;
    if (!is_blank && length_of(reason) <= reason_chars_max) return;
    wrong.push_back(
        {"/reason",
         "changes.reason",
         "says why, in 1 to " + std::to_string(reason_chars_max) + " characters"}
    );
}

void look_at_until(
    const std::optional<WallTime>& until, WallTime now, std::vector<FieldError>& wrong
) {
    if (!until || (*until > now && *until <= now + freeze_max)) return;
    wrong.push_back(
        {"/until",
         "changes.until",
         "lies ahead, by " + std::to_string(freeze_max.count()) + " days at most"}
    );
}

Result<> refusal_of(std::vector<FieldError> wrong) {
    if (wrong.empty()) return {};
    return std::unexpected(Error{
        .kind = ErrorKind::invalid,
        .code = "changes.freeze_invalid",
        .message = "A freeze has a reason and an end that lies ahead.",
        .fields = std::move(wrong),
    });
}

/// Why the freeze with that id is not in force.
Task<Error> refusal_of(pg::Transaction& transaction, trace::Context context, FreezeId id) {
    const auto known = co_await transaction.run(context, has_freeze, id);
    if (known.empty()) {
        co_return Error{
            .kind = ErrorKind::not_found,
            .code = "changes.no_freeze",
            .message = "There is no such freeze.",
        };
    }
    co_return Error{
        .kind = ErrorKind::conflict,
        .code = "changes.freeze_over",
        .message = "That freeze is not in force any more.",
    };
}

}  // namespace

Result<> check_reason(std::string_view reason) {
    std::vector<FieldError> wrong;
    look_at_reason(reason, wrong);
    return refusal_of(std::move(wrong));
}

json::object to_json(const Freeze& freeze) {
    json::object object{
        {"id", freeze.id.str()},
        {"environment", freeze.environment},
        {"reason", freeze.reason},
        {"until", time_or_null(freeze.until)},
        {"actor", freeze.actor},
        {"source", freeze.source},
        {"created_at", http::to_json(freeze.created_at)},
        {"is_active", freeze.is_active},
        {"lifted_at", time_or_null(freeze.lifted_at)},
        {"lifted_by", nullptr},
        {"lift_reason", nullptr},
    };
    if (freeze.lifted_at) {
        object["lifted_by"] = freeze.lifted_by;
        object["lift_reason"] = freeze.lift_reason;
    }
    return object;
}

std::string words_of(const Freeze& freeze) {
    const std::string end = freeze.until ? minute_of(*freeze.until) : "somebody lifts it";
    return freeze.environment + " is frozen until " + end + " by " + freeze.actor + ": " +
           freeze.reason;
}

Task<std::vector<Freeze>> Freezes::active(trace::Context context, std::string environment) {
    co_return to_freezes(co_await db_.run(context, list_active, environment, pg::sql_now(clock_)));
}

Task<std::vector<Freeze>> Freezes::active(
    pg::Transaction& transaction, trace::Context context, std::string environment, WallTime now
) {
    co_return to_freezes(co_await transaction.run(context, list_active, environment, now));
}

Task<Result<Freeze>> Freezes::begin(trace::Context context, audit::Actor actor, NewFreeze wanted) {
    auto transaction = co_await db_.begin(context);
    Freeze freeze = ACME_TRY(
        co_await begin(transaction, context, std::move(actor), std::move(wanted), clock_.now())
    );
    co_await transaction.commit(context);
    co_return freeze;
}

Task<Result<Freeze>> Freezes::begin(
    pg::Transaction& transaction,
    trace::Context context,
    audit::Actor actor,
    NewFreeze wanted,
    WallTime now
) {
    std::vector<FieldError> wrong;
    look_at_reason(wanted.reason, wrong);
    look_at_until(wanted.until, now, wrong);
    ACME_TRY(refusal_of(std::move(wrong)));
    const auto rows = co_await transaction.run(
        context,
        add_freeze,
        wanted.environment,
        wanted.reason,
        wanted.until,
        actor.name,
        wanted.source,
        now
    );
    const Freeze freeze = to_freeze(rows[0]);
    co_await audit::record(
        transaction,
        context,
        std::move(actor),
        {.action = "freezes.begin",
         .target = freeze.id.str(),
         .after = json::serialize(to_json(freeze))}
    );
    co_return freeze;
}

Task<Result<Freeze>> Freezes::lift(
    trace::Context context, audit::Actor actor, FreezeId id, std::string reason
) {
    ACME_TRY(check_reason(reason));
    auto transaction = co_await db_.begin(context);
    const auto rows =
        co_await transaction.run(context, lift_freeze, id, pg::sql_now(clock_), actor.name, reason);
    if (rows.empty()) co_return std::unexpected(co_await refusal_of(transaction, context, id));
    const Freeze freeze = to_freeze(rows[0]);
    co_await audit::record(
        transaction,
        context,
        std::move(actor),
        {.action = "freezes.lift",
         .target = freeze.id.str(),
         .after = json::serialize(to_json(freeze))}
    );
    co_await transaction.commit(context);
    co_return freeze;
}

Task<Result<>> Freezes::check_in_force(
    pg::Transaction& transaction, trace::Context context, FreezeId id, WallTime now
) {
    const auto found = co_await transaction.run(context, lock_active, id, now);
    if (!found.empty()) co_return done;
    co_return std::unexpected(co_await refusal_of(transaction, context, id));
}

Task<std::vector<Freeze>> Freezes::list(
    trace::Context context, std::string environment, std::optional<FreezeId> after, int limit
) {
    co_return to_freezes(co_await db_.run(
        context,
        list_newest,
        environment,
        pg::sql_now(clock_),
        after,
        std::clamp(limit, 1, list_max)
    ));
}

}  // namespace acme::changes
