#include "platform/uploads/append.hpp"

#include "base/bytes.hpp"
#include "platform/files/sniff.hpp"

namespace acme::uploads {
namespace {

// Parts and tail in one statement, so that what is told is what is there. No row: a newer request
// has taken over, or it is over.
constexpr pg::Query commit_bytes{"uploads.commit", R"sql(
    WITH moved AS (
        UPDATE uploads
        SET received = $4, tail_bytes = $5,
            tail_epoch = CASE WHEN $5::bigint > 0 THEN lock_epoch END,
            key = $6, store_id = $7, content_type = $8, sha256_state = $9, sha256 = $10,
            next_part = $11, updated_at = $12, expires_at = $13
        WHERE org_id = $1 AND id = $2 AND lock_epoch = $3 AND state = 'open' AND received <= $4
        RETURNING id, org_id
    ), added AS (
        INSERT INTO upload_parts (upload_id, n, org_id, bytes, etag)
        SELECT moved.id, part.n, moved.org_id, part.bytes, part.etag
        FROM moved, unnest($14::bigint[], $15::bigint[], $16::text[]) part (n, bytes, etag)
    )
    SELECT 1 FROM moved
)sql"};

// Nobody takes it over before the end of this transaction.
constexpr pg::Query hold_upload{"uploads.hold", R"sql(
    SELECT 1 FROM uploads
    WHERE org_id = $1 AND id = $2 AND lock_epoch = $3 AND state = 'open' FOR UPDATE
)sql"};

Sha256Chain chain_of(const Lease& lease) {
    if (!lease.sha256_state) return {};
    return {parse_hex(*lease.sha256_state).value_or(""), lease.received - lease.tail_bytes};
}

std::unexpected<Error> superseded() {
    return refuse(
        ErrorKind::conflict, "uploads.superseded", "A newer request goes on with this upload."
    );
}

/// The store has lost it, or somebody has swept there.
Error store_error(const Error& error) {
    if (error.kind != ErrorKind::not_found) return files::store_unavailable();
    return {
        .kind = ErrorKind::not_found,
        .code = "uploads.expired",
        .message = "The storage holds nothing of this upload any more. Begin it anew.",
    };
}

}  // namespace

std::string tail_key(UploadId id, std::int64_t epoch) {
    return "tail/" + id.str() + '/' + std::to_string(epoch);
}

Append::Append(
    Uploads& uploads,
    Lease lease,
    std::optional<files::Buffer> buffer,
    std::optional<Checksum> checksum
)
    : uploads_(uploads),
      lease_(std::move(lease)),
      buffer_(std::move(buffer)),
      sha256_(lease_.sha256 ? Sha256Chain() : chain_of(lease_)),
      stored_bytes_(lease_.received - lease_.tail_bytes),
      place_(uploads.fences_, lease_.id.uuid, lease_.epoch, [this] {
          is_fenced_ = true;
          // While it waits for bytes nobody else looks at the buffer.
          if (is_reading_) buffer_.reset();
      }) {
    if (checksum) checksum_.emplace(*std::move(checksum));
}

Task<Result<>> Append::load_tail(trace::Context context) {
    if (!lease_.tail_epoch) co_return done;
    auto reader = co_await uploads_.store_.read(
        context, tail_key(lease_.id, *lease_.tail_epoch), std::nullopt
    );
    if (!reader) co_return std::unexpected(store_error(reader.error()));
    for (auto piece = co_await (*reader)->read(); !piece.empty();
         piece = co_await (*reader)->read()) {
        sha256_.add(piece);
        buffer_->fill(piece);
    }
    loaded_ = in_buffer();
    if (loaded_ != lease_.tail_bytes) throw objects::Fault("a tail has not the length it had");
    co_return done;
}

Task<Result<>> Append::take(
    trace::Context context, http::Body& body, std::optional<std::uint64_t> announced
) {
    left_ = announced;
    const Clock& clock = uploads_.telemetry_.clock;
    const SteadyTime end = clock.steady() + files::upload_time_max;
    while (clock.steady() < end) {
        is_reading_ = true;
        const auto piece = co_await body.read();
        is_reading_ = false;
        if (is_fenced_) co_return superseded();
        if (!piece) co_return std::unexpected(piece.error());
        if (piece->empty()) co_return done;
        if (piece->size() > bytes_max() - total()) co_return files::too_large(bytes_max());
        ACME_TRY(co_await take_piece(context, *piece));
    }
    co_return refuse(
        ErrorKind::unavailable, "http.timeout", "This took too long. Go on where it ended."
    );
}

Task<Result<>> Append::take_piece(trace::Context context, std::string_view piece) {
    if (checksum_) checksum_->add(piece);
    while (!piece.empty()) {
        const std::size_t count = buffer_->fill(piece);
        if (left_) *left_ -= std::min<std::uint64_t>(*left_, count);
        sha256_.add(piece.substr(0, count));
        piece.remove_prefix(count);
        // The last part goes with finish().
        if (!buffer_->is_full() || has_all()) continue;
        ACME_TRY(co_await store_part(context));
        if (!checksum_) ACME_TRY(co_await commit(context));
    }
    co_return done;
}

/// What an older request may still write has another key.
Task<Result<>> Append::set_key(trace::Context context) {
    if (lease_.epoch == 1) co_return done;
    lease_.key += '-' + std::to_string(lease_.epoch);
    auto transaction = co_await uploads_.begin(context);
    const auto held =
        co_await transaction.run(context, hold_upload, lease_.org, lease_.id, lease_.epoch);
    if (held.empty()) co_return superseded();
    co_await uploads_.files_.set_key_of(transaction, context, lease_.org, lease_.file, lease_.key);
    co_await transaction.commit(context);
    co_return done;
}

Task<Result<>> Append::begin_object(trace::Context context) {
    if (lease_.store_id) co_return done;
    ACME_TRY(co_await set_key(context));
    const std::string_view first = buffer_->text().substr(0, files::sniffed_bytes);
    lease_.content_type = files::stored_type(first, lease_.declared_type);
    auto id = co_await uploads_.store_.begin(context, lease_.key, *lease_.content_type);
    if (!id) co_return std::unexpected(store_error(id.error()));
    lease_.store_id = *std::move(id);
    co_return done;
}

Task<Result<>> Append::store_part(trace::Context context) {
    if (lease_.part > objects::parts_max) {
        co_return refuse(
            ErrorKind::conflict,
            "uploads.interrupted_too_often",
            "This upload was interrupted too often. Begin it anew."
        );
    }
    ACME_TRY(co_await begin_object(context));
    const bool is_full = buffer_->is_full();
    auto etag = co_await uploads_.store_.put_part(
        context, lease_.key, *lease_.store_id, lease_.part, buffer_->text()
    );
    if (!etag) co_return std::unexpected(store_error(etag.error()));
    const auto bytes = static_cast<std::int64_t>(in_buffer());
    uncommitted_.push_back({.number = lease_.part++, .bytes = bytes, .etag = *std::move(etag)});
    stored_bytes_ += in_buffer();
    buffer_->clear();
    loaded_ = 0;
    if (is_full) lease_.sha256_state = to_hex(sha256_.state());
    co_return done;
}

/// What is in parts and in the buffer counts from now on; so the buffer has to be empty, or stored
/// as the tail.
Task<Result<>> Append::commit(trace::Context context) {
    std::vector<std::int64_t> numbers;
    std::vector<std::int64_t> bytes;
    std::vector<std::string> etags;
    for (const Stored& part : uncommitted_) {
        numbers.push_back(part.number);
        bytes.push_back(part.bytes);
        etags.push_back(part.etag);
    }
    // The number that this request goes on with is taken too.
    const bool goes_on = !left_ || *left_ > 0;
    const WallTime now = uploads_.telemetry_.clock.now();
    const auto rows = co_await uploads_.db_.run(
        context,
        commit_bytes,
        lease_.org,
        lease_.id,
        lease_.epoch,
        total(),
        in_buffer(),
        lease_.key,
        lease_.store_id,
        lease_.content_type,
        lease_.sha256_state,
        lease_.sha256,
        lease_.part + (goes_on ? 1 : 0),
        now,
        now + kept_for,
        numbers,
        bytes,
        etags
    );
    if (rows.empty()) co_return superseded();
    uncommitted_.clear();
    lease_.received = total();
    if (in_buffer() == 0) co_await remove_old_tail(context);
    co_return done;
}

/// One that stays is found by the sweep.
Task<> Append::remove_old_tail(trace::Context context) {
    if (!lease_.tail_epoch || *lease_.tail_epoch == lease_.epoch) co_return;
    const std::string key = tail_key(lease_.id, *std::exchange(lease_.tail_epoch, std::nullopt));
    std::ignore = co_await uploads_.store_.remove(context, key);
}

Task<Result<>> Append::finish(trace::Context context, Caller caller) {
    if (checksum_ && !checksum_->is_right()) {
        co_return refuse(
            ErrorKind::invalid,
            "uploads.checksum_mismatch",
            "The bytes are not those that Upload-Checksum was made of. Send them again."
        );
    }
    left_ = 0;
    if (lease_.sha256) {
        ACME_TRY(co_await complete(context));
        co_return co_await make_ready(context, std::move(caller));
    }
    if (!has_all()) co_return co_await store_rest(context);
    lease_.sha256 = sha256_.finish();
    if (lease_.store_id) {
        if (in_buffer() > 0) ACME_TRY(co_await store_part(context));
        ACME_TRY(co_await commit(context));
        ACME_TRY(co_await complete(context));
    } else {
        ACME_TRY(co_await store_whole(context));
    }
    co_return co_await make_ready(context, std::move(caller));
}

/// There is more to come: what is no whole part is kept as the tail.
Task<Result<>> Append::store_rest(trace::Context context) {
    if (in_buffer() == loaded_ && uncommitted_.empty()) co_return done;
    const auto old = std::exchange(lease_.tail_epoch, std::nullopt);
    if (in_buffer() > 0) {
        auto writer = co_await uploads_.store_.write(
            context, tail_key(lease_.id, lease_.epoch), "application/octet-stream"
        );
        if (!writer) co_return std::unexpected(files::store_unavailable());
        const auto stored = co_await (*writer)->finish(context, buffer_->text());
        if (!stored) co_return std::unexpected(files::store_unavailable());
    }
    ACME_TRY(co_await commit(context));
    lease_.tail_epoch = old;
    co_await remove_old_tail(context);
    co_return done;
}

/// All of it fits into one buffer.
Task<Result<>> Append::store_whole(trace::Context context) {
    ACME_TRY(co_await set_key(context));
    const std::string_view first = buffer_->text().substr(0, files::sniffed_bytes);
    lease_.content_type = files::stored_type(first, lease_.declared_type);
    auto writer = co_await uploads_.store_.write(context, lease_.key, *lease_.content_type);
    if (!writer) co_return std::unexpected(files::store_unavailable());
    const auto stored = co_await (*writer)->finish(context, buffer_->text());
    if (!stored) co_return std::unexpected(files::store_unavailable());
    co_return done;
}

}  // namespace acme::uploads
