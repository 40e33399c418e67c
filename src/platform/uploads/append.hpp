#pragma once

/// One request that brings bytes of an upload: through one buffer into parts of the object, and
/// what is left into the tail. Private to platform/uploads.

#include "platform/uploads/checksum.hpp"
#include "platform/uploads/sha256_chain.hpp"
#include "platform/uploads/uploads.hpp"

namespace acme::uploads {

/// What a request took with the upload, as it was then; good until a newer one takes it over.
struct Lease {
    UploadId id;
    OrgId org;
    FileId file;
    std::int64_t epoch = 0;
    int part = 0;     // the first number that nobody else has
    std::string key;  // of the object, once store_id is there
    std::string declared_type;
    std::optional<std::uint64_t> length;
    std::uint64_t received = 0;
    std::optional<std::string> store_id;
    std::optional<std::string> content_type;
    std::uint64_t tail_bytes = 0;
    std::optional<std::int64_t> tail_epoch;
    std::optional<std::string> sha256_state;  // hex, after the parts
    std::optional<std::string> sha256;        // of the whole, when its last part is stored

    bool is_whole() const { return length && *length == received; }
};

/// Where the rest of an upload lies that is too short for a part.
std::string tail_key(UploadId id, std::int64_t epoch);

class Append {
public:
    /// No buffer is needed for a lease that has its sha256. `uploads` outlives it.
    Append(
        Uploads& uploads,
        Lease lease,
        std::optional<files::Buffer> buffer,
        std::optional<Checksum> checksum
    );

    /// Comes first. Errors: uploads.store_unavailable.
    Task<Result<>> load_tail(trace::Context context);

    /// Reads the body to its end, or as far as it comes. Errors: those of Uploads::append().
    Task<Result<>> take(
        trace::Context context, http::Body& body, std::optional<std::uint64_t> announced
    );

    /// Comes last, also when the body broke off: what is there is stored, and a file made of the
    /// whole. Errors: uploads.store_unavailable, uploads.superseded, uploads.expired,
    /// uploads.checksum_mismatch.
    Task<Result<>> finish(trace::Context context, Caller caller);

private:
    struct Stored {
        std::int64_t number;
        std::int64_t bytes;
        std::string etag;
    };

    Task<Result<>> take_piece(trace::Context context, std::string_view piece);
    Task<Result<>> store_part(trace::Context context);
    Task<Result<>> begin_object(trace::Context context);
    Task<Result<>> commit(trace::Context context);
    Task<Result<>> store_rest(trace::Context context);
    Task<Result<>> store_whole(trace::Context context);
    Task<Result<>> complete(trace::Context context);
    Task<Result<>> make_ready(trace::Context context, Caller caller);
    Task<> remove_old_tail(trace::Context context);
    Task<Result<>> set_key(trace::Context context);
    std::size_t in_buffer() const { return buffer_ ? buffer_->text().size() : 0; }
    std::uint64_t total() const { return stored_bytes_ + in_buffer(); }
    bool has_all() const { return lease_.length && *lease_.length == total(); }
    std::uint64_t bytes_max() const { return lease_.length.value_or(uploads_.bytes_max()); }

    Uploads& uploads_;
    Lease lease_;
    std::optional<files::Buffer> buffer_;  // given back when a newer request has taken over
    std::optional<ChecksumCheck> checksum_;
    Sha256Chain sha256_;                 // of parts and buffer
    std::uint64_t stored_bytes_;         // in parts
    std::size_t loaded_ = 0;             // of the buffer: the tail, which counts already
    std::optional<std::uint64_t> left_;  // of the announced bytes
    std::vector<Stored> uncommitted_;
    bool is_reading_ = false;
    bool is_fenced_ = false;
    Fences::Place place_;
};

}  // namespace acme::uploads
