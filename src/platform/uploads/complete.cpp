// The end of an upload: the object out of its parts, and the file.
#include "platform/uploads/append.hpp"

namespace acme::uploads {
namespace {

constexpr pg::Query list_parts{"uploads.parts", R"sql(
    SELECT n, bytes, etag FROM upload_parts WHERE org_id = $1 AND upload_id = $2 ORDER BY n
)sql"};

// What was never interrupted has left nothing in the store that could be cleaned away.
constexpr pg::Query set_ready{"uploads.set_ready", R"sql(
    UPDATE uploads
    SET state = 'ready', received = $4, length = $4, sha256 = $5, key = $6, content_type = $7,
        tail_bytes = 0, tail_epoch = NULL, updated_at = $8, ended_at = $8,
        cleaned_at = CASE WHEN lock_epoch = 1 THEN $8::timestamptz END
    WHERE org_id = $1 AND id = $2 AND lock_epoch = $3 AND state = 'open'
    RETURNING id
)sql"};

}  // namespace

Task<Result<>> Append::complete(trace::Context context) {
    const auto rows = co_await uploads_.db_.run(context, list_parts, lease_.org, lease_.id);
    std::vector<objects::Part> parts;
    std::uint64_t bytes = 0;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        objects::Part part;
        part.number = static_cast<int>(row.integer());
        bytes += static_cast<std::uint64_t>(row.integer());
        part.etag = row.text();
        parts.push_back(std::move(part));
    }
    if (!lease_.length || bytes != *lease_.length) {
        throw objects::Fault("the parts of " + lease_.id.str() + " are not as long as the file");
    }
    const auto completed = co_await uploads_.store_.complete(
        context, lease_.key, lease_.store_id.value(), std::move(parts), bytes
    );
    if (completed) co_return done;
    if (completed.error().kind != ErrorKind::not_found) {
        co_return std::unexpected(files::store_unavailable());
    }
    co_return refuse(
        ErrorKind::not_found,
        "uploads.expired",
        "The storage holds nothing of this upload any more. Begin it anew."
    );
}

Task<Result<>> Append::make_ready(trace::Context context, Caller caller) {
    auto transaction = co_await uploads_.begin(context);
    const auto rows = co_await transaction.run(
        context,
        set_ready,
        lease_.org,
        lease_.id,
        lease_.epoch,
        *lease_.length,
        lease_.sha256,
        lease_.key,
        lease_.content_type,
        uploads_.telemetry_.clock.now()
    );
    if (rows.empty()) {
        co_return refuse(
            ErrorKind::conflict, "uploads.superseded", "A newer request goes on with this upload."
        );
    }
    files::Received received;
    received.id = lease_.file;
    received.content_type = lease_.content_type.value();
    received.bytes = *lease_.length;
    received.sha256 = lease_.sha256.value();
    ACME_TRY(co_await uploads_.files_.make_ready(
        transaction, context, caller.who, std::move(received), caller.ip
    ));
    co_await transaction.commit(context);
    co_await remove_old_tail(context);
    co_return done;
}

}  // namespace acme::uploads
