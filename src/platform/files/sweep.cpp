// What is left behind by uploads that were given up and files that were deleted.
#include "base/text.hpp"
#include "platform/files/files.hpp"
#include "platform/files/incoming.hpp"

#include <set>

namespace acme::files {
namespace {

/// Longer than any upload may take.
constexpr std::chrono::hours unfinished_for_max{24};
constexpr std::chrono::days deleted_rows_kept_for{30};

/// Longer than the job files.remove_object tries.
constexpr std::chrono::days removal_given_up_after{1};

/// Of our keys in a bucket: files, and what looks whether the store works.
constexpr std::string_view probe_prefix = "probe/";
constexpr std::string_view prefixes[] = {"org_", probe_prefix};

/// Longer than any look may take.
constexpr std::chrono::hours probes_kept_for{1};

constexpr pg::Query list_expired{"files.list_expired", R"sql(
    SELECT org_id, id, key FROM files WHERE state = 'uploading' AND expires_at <= $1
    ORDER BY expires_at LIMIT $2
)sql"};

constexpr pg::Query delete_upload{"files.delete_upload", R"sql(
    WITH gone AS (
        DELETE FROM files
        WHERE org_id = $1 AND id = $2 AND state = 'uploading' AND expires_at <= $3
        RETURNING reserved
    )
    UPDATE org_usage SET bytes_reserved = greatest(0, bytes_reserved - reserved) FROM gone
    WHERE org_id = $1
)sql"};

constexpr pg::Query list_open_keys{"files.open_keys", R"sql(
    SELECT key FROM files WHERE key = ANY($1) AND state = 'uploading' AND expires_at > $2
)sql"};

constexpr pg::Query find_deleted{"files.find_deleted", R"sql(
    SELECT key FROM files WHERE id = $1 AND state = 'deleted' AND removed_at IS NULL
)sql"};

constexpr pg::Query set_removed{"files.set_removed", R"sql(
    UPDATE files SET removed_at = $2 WHERE id = $1 AND state = 'deleted'
)sql"};

constexpr pg::Query list_given_up{"files.list_given_up", R"sql(
    SELECT id FROM files WHERE state = 'deleted' AND removed_at IS NULL AND deleted_at < $1
    ORDER BY deleted_at LIMIT $2
)sql"};

constexpr pg::Query forget_deleted{"files.forget_deleted", R"sql(
    DELETE FROM files WHERE id = ANY(ARRAY(
        SELECT id FROM files WHERE state = 'deleted' AND removed_at <= $1 LIMIT $2
    ))
)sql"};

constexpr pg::Query known_keys{"files.known_keys", R"sql(
    SELECT key FROM files WHERE key = ANY($1::text[])
)sql"};

std::set<std::string> keys_of(const pg::Rows& rows) {
    std::set<std::string> keys;
    for (int i = 0; i < rows.size(); ++i) keys.insert(rows[i].text());
    return keys;
}

}  // namespace

Task<Result<>> Files::remove_object(trace::Context context, FileId id) {
    const auto rows = co_await db_.run(context, find_deleted, id);
    if (rows.empty()) co_return done;
    const auto removed = co_await store_.remove(context, rows[0].text());
    if (!removed) co_return std::unexpected(store_unavailable());
    co_await db_.run(context, set_removed, id, telemetry_.clock.now());
    co_return done;
}

Task<Result<std::string>> Files::sweep(trace::Context context, std::string after, int pages) {
    ACME_TRY(co_await sweep_uploads(context));
    const WallTime now = telemetry_.clock.now();
    for (const std::string_view prefix : prefixes) {
        ACME_TRY(co_await sweep_unfinished(context, std::string(prefix)));
    }
    ACME_TRY(co_await sweep_probes(context));
    ACME_TRY(co_await sweep_given_up(context));
    std::string next = ACME_TRY(co_await sweep_orphans(context, std::move(after), pages));
    co_await db_.run(context, forget_deleted, now - deleted_rows_kept_for, sweep_rows_max);
    co_await recount(context);
    co_return next;
}

/// What is old and belongs to no upload that goes on: the process that began it has died, or the
/// upload was given up.
Task<Result<>> Files::sweep_unfinished(trace::Context context, std::string prefix) {
    const WallTime now = telemetry_.clock.now();
    std::optional<objects::Unfinished> after;
    for (int number = 0; number < sweep_pages_max; ++number) {
        auto page = co_await store_.unfinished(context, prefix, after);
        if (!page) co_return std::unexpected(store_unavailable());
        std::erase_if(page->uploads, [&](const objects::Unfinished& one) {
            return one.begun_at >= now - unfinished_for_max;
        });
        std::vector<std::string> keys;
        for (const objects::Unfinished& one : page->uploads) keys.push_back(one.key);
        const auto open = keys_of(co_await db_.run(context, list_open_keys, keys, now));
        for (const objects::Unfinished& one : page->uploads) {
            if (open.contains(one.key)) continue;
            const auto aborted = co_await store_.abort(context, one.key, one.id);
            if (!aborted) co_return std::unexpected(store_unavailable());
        }
        if (!page->next) break;
        after = std::move(page->next);
    }
    co_return done;
}

/// What a process left that died while it looked. Their keys are in the order of their times.
Task<Result<>> Files::sweep_probes(trace::Context context) {
    const WallTime before = telemetry_.clock.now() - probes_kept_for;
    const std::string end =
        std::string(probe_prefix) + to_base32(make_uuid7(before, telemetry_.random));
    const auto page = co_await store_.list(context, std::string(probe_prefix), "");
    if (!page) co_return std::unexpected(store_unavailable());
    for (const objects::Listed& object : page->objects) {
        if (object.key >= end) break;
        const auto removed = co_await store_.remove(context, object.key);
        if (!removed) co_return std::unexpected(store_unavailable());
    }
    co_return done;
}

Task<Result<>> Files::sweep_given_up(trace::Context context) {
    const WallTime before = telemetry_.clock.now() - removal_given_up_after;
    const auto rows = co_await db_.run(context, list_given_up, before, sweep_rows_max);
    for (int i = 0; i < rows.size(); ++i) {
        ACME_TRY(co_await remove_object(context, rows[i].id<FileId>()));
    }
    co_return done;
}

/// The object first: a row that is left can be found again, an object alone hardly.
Task<Result<>> Files::sweep_uploads(trace::Context context) {
    const WallTime now = telemetry_.clock.now();
    const auto rows = co_await db_.run(context, list_expired, now, sweep_rows_max);
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        const OrgId org = row.id<OrgId>();
        const FileId id = row.id<FileId>();
        const auto removed = co_await store_.remove(context, row.text());
        if (!removed) co_return std::unexpected(store_unavailable());
        co_await db_.run(context, delete_upload, org, id, now);
    }
    if (!rows.empty()) {
        telemetry_.log.write(LogLevel::info, "files.swept", context, {{"uploads", rows.size()}});
    }
    co_return done;
}

/// The row is written before the object, so an object without a row has lost it for good.
Task<Result<std::string>> Files::sweep_orphans(
    trace::Context context, std::string after, int pages
) {
    for (int number = 0; number < pages; ++number) {
        const auto page = co_await store_.list(context, "org_", after);
        if (!page) co_return std::unexpected(store_unavailable());
        std::vector<objects::Listed> ours;
        for (const objects::Listed& object : page->objects) {
            if (objects::is_key(object.key)) ours.push_back(object);
        }
        std::vector<std::string> keys;
        for (const objects::Listed& object : ours) keys.push_back(object.key);
        const auto known = keys_of(co_await db_.run(context, known_keys, keys));
        for (const objects::Listed& object : ours) {
            if (known.contains(object.key)) continue;
            telemetry_.log.write(
                LogLevel::warn, "files.orphan", context, {{"bytes", object.bytes}}
            );
            const auto removed = co_await store_.remove(context, object.key);
            if (!removed) co_return std::unexpected(store_unavailable());
        }
        if (page->next.empty()) co_return "";
        after = page->next;
    }
    co_return after;
}

}  // namespace acme::files
