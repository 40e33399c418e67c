// What is left behind by uploads that are over, and by requests that died.
#include "base/text.hpp"
#include "platform/uploads/append.hpp"

namespace acme::uploads {
namespace {

/// Then whoever brought the last bytes does not come back for the file.
constexpr std::chrono::minutes left_alone_for{10};

/// Who asks for one that has ended is told so.
constexpr std::chrono::days told_for{7};

constexpr pg::Query list_expired{"uploads.list_expired", R"sql(
    SELECT org_id, id FROM uploads WHERE state = 'open' AND expires_at <= $1
    ORDER BY expires_at LIMIT $2
)sql"};

constexpr pg::Query list_complete{"uploads.list_complete", R"sql(
    SELECT org_id, owner_id, id FROM uploads
    WHERE protocol = 'tus' AND state = 'open' AND received = length AND updated_at < $1
      AND expires_at > $2
    LIMIT $3
)sql"};

constexpr pg::Query list_unclean{"uploads.list_unclean", R"sql(
    SELECT id FROM uploads WHERE state <> 'open' AND cleaned_at IS NULL AND ended_at < $1
    ORDER BY ended_at LIMIT $2
)sql"};

constexpr pg::Query find_over{"uploads.find_over", R"sql(
    SELECT key, store_id FROM uploads WHERE id = $1 AND state <> 'open' AND cleaned_at IS NULL
)sql"};

constexpr pg::Query set_clean{"uploads.set_clean", R"sql(
    UPDATE uploads SET cleaned_at = $2 WHERE id = $1 AND state <> 'open'
)sql"};

constexpr pg::Query forget_over{"uploads.forget", R"sql(
    DELETE FROM uploads WHERE id = ANY(ARRAY(
        SELECT id FROM uploads WHERE state <> 'open' AND cleaned_at <= $1 LIMIT $2
    ))
)sql"};

// What a request of that age may still make the tail, and what is the tail.
constexpr pg::Query find_tail{"uploads.find_tail", R"sql(
    SELECT 1 FROM uploads
    WHERE id = $1 AND state = 'open' AND (tail_epoch = $2 OR lock_epoch = $2)
)sql"};

struct Tail {
    UploadId id;
    std::int64_t epoch = 0;
};

/// nullopt for what tail_key() does not write.
std::optional<Tail> parse_tail(std::string_view key) {
    constexpr std::string_view prefix = "tail/";
    if (!key.starts_with(prefix)) return std::nullopt;
    key.remove_prefix(prefix.size());
    const auto slash = std::min(key.find('/'), key.size());
    const auto id = UploadId::parse(key.substr(0, slash));
    const auto epoch = parse_number<std::int64_t>(key.substr(std::min(slash + 1, key.size())));
    if (!id || !epoch) return std::nullopt;
    return Tail{.id = *id, .epoch = *epoch};
}

}  // namespace

Task<Result<>> Uploads::clean(trace::Context context, UploadId id) {
    const auto rows = co_await db_.run(context, find_over, id);
    if (rows.empty()) co_return done;
    pg::Row row = rows[0];
    const std::string key = row.text();
    if (const auto store_id = row.text_or_null()) {
        const auto aborted = co_await store_.abort(context, key, *store_id);
        if (!aborted) co_return std::unexpected(files::store_unavailable());
    }
    ACME_TRY(co_await remove_tails(context, id));
    co_await db_.run(context, set_clean, id, telemetry_.clock.now());
    co_return done;
}

Task<Result<>> Uploads::remove_tails(trace::Context context, UploadId id) {
    const std::string prefix = "tail/" + id.str() + '/';
    for (std::string after;;) {
        const auto page = co_await store_.list(context, prefix, after);
        if (!page) co_return std::unexpected(files::store_unavailable());
        for (const objects::Listed& tail : page->objects) {
            const auto removed = co_await store_.remove(context, tail.key);
            if (!removed) co_return std::unexpected(files::store_unavailable());
        }
        if (page->next.empty()) co_return done;
        after = page->next;
    }
}

Task<Result<>> Uploads::sweep(trace::Context context) {
    co_await sweep_expired(context);
    co_await sweep_complete(context);
    ACME_TRY(co_await sweep_unclean(context));
    ACME_TRY(co_await sweep_tails(context));
    const WallTime before = telemetry_.clock.now() - told_for;
    co_await db_.run(context, forget_over, before, sweep_rows_max);
    co_return done;
}

Task<> Uploads::sweep_expired(trace::Context context) {
    const auto rows =
        co_await db_.run(context, list_expired, telemetry_.clock.now(), sweep_rows_max);
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        const OrgId org = row.id<OrgId>();
        const UploadId id = row.id<UploadId>();
        auto transaction = co_await db_.begin(context);
        co_await end(transaction, context, org, id);
        co_await transaction.commit(context);
    }
}

/// One that cannot be finished holds nobody up, and is too old one day.
Task<> Uploads::sweep_complete(trace::Context context) {
    const WallTime now = telemetry_.clock.now();
    const auto rows =
        co_await db_.run(context, list_complete, now - left_alone_for, now, sweep_rows_max);
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        Caller caller;
        caller.who.org = row.id<OrgId>();
        caller.who.user = row.id<UserId>();
        const UploadId id = row.id<UploadId>();
        const auto finished = co_await resume(context, std::move(caller), id);
        if (!finished) {
            telemetry_.log.write(
                LogLevel::warn,
                "uploads.unfinished",
                context,
                {{"upload", id.str()}, {"reason", finished.error().code.text()}}
            );
        }
    }
}

Task<Result<>> Uploads::sweep_unclean(trace::Context context) {
    const WallTime before = telemetry_.clock.now() - left_alone_for;
    const auto rows = co_await db_.run(context, list_unclean, before, sweep_rows_max);
    for (int i = 0; i < rows.size(); ++i) {
        ACME_TRY(co_await clean(context, rows[i].id<UploadId>()));
    }
    co_return done;
}

/// Of requests that another has taken over, or that died between the tail and its row.
Task<Result<>> Uploads::sweep_tails(trace::Context context) {
    std::string after;
    for (int number = 0; number < files::Files::sweep_pages_max; ++number) {
        const auto page = co_await store_.list(context, "tail/", after);
        if (!page) co_return std::unexpected(files::store_unavailable());
        for (const objects::Listed& object : page->objects) {
            const auto tail = parse_tail(object.key);
            if (!tail) continue;
            const auto known = co_await db_.run(context, find_tail, tail->id, tail->epoch);
            if (!known.empty()) continue;
            const auto removed = co_await store_.remove(context, object.key);
            if (!removed) co_return std::unexpected(files::store_unavailable());
        }
        if (page->next.empty()) break;
        after = page->next;
    }
    co_return done;
}

}  // namespace acme::uploads
