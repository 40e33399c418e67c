#include "platform/keys/keys.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/one_line.hpp"
#include "io/pg/database.hpp"
#include "platform/keys/key_text.hpp"
#include "platform/keys/scopes.hpp"

namespace acme::keys {
namespace {

constexpr pg::Query insert_key{"keys.insert", R"sql(
    INSERT INTO api_keys (id, org_id, user_id, short, key_hash, name, scopes, limit_per_min,
                          created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
)sql"};

// Two that are made at once count one after the other.
constexpr pg::Query lock_user{"keys.lock_user", R"sql(
    SELECT true FROM pg_advisory_xact_lock(hashtextextended('api_keys ' || $1::uuid::text, 0))
)sql"};

constexpr pg::Query count_keys{"keys.count", R"sql(
    SELECT count(*) FROM api_keys
    WHERE org_id = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > $3
)sql"};

constexpr pg::Query list_keys{"keys.list", R"sql(
    SELECT id, org_id, user_id, short, name, scopes, limit_per_min, version, created_at, expires_at,
           last_used_at, replaced_by
    FROM api_keys
    WHERE org_id = $1 AND user_id = $2 AND ($3::uuid IS NULL OR id < $3)
      AND revoked_at IS NULL AND expires_at > $4
    ORDER BY id DESC LIMIT $5
)sql"};

constexpr pg::Query find_key{"keys.find", R"sql(
    SELECT id, org_id, user_id, short, name, scopes, limit_per_min, version, created_at, expires_at,
           last_used_at, replaced_by
    FROM api_keys
    WHERE org_id = $1 AND user_id = $2 AND id = $3 AND revoked_at IS NULL AND expires_at > $4
)sql"};

// Every organization's: administrators give quotas to all.
constexpr pg::Query find_any_key{"keys.find_any", R"sql(
    SELECT id, org_id, user_id, short, name, scopes, limit_per_min, version, created_at, expires_at,
           last_used_at, replaced_by
    FROM api_keys WHERE id = $1 AND revoked_at IS NULL AND expires_at > $2
)sql"};

constexpr pg::Query revoke_key{"keys.revoke", R"sql(
    UPDATE api_keys SET revoked_at = $4, version = version + 1
    WHERE org_id = $1 AND user_id = $2 AND id = $3 AND revoked_at IS NULL AND expires_at > $4
    RETURNING id
)sql"};

constexpr pg::Query replace_key{"keys.replace", R"sql(
    UPDATE api_keys
    SET replaced_by = $4, expires_at = least(expires_at, $5), version = version + 1
    WHERE org_id = $1 AND user_id = $2 AND id = $3 AND revoked_at IS NULL AND replaced_by IS NULL
    RETURNING id
)sql"};

constexpr pg::Query limit_key{"keys.set_limit", R"sql(
    UPDATE api_keys SET limit_per_min = $3, version = version + 1
    WHERE id = $1 AND version = $2 AND revoked_at IS NULL
    RETURNING id
)sql"};

// Every organization's: what has ended is nobody's any more.
constexpr pg::Query sweep_keys{"keys.sweep", R"sql(
    DELETE FROM api_keys WHERE expires_at < $1 OR revoked_at < $1
)sql"};

std::unexpected<Error> no_such_key() {
    return refuse(ErrorKind::not_found, "keys.not_found", "There is no such key.");
}

Key key_in(pg::Row row) {
    Key key{.id = row.id<KeyId>(), .org = row.id<OrgId>(), .user = row.id<UserId>()};
    key.short_name = row.text();
    key.name = row.text();
    key.scopes = row.text();
    key.limit_per_min = row.integer_or_null();
    key.version = row.integer();
    key.created_at = row.time();
    key.expires_at = row.time();
    key.last_used_at = row.time_or_null();
    if (const auto next = row.uuid_or_null()) key.replaced_by = KeyId{*next};
    return key;
}

bool is_name(std::string_view name) {
    return is_one_line(name) && !name.empty() && chars_in(name) <= name_chars_max;
}

}  // namespace

std::vector<FieldError> problems_of(const NewKey& wanted) {
    std::vector<FieldError> problems;
    if (!is_name(wanted.name)) {
        problems.push_back(
            {"/name", "keys.name_malformed", "must be one line of 1 to 120 characters"}
        );
    }
    add_scope_problems(wanted.scopes, problems);
    if (wanted.days < 1 || wanted.days > days_max) {
        problems.push_back({"/days", "keys.days_out_of_range", "must be 1 to 365"});
    }
    return problems;
}

Keys::Keys(
    pg::Database& db,
    accounts::Accounts& accounts,
    limits::Limits& limits,
    Telemetry& telemetry,
    const Networks& trusted_proxies
)
    : db_(db),
      accounts_(accounts),
      limits_(limits),
      telemetry_(telemetry),
      trusted_proxies_(trusted_proxies),
      patience_(telemetry) {}

Task<Result<Made>> Keys::create(
    trace::Context context, audit::Actor actor, UserId user, OrgId org, NewKey wanted
) {
    if (auto problems = problems_of(wanted); !problems.empty()) {
        co_return std::unexpected(Error{
            .kind = ErrorKind::invalid,
            .code = "keys.invalid",
            .message = "This key cannot be made so.",
            .fields = std::move(problems),
        });
    }
    const WallTime now = telemetry_.clock.now();
    KeyText text = make_key_text(telemetry_.random);
    Key key{
        .id = KeyId::make(now, telemetry_.random),
        .org = org,
        .user = user,
        .short_name = text.short_name,
        .name = std::move(wanted.name),
        .scopes = joined(std::move(wanted.scopes)),
        .created_at = now,
        .expires_at = now + std::chrono::days(wanted.days),
    };
    auto transaction = co_await db_.begin(context);
    ACME_TRY(co_await check_room(transaction, context, key, keys_max));
    co_await insert(transaction, context, key, to_base64url(sha256(text.text)));
    audit::Entry entry{
        .action = "keys.create",
        .target = key.id.str(),
        .after = audit::json_of({{"name", key.name}, {"scopes", key.scopes}}),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    co_return Made{std::move(key), std::move(text.text)};
}

Task<Result<>> Keys::check_room(
    pg::Transaction& transaction, trace::Context context, Key key, std::int64_t most
) {
    co_await transaction.run(context, lock_user, key.user);
    const auto rows =
        co_await transaction.run(context, count_keys, key.org, key.user, key.created_at);
    if (rows[0].integer() < most) co_return done;
    co_return refuse(
        ErrorKind::conflict, "keys.too_many", "There are too many keys already. Revoke one first."
    );
}

Task<> Keys::insert(
    pg::Transaction& transaction, trace::Context context, Key key, std::string hash
) {
    co_await transaction.run(
        context,
        insert_key,
        key.id,
        key.org,
        key.user,
        key.short_name,
        hash,
        key.name,
        key.scopes,
        key.limit_per_min,
        key.created_at,
        key.expires_at
    );
}

Task<std::vector<Key>> Keys::list(
    trace::Context context, UserId user, OrgId org, std::optional<KeyId> before, int limit
) {
    const auto rows =
        co_await db_.run(context, list_keys, org, user, before, telemetry_.clock.now(), limit);
    std::vector<Key> keys;
    for (int i = 0; i < rows.size(); ++i) keys.push_back(key_in(rows[i]));
    co_return keys;
}

Task<Result<Key>> Keys::find(trace::Context context, UserId user, OrgId org, KeyId id) {
    const auto rows = co_await db_.run(context, find_key, org, user, id, telemetry_.clock.now());
    if (rows.empty()) co_return no_such_key();
    co_return key_in(rows[0]);
}

Task<Result<>> Keys::revoke(
    trace::Context context, audit::Actor actor, UserId user, OrgId org, KeyId id
) {
    auto transaction = co_await db_.begin(context);
    const auto rows =
        co_await transaction.run(context, revoke_key, org, user, id, telemetry_.clock.now());
    if (rows.empty()) co_return no_such_key();
    audit::Entry entry{.action = "keys.revoke", .target = id.str()};
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    known_.clear();
    index_.clear();
    co_return done;
}

Task<Result<Made>> Keys::rotate(
    trace::Context context,
    audit::Actor actor,
    UserId user,
    OrgId org,
    KeyId id,
    std::chrono::seconds grace
) {
    const Key former = ACME_TRY(co_await find(context, user, org, id));
    const WallTime now = telemetry_.clock.now();
    KeyText text = make_key_text(telemetry_.random);
    Key key = former;
    key.id = KeyId::make(now, telemetry_.random);
    key.short_name = text.short_name;
    key.created_at = now;
    key.expires_at = now + (former.expires_at - former.created_at);
    key.last_used_at = std::nullopt;
    key.version = 1;
    auto transaction = co_await db_.begin(context);
    ACME_TRY(co_await check_room(transaction, context, key, keys_rotated_max));
    const auto rows =
        co_await transaction.run(context, replace_key, org, user, id, key.id, now + grace);
    if (rows.empty()) {
        co_return refuse(ErrorKind::conflict, "keys.replaced", "It has a successor already.");
    }
    co_await insert(transaction, context, key, to_base64url(sha256(text.text)));
    audit::Entry entry{
        .action = "keys.rotate",
        .target = id.str(),
        .after = audit::json_of({{"successor", key.id.str()}}),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    co_return Made{std::move(key), std::move(text.text)};
}

Task<Result<Key>> Keys::find_any(trace::Context context, KeyId id) {
    const auto rows = co_await db_.run(context, find_any_key, id, telemetry_.clock.now());
    if (rows.empty()) co_return no_such_key();
    co_return key_in(rows[0]);
}

Task<Result<Key>> Keys::set_limit(
    trace::Context context,
    audit::Actor actor,
    KeyId id,
    std::int64_t version,
    std::optional<std::int64_t> limit
) {
    auto transaction = co_await db_.begin(context);
    const auto rows = co_await transaction.run(context, limit_key, id, version, limit);
    if (rows.empty()) {
        co_return refuse(
            ErrorKind::conflict, "http.precondition_failed", "The key has changed meanwhile."
        );
    }
    const std::string text = limit ? std::to_string(*limit) : "the user's";
    audit::Entry entry{
        .action = "keys.set_limit",
        .target = id.str(),
        .after = audit::json_of({{"limit_per_min", text}}),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    co_return co_await find_any(context, id);
}

Task<> Keys::sweep(trace::Context context) {
    co_await db_.run(context, sweep_keys, telemetry_.clock.now() - std::chrono::days(30));
}

}  // namespace acme::keys
