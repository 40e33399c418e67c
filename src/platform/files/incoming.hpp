#pragma once

/// The bytes of one file on their way through one buffer into object storage. Private to
/// platform/files.

#include "base/hash.hpp"
#include "platform/files/files.hpp"

namespace acme::files {

class Incoming {
public:
    /// Everything outlives it. Nothing is asked of the store before the first part is full.
    Incoming(
        objects::Store& store,
        Buffer& buffer,
        std::string key,
        std::string declared_type,
        std::uint64_t bytes_max
    );

    /// Errors: files.too_large, uploads.store_unavailable.
    Task<Result<>> take(trace::Context context, std::string_view bytes);

    /// Everything has come: it is stored, and what is known of it is filled in. Errors:
    /// uploads.store_unavailable.
    Task<Result<>> finish(trace::Context context, Received& received);

private:
    Task<Result<>> open(trace::Context context);

    objects::Store& store_;
    Buffer& buffer_;
    std::string key_;
    std::string declared_type_;
    std::uint64_t bytes_max_;
    std::string content_type_;  // known when the first part is
    std::unique_ptr<objects::Writer> writer_;
    Sha256 sha256_;
    std::uint64_t bytes_ = 0;
};

}  // namespace acme::files
