#pragma once

/// Objects in a bucket of S3, or of whatever speaks as it does (Ceph, versitygw, GCS, MinIO).
///
/// Each body is sent whole with its real SHA-256 and MD5, so that every store checks what it was
/// given: no chunked signatures, no trailers, no other checksums, which many stores get wrong.

#include "io/fetch/fetch.hpp"
#include "io/loop/loop.hpp"
#include "io/loop/task_group.hpp"
#include "io/objects/s3_call.hpp"
#include "io/objects/store.hpp"

namespace prometheus {
class Histogram;
}

namespace acme::objects {

class S3 final : public Store {
public:
    /// Everything outlives it. `fetch` is closed after close(). Throws std::invalid_argument for an
    /// endpoint that is no http(s) URL.
    S3(S3Options options, Loop& loop, fetch::Client& fetch, Telemetry& telemetry);

    Task<Result<std::unique_ptr<Writer>>> write(
        trace::Context context, std::string key, std::string content_type
    ) override;
    Task<Result<std::unique_ptr<Reader>>> read(
        trace::Context context, std::string key, std::optional<Range> range
    ) override;
    Task<Result<Stat>> stat(trace::Context context, std::string key) override;
    Task<Result<>> remove(trace::Context context, std::string key) override;
    Task<Result<Page>> list(trace::Context context, std::string prefix, std::string after) override;
    Task<Result<std::string>> begin(
        trace::Context context, std::string key, std::string content_type
    ) override;
    Task<Result<std::string>> put_part(
        trace::Context context, std::string key, std::string id, int number, std::string_view bytes
    ) override;
    bool has_addresses() const override { return true; }
    std::optional<std::string> part_address(
        const std::string& key,
        const std::string& id,
        int number,
        std::uint64_t bytes,
        std::chrono::seconds lifetime
    ) const override;
    Task<Result<std::vector<StoredPart>>> parts(
        trace::Context context, std::string key, std::string id
    ) override;
    Task<Result<>> complete(
        trace::Context context,
        std::string key,
        std::string id,
        std::vector<Part> parts,
        std::uint64_t bytes
    ) override;
    Task<Result<>> abort(trace::Context context, std::string key, std::string id) override;
    Task<Result<UnfinishedPage>> unfinished(
        trace::Context context, std::string prefix, std::optional<Unfinished> after
    ) override;
    Task<Result<>> probe(trace::Context context) override;
    Task<Result<>> examine(trace::Context context) override;
    Task<> close() override;

private:
    friend class S3Upload;

    struct Seconds {
        prometheus::Histogram& put;
        prometheus::Histogram& part;
        prometheus::Histogram& complete;
    };

    // Parts of examine(), s3_examine.cpp.
    Task<Result<>> expect_checks(trace::Context context, std::string key);
    Task<Result<>> expect_presigned(trace::Context context, std::string key);
    Task<Result<>> expect_two_parts(trace::Context context, std::string key);
    Task<Result<>> examine_at(trace::Context context, std::string key);

    /// Sends a body and returns the ETag under which the store has it now. Errors:
    /// objects.not_found, objects.unavailable.
    Task<Result<std::string>> send(
        trace::Context context, S3Request request, prometheus::Histogram& seconds
    );
    Task<Result<>> expect_made(trace::Context context, std::string key, std::uint64_t bytes);
    Task<Result<>> check_complete(
        trace::Context context, std::string key, std::uint64_t bytes, Refusal refusal
    );

    /// Ends an upload that nobody will finish.
    void drop(std::string key, std::string upload_id);
    Task<> abort_unseen(std::string key, std::string upload_id);

    Loop& loop_;
    Telemetry& telemetry_;
    S3Caller caller_;
    Seconds upload_seconds_;
    TaskGroup dropped_;
    bool is_closed_ = false;
};

}  // namespace acme::objects
