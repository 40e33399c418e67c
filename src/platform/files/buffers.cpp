#include "platform/files/buffers.hpp"

#include <prometheus/gauge.h>

#include <cstring>

namespace acme::files {

Buffer::Buffer(Buffers& owner, std::unique_ptr<char[]> bytes)
    : owner_(&owner), bytes_(std::move(bytes)) {}

Buffer::~Buffer() {
    if (bytes_) owner_->give_back(std::move(bytes_));
}

std::size_t Buffer::fill(std::string_view bytes) {
    const std::size_t count = std::min(bytes.size(), objects::part_bytes - used_);
    std::memcpy(bytes_.get() + used_, bytes.data(), count);
    used_ += count;
    return count;
}

Buffers::Buffers(std::size_t count, Telemetry& telemetry)
    : left_(count),
      in_use_(telemetry.metrics.gauge(
          "upload_buffers_in_use", "Buffers of 5 MiB that uploads hold at the moment."
      )) {}

Task<Result<Buffer>> Buffers::take(std::chrono::milliseconds time_max) {
    std::unique_ptr<char[]> bytes;
    if (!free_.empty()) {
        bytes = std::move(free_.back());
        free_.pop_back();
    } else if (left_ > 0) {
        --left_;
        bytes = std::make_unique_for_overwrite<char[]>(objects::part_bytes);
    } else {
        auto given = co_await waiting_.wait(time_max);
        if (!given) {
            co_return std::unexpected(Error{
                .kind = ErrorKind::unavailable,
                .code = "uploads.busy",
                .message = "Too many uploads at once. Try again in a moment.",
                .retry_after = std::chrono::seconds(5),
            });
        }
        bytes = *std::move(given);
    }
    in_use_.Increment();
    co_return Buffer(*this, std::move(bytes));
}

void Buffers::give_back(std::unique_ptr<char[]> bytes) {
    in_use_.Decrement();
    if (waiting_.empty()) {
        free_.push_back(std::move(bytes));
    } else {
        waiting_.give(std::move(bytes));
    }
}

}  // namespace acme::files
