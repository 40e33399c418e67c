#include "platform/files/incoming.hpp"

#include "base/bytes.hpp"
#include "platform/files/sniff.hpp"

namespace acme::files {

Incoming::Incoming(
    objects::Store& store,
    Buffer& buffer,
    std::string key,
    std::string declared_type,
    std::uint64_t bytes_max
)
    : store_(store),
      buffer_(buffer),
      key_(std::move(key)),
      declared_type_(std::move(declared_type)),
      bytes_max_(bytes_max) {}

Task<Result<>> Incoming::take(trace::Context context, std::string_view bytes) {
    if (bytes.size() > bytes_max_ - bytes_) co_return too_large(bytes_max_);
    bytes_ += bytes.size();
    sha256_.add(bytes);
    while (!bytes.empty()) {
        // A full buffer waits for one byte more: the last part goes with finish().
        if (buffer_.is_full()) {
            ACME_TRY(co_await open(context));
            const auto stored = co_await writer_->write(context, buffer_.text());
            if (!stored) co_return std::unexpected(store_unavailable());
            buffer_.clear();
        }
        bytes.remove_prefix(buffer_.fill(bytes));
    }
    co_return done;
}

Task<Result<>> Incoming::finish(trace::Context context, Received& received) {
    ACME_TRY(co_await open(context));
    const auto stored = co_await writer_->finish(context, buffer_.text());
    if (!stored) co_return std::unexpected(store_unavailable());
    received.content_type = content_type_;
    received.bytes = bytes_;
    received.sha256 = to_hex(sha256_.finish());
    co_return done;
}

Task<Result<>> Incoming::open(trace::Context context) {
    if (writer_) co_return done;
    content_type_ = stored_type(buffer_.text().substr(0, sniffed_bytes), declared_type_);
    auto writer = co_await store_.write(context, key_, content_type_);
    if (!writer) co_return std::unexpected(store_unavailable());
    writer_ = *std::move(writer);
    co_return done;
}

Error store_unavailable() {
    return {
        .kind = ErrorKind::unavailable,
        .code = "uploads.store_unavailable",
        .message = "The storage of files is out of reach. Try again in a moment.",
        .retry_after = std::chrono::seconds(5),
    };
}

}  // namespace acme::files
