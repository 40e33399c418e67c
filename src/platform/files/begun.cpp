// Files on their way in: the row that is there before the object, and the room that is kept for it.
#include "platform/files/files.hpp"

namespace acme::files {
namespace {

// No row when the organization has no room for it.
constexpr pg::Query insert_upload{"files.insert", R"sql(
    WITH booked AS (
        INSERT INTO org_usage (org_id, bytes_reserved)
        SELECT $2::uuid, $9::bigint WHERE $10::bigint IS NULL OR $9 <= $10
        ON CONFLICT (org_id) DO UPDATE
        SET bytes_reserved = org_usage.bytes_reserved + excluded.bytes_reserved
        WHERE $10 IS NULL
           OR org_usage.bytes_used + org_usage.bytes_reserved + excluded.bytes_reserved <= $10
        RETURNING org_id
    )
    INSERT INTO files
        (id, org_id, owner_id, name, declared_type, state, key, begun_at, expires_at, reserved)
    SELECT $1::uuid, org_id, $3::uuid, $4, $5, 'uploading', $6, $7::timestamptz, $8::timestamptz, $9
    FROM booked
    RETURNING id
)sql"};

// No row when the organization has no room for it; what it has already counts no second time.
constexpr pg::Query set_reserved{"files.reserve", R"sql(
    WITH begun AS (
        SELECT reserved FROM files
        WHERE org_id = $1 AND id = $2 AND state = 'uploading' FOR UPDATE
    ), booked AS (
        UPDATE org_usage SET bytes_reserved = greatest(0, bytes_reserved - reserved + $3::bigint)
        FROM begun
        WHERE org_id = $1
          AND ($4::bigint IS NULL OR $3 <= reserved
               OR bytes_used + bytes_reserved - reserved + $3 <= $4)
        RETURNING 1
    )
    UPDATE files SET reserved = $3 FROM booked
    WHERE org_id = $1 AND id = $2 AND state = 'uploading'
    RETURNING id
)sql"};

constexpr pg::Query set_key{"files.set_key", R"sql(
    UPDATE files SET key = $3 WHERE org_id = $1 AND id = $2 AND state = 'uploading'
)sql"};

constexpr pg::Query abandon_upload{"files.abandon", R"sql(
    WITH begun AS (
        SELECT reserved FROM files
        WHERE org_id = $1 AND id = $2 AND state = 'uploading' FOR UPDATE
    ), booked AS (
        UPDATE org_usage SET bytes_reserved = greatest(0, bytes_reserved - reserved) FROM begun
        WHERE org_id = $1
    )
    UPDATE files SET expires_at = $3, reserved = 0 FROM begun
    WHERE org_id = $1 AND id = $2 AND state = 'uploading'
)sql"};

/// "org_01…/2026/11/fil_01…"
std::string key_of(OrgId org, WallTime now, FileId id) {
    const std::string date = to_rfc3339(now);
    return org.str() + '/' + date.substr(0, 4) + '/' + date.substr(5, 2) + '/' + id.str();
}

/// NULL for none.
pg::Param number_or_null(std::optional<std::uint64_t> number) {
    if (!number) return std::nullopt;
    return std::to_string(*number);
}

std::unexpected<Error> quota_exceeded(std::uint64_t most) {
    return refuse(
        ErrorKind::conflict,
        "files.quota_exceeded",
        "The organization has no room for it: its files and uploads take at most " +
            std::to_string(most) + " bytes together."
    );
}

}  // namespace

Task<Result<Begun>> Files::begin_upload(
    pg::Transaction& transaction,
    trace::Context context,
    Identity who,
    Draft draft,
    std::uint64_t bytes,
    WallTime expires_at
) {
    const WallTime now = telemetry_.clock.now();
    const FileId id = FileId::make(now, telemetry_.random);
    std::string key = key_of(who.org, now, id);
    const auto rows = co_await transaction.run(
        context,
        insert_upload,
        id,
        who.org,
        who.user,
        draft.name,
        draft.declared_type,
        key,
        now,
        expires_at,
        bytes,
        number_or_null(options_.bytes_of_org_max)
    );
    if (rows.empty()) co_return quota_exceeded(*options_.bytes_of_org_max);
    co_return Begun{.id = id, .key = std::move(key)};
}

Task<Result<>> Files::reserve(
    pg::Transaction& transaction, trace::Context context, OrgId org, FileId id, std::uint64_t bytes
) {
    const auto rows = co_await transaction.run(
        context, set_reserved, org, id, bytes, number_or_null(options_.bytes_of_org_max)
    );
    if (rows.empty()) co_return quota_exceeded(options_.bytes_of_org_max.value_or(0));
    co_return done;
}

Task<> Files::set_key_of(
    pg::Transaction& transaction, trace::Context context, OrgId org, FileId id, std::string key
) {
    co_await transaction.run(context, set_key, org, id, key);
}

Task<> Files::abandon(trace::Context context, Identity who, FileId id) {
    co_await db_.run(context, abandon_upload, who.org, id, telemetry_.clock.now());
}

Task<> Files::abandon(pg::Transaction& transaction, trace::Context context, OrgId org, FileId id) {
    co_await transaction.run(context, abandon_upload, org, id, telemetry_.clock.now());
}

}  // namespace acme::files
