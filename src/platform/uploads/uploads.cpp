#include "platform/uploads/uploads.hpp"

#include "io/loop/cancellable.hpp"
#include "platform/audit/audit.hpp"
#include "platform/uploads/append.hpp"
#include "platform/uploads/uploads_jobs.hpp"

namespace acme::uploads {
namespace {

/// Longer than it takes: the request is over after files::upload_time_max.
constexpr std::chrono::hours append_time_max{2};

constexpr pg::Query insert_upload{"uploads.insert", R"sql(
    INSERT INTO uploads (id, org_id, owner_id, file_id, protocol, state, name, declared_type,
                         metadata, length, part_bytes, key, created_at, updated_at, expires_at)
    VALUES ($1, $2, $3, $4, 'tus', 'open', $5, $6, $7, $8, $9, $10, $11, $11, $12)
)sql"};

constexpr pg::Query find_upload{"uploads.find", R"sql(
    SELECT id, file_id, state, name, metadata, length, received, created_at, expires_at
    FROM uploads WHERE org_id = $1 AND id = $2 AND protocol = 'tus'
)sql"};

// $4, an offset, and $5, a length: null says nothing of it. $6 is how many numbers of parts are
// taken; who only looks needs one where all has come and only the file is missing.
constexpr pg::Query take_over{"uploads.take_over", R"sql(
    WITH old AS (
        SELECT next_part, coalesce(length, $5::bigint) AS length FROM uploads
        WHERE org_id = $1 AND id = $2 AND protocol = 'tus' AND state = 'open' AND expires_at > $3
          AND ($4::bigint IS NULL OR received = $4)
          AND ($5 IS NULL OR (length IS NULL AND received <= $5) OR length = $5)
        FOR UPDATE
    )
    UPDATE uploads
    SET lock_epoch = lock_epoch + 1, length = old.length, updated_at = $3,
        next_part = uploads.next_part
                    + greatest($6::integer, CASE WHEN received = old.length THEN 1 ELSE 0 END)
    FROM old
    WHERE org_id = $1 AND id = $2
    RETURNING file_id, lock_epoch, old.next_part, key, declared_type, old.length, received,
              store_id, content_type, tail_bytes, tail_epoch, sha256_state, sha256
)sql"};

constexpr pg::Query end_upload{"uploads.end", R"sql(
    UPDATE uploads SET state = 'ended', lock_epoch = lock_epoch + 1, updated_at = $3, ended_at = $3
    WHERE org_id = $1 AND id = $2 AND state = 'open'
    RETURNING file_id
)sql"};

constexpr pg::Query forget_file{"uploads.forget_file", R"sql(
    UPDATE uploads SET state = 'ended', updated_at = $3
    WHERE org_id = $1 AND id = $2 AND state = 'ready'
)sql"};

std::unexpected<Error> not_found() {
    return refuse(ErrorKind::not_found, "uploads.not_found", "There is no such upload.");
}

State state_of(std::string_view word) {
    if (word == "open") return State::open;
    return word == "ready" ? State::ready : State::ended;
}

/// NULL for none.
pg::Param number_or_null(std::optional<std::uint64_t> number) {
    if (!number) return std::nullopt;
    return std::to_string(*number);
}

std::optional<std::uint64_t> count_of(std::optional<std::int64_t> number) {
    if (!number) return std::nullopt;
    return static_cast<std::uint64_t>(*number);
}

// Braces evaluate from left to right, in the order of the SELECT list.
Upload read_upload(pg::Row row) {
    return {
        .id = row.id<UploadId>(),
        .file = row.id<FileId>(),
        .state = state_of(row.text()),
        .name = row.text(),
        .metadata = row.text(),
        .length = count_of(row.integer_or_null()),
        .received = static_cast<std::uint64_t>(row.integer()),
        .created_at = row.time(),
        .expires_at = row.time(),
    };
}

Lease read_lease(OrgId org, UploadId id, pg::Row row) {
    return {
        .id = id,
        .org = org,
        .file = row.id<FileId>(),
        .epoch = row.integer(),
        .part = static_cast<int>(row.integer()),
        .key = row.text(),
        .declared_type = row.text(),
        .length = count_of(row.integer_or_null()),
        .received = static_cast<std::uint64_t>(row.integer()),
        .store_id = row.text_or_null(),
        .content_type = row.text_or_null(),
        .tail_bytes = static_cast<std::uint64_t>(row.integer()),
        .tail_epoch = row.integer_or_null(),
        .sha256_state = row.text_or_null(),
        .sha256 = row.text_or_null(),
    };
}

/// Bytes that break off, come too slowly, or are not framed as they should be: what came before
/// counts.
bool is_of_body(const Error& error) {
    return error.code.text().starts_with("http.body_") || error.code == ErrorCode("http.timeout");
}

Error gone() {
    return {
        .kind = ErrorKind::not_found,
        .code = "uploads.expired",
        .message = "This upload has ended. Begin it anew.",
    };
}

}  // namespace

Uploads::Uploads(pg::Database& db, objects::Store& store, files::Files& files, Telemetry& telemetry)
    : db_(db), store_(store), files_(files), telemetry_(telemetry), fences_(db, telemetry) {}

std::uint64_t Uploads::bytes_max() const {
    return std::min<std::uint64_t>(options().bytes_max, parts_max * objects::part_bytes);
}

Task<Result<Upload>> Uploads::add(
    pg::Transaction& transaction, trace::Context context, Caller caller, Plan plan
) {
    const std::uint64_t room = plan.length.value_or(bytes_max());
    if (room > bytes_max()) co_return files::too_large(bytes_max());
    const files::Draft draft{.name = plan.name, .declared_type = plan.declared_type};
    const files::Begun begun = ACME_TRY(co_await files_.begin_upload(
        transaction, context, caller.who, draft, room, files::Files::held_open
    ));
    const WallTime now = telemetry_.clock.now();
    Upload upload;
    upload.id = UploadId::make(now, telemetry_.random);
    upload.file = begun.id;
    upload.name = std::move(plan.name);
    upload.metadata = std::move(plan.metadata);
    upload.length = plan.length;
    upload.created_at = now;
    upload.expires_at = now + kept_for;
    co_await transaction.run(
        context,
        insert_upload,
        upload.id,
        caller.who.org,
        caller.who.user,
        upload.file,
        upload.name,
        plan.declared_type,
        upload.metadata,
        number_or_null(upload.length),
        objects::part_bytes,
        begun.key,
        now,
        upload.expires_at
    );
    co_return upload;
}

Task<Result<Upload>> Uploads::find(trace::Context context, OrgId org, UploadId id) {
    const auto rows = co_await db_.run(context, find_upload, org, id);
    if (rows.empty()) co_return not_found();
    co_return read_upload(rows[0]);
}

/// Room is kept for the length from when it is known.
Task<Result<Lease>> Uploads::take_lease(
    trace::Context context, OrgId org, UploadId id, std::optional<Coming> coming
) {
    std::optional<std::uint64_t> offset;
    std::optional<std::uint64_t> length;
    std::uint64_t parts = 0;
    if (coming) {
        offset = coming->offset;
        length = coming->length;
        parts = 1;
        // They count only all together, so each has its number before any other request can come.
        const std::uint64_t most = std::min(coming->announced.value_or(bytes_max()), bytes_max());
        if (coming->checksum) parts += most / objects::part_bytes + 1;
    }
    const WallTime now = telemetry_.clock.now();
    auto transaction = co_await db_.begin(context);
    const auto rows = co_await transaction.run(
        context, take_over, org, id, now, number_or_null(offset), number_or_null(length), parts
    );
    if (rows.empty()) co_return std::unexpected(co_await reason_of(context, org, id, coming));
    Lease lease = read_lease(org, id, rows[0]);
    if (length) {
        ACME_TRY(co_await files_.reserve(transaction, context, org, lease.file, *length));
    }
    co_await transaction.commit(context);
    co_return lease;
}

Task<Error> Uploads::reason_of(
    trace::Context context, OrgId org, UploadId id, std::optional<Coming> coming
) {
    const auto found = co_await find(context, org, id);
    if (!found) co_return found.error();
    const bool is_late = found->state == State::open && found->expires_at <= telemetry_.clock.now();
    if (found->state == State::ended || is_late || !coming) co_return gone();
    if (found->received != coming->offset || found->state == State::ready) {
        co_return Error{
            .kind = ErrorKind::conflict,
            .code = "uploads.offset",
            .message = "Its offset is " + std::to_string(found->received) + ".",
        };
    }
    co_return Error{
        .kind = ErrorKind::conflict,
        .code = "uploads.length_known",
        .message = "Its length is known already, or it has more bytes than that.",
    };
}

Task<Result<Upload>> Uploads::resume(trace::Context context, Caller caller, UploadId id) {
    const OrgId org = caller.who.org;
    auto found = co_await find(context, org, id);
    if (!found || found->state == State::ready) co_return found;
    const Lease lease = ACME_TRY(co_await take_lease(context, org, id, std::nullopt));
    if (lease.is_whole()) ACME_TRY(co_await finish(context, std::move(caller), lease));
    co_return co_await find(context, org, id);
}

/// All bytes are there, but the request that brought the last ones did not come to its end.
Task<Result<>> Uploads::finish(trace::Context context, Caller caller, Lease lease) {
    std::optional<files::Buffer> buffer;
    if (!lease.sha256) {
        buffer.emplace(ACME_TRY(co_await files_.buffers().take(options().buffer_wait_max)));
    }
    Coming nothing;
    nothing.announced = 0;
    co_return co_await append_under(
        context, std::move(lease), std::move(buffer), std::move(caller), std::move(nothing), nullptr
    );
}

Task<Result<Upload>> Uploads::append(
    trace::Context context, Caller caller, UploadId id, Coming coming, http::Body& body
) {
    const OrgId org = caller.who.org;
    const std::uint64_t announced = coming.length.value_or(0);
    if (announced > bytes_max()) co_return files::too_large(bytes_max());
    // Who waits for memory ends nobody's request.
    const Upload found = ACME_TRY(co_await find(context, org, id));
    const std::uint64_t meant = std::max(coming.length.value_or(bytes_max()), coming.offset);
    const std::uint64_t most = found.length.value_or(meant);
    if (coming.offset + coming.announced.value_or(0) > most) co_return files::too_large(most);
    std::optional<files::Buffer> buffer(
        ACME_TRY(co_await files_.buffers().take(options().buffer_wait_max))
    );
    Lease lease = ACME_TRY(co_await take_lease(context, org, id, coming));
    // A connection that breaks off ends the request, but not what it has brought.
    Cancellable unhurried;
    ACME_TRY(co_await unhurried.run(
        append_under(
            context, std::move(lease), std::move(buffer), std::move(caller), coming, &body
        ),
        append_time_max
    ));
    co_return co_await find(context, org, id);
}

Task<Result<>> Uploads::append_under(
    trace::Context context,
    Lease lease,
    std::optional<files::Buffer> buffer,
    Caller caller,
    Coming coming,
    http::Body* body
) {
    const OrgId org = lease.org;
    const UploadId id = lease.id;
    Append append(*this, std::move(lease), std::move(buffer), std::move(coming.checksum));
    co_await fences_.watch();
    Result<> taken = co_await append.load_tail(context);
    if (taken && body != nullptr) {
        taken = co_await append.take(context, *body, coming.announced);
    }
    Result<> finished;
    if (taken || is_of_body(taken.error())) {
        finished = co_await append.finish(context, std::move(caller));
    }
    const Result<>& outcome = taken ? finished : taken;
    if (!outcome && outcome.error().code == ErrorCode("uploads.expired")) {
        auto transaction = co_await db_.begin(context);
        co_await end(transaction, context, org, id);
        co_await transaction.commit(context);
    }
    co_return outcome;
}

/// Whether it was open. Its file and the room that was kept for it are given up with it.
Task<bool> Uploads::end(
    pg::Transaction& transaction, trace::Context context, OrgId org, UploadId id
) {
    const WallTime now = telemetry_.clock.now();
    const auto rows = co_await transaction.run(context, end_upload, org, id, now);
    if (rows.empty()) co_return false;
    co_await files_.abandon(transaction, context, org, rows[0].id<FileId>());
    co_await enqueue_clean(transaction, context, telemetry_.clock, id);
    co_return true;
}

Task<Result<>> Uploads::remove(trace::Context context, Caller caller, UploadId id) {
    const OrgId org = caller.who.org;
    ACME_TRY(co_await find(context, org, id));
    auto transaction = co_await db_.begin(context);
    if (co_await end(transaction, context, org, id)) {
        co_await audit::record(
            transaction,
            context,
            {.name = caller.who.user.str(), .org = org, .ip = caller.ip},
            {.action = "uploads.end", .target = id.str()}
        );
        co_await transaction.commit(context);
        co_return done;
    }
    // From here on it changes no more, but from ready to ended.
    const Upload found = ACME_TRY(co_await find(context, org, id));
    if (found.state == State::ready) {
        const auto removed = co_await files_.remove(context, caller.who, found.file, caller.ip);
        if (!removed && removed.error().kind != ErrorKind::not_found) co_return removed;
        co_await db_.run(context, forget_file, org, id, telemetry_.clock.now());
    }
    co_return done;
}

Result<UploadId> parse_upload_id(std::string_view text) {
    const auto id = UploadId::parse(text);
    if (!id) return not_found();
    return *id;
}

}  // namespace acme::uploads
