#include "io/objects/s3_upload.hpp"

#include "io/objects/digest.hpp"
#include "io/objects/xml.hpp"

#include <prometheus/histogram.h>

namespace acme::objects {
namespace {

double seconds_since(const Clock& clock, SteadyTime began) {
    return std::chrono::duration<double>(clock.steady() - began).count();
}

}  // namespace

S3Upload::S3Upload(S3& store, std::string key, std::string content_type)
    : store_(store), key_(std::move(key)), content_type_(std::move(content_type)) {}

S3Upload::~S3Upload() {
    if (!id_.empty() && !is_finished_) store_.drop(std::move(key_), std::move(id_));
}

Task<Result<>> S3Upload::write(trace::Context context, std::string_view bytes) {
    if (id_.empty()) ACME_TRY(co_await begin(context));
    co_return co_await put_part(context, bytes);
}

Task<Result<>> S3Upload::finish(trace::Context context, std::string_view bytes) {
    if (is_finished_) co_return done;
    if (id_.empty()) {
        ACME_TRY(co_await put(context, bytes));
    } else {
        // Called again after an error, the last part may be stored already.
        if (!bytes.empty() && !has_last_) ACME_TRY(co_await put_part(context, bytes));
        has_last_ = true;
        ACME_TRY(co_await complete(context));
    }
    is_finished_ = true;
    co_return done;
}

Task<Result<>> S3Upload::begin(trace::Context context) {
    S3Caller& caller = store_.caller_;
    const auto document = co_await caller.document(
        context,
        {
            .name = "s3.create_upload",
            .method = "POST",
            .key = key_,
            .query = {{"uploads", ""}},
            .headers = {{"Content-Type", content_type_}},
        }
    );
    if (!document) co_return caller.unavailable(document.error());
    id_ = xml::find(*document, "InitiateMultipartUploadResult/UploadId");
    if (id_.empty()) co_return caller.unavailable({.status = 200, .code = "NoUploadId"});
    co_return done;
}

/// Sends a body and returns the ETag under which the store has it now.
Task<Result<std::string>> S3Upload::send(
    trace::Context context, S3Request request, prometheus::Histogram& seconds
) {
    const std::string_view bytes = request.body;
    Digest digest = ACME_TRY(co_await store_.loop_.blocking([bytes] { return digest_of(bytes); }));
    request.sha256 = std::move(digest.sha256);
    request.headers.emplace_back("Content-MD5", std::move(digest.md5));
    request.is_upload = true;
    const Clock& clock = store_.telemetry_.clock;
    const SteadyTime began = clock.steady();
    const auto answer = co_await store_.caller_.call(context, std::move(request));
    if (!answer) co_return store_.caller_.unavailable(answer.error());
    seconds.Observe(seconds_since(clock, began));
    co_return std::string(answer->header("ETag"));
}

Task<Result<>> S3Upload::put(trace::Context context, std::string_view bytes) {
    S3Request request{
        .name = "s3.put",
        .method = "PUT",
        .key = key_,
        .headers = {{"Content-Type", content_type_}},
        .body = bytes,
    };
    ACME_TRY(co_await send(context, std::move(request), store_.upload_seconds_.put));
    co_return done;
}

Task<Result<>> S3Upload::put_part(trace::Context context, std::string_view bytes) {
    S3Request request{
        .name = "s3.put_part",
        .method = "PUT",
        .key = key_,
        .query = {{"partNumber", std::to_string(etags_.size() + 1)}, {"uploadId", id_}},
        .body = bytes,
    };
    auto& seconds = store_.upload_seconds_.part;
    etags_.push_back(ACME_TRY(co_await send(context, std::move(request), seconds)));
    bytes_ += bytes.size();
    co_return done;
}

std::string S3Upload::parts_document() const {
    std::string text = "<CompleteMultipartUpload>";
    for (std::size_t i = 0; i < etags_.size(); ++i) {
        text += "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>" +
                xml::encode(etags_[i]) + "</ETag></Part>";
    }
    return text + "</CompleteMultipartUpload>";
}

/// A store may answer 200 and say in the body that it failed; and a second request, after an answer
/// that was lost, finds no upload any more: then the object decides.
Task<Result<>> S3Upload::complete(trace::Context context) {
    const std::string parts = parts_document();
    const Clock& clock = store_.telemetry_.clock;
    const SteadyTime began = clock.steady();
    const auto document = co_await store_.caller_.document(
        context,
        {
            .name = "s3.complete_upload",
            .method = "POST",
            .key = key_,
            .query = {{"uploadId", id_}},
            .headers = {{"Content-Type", "application/xml"}},
            .body = parts,
            .is_upload = true,
        }
    );
    if (document && !xml::find(*document, "CompleteMultipartUploadResult/ETag").empty()) {
        store_.upload_seconds_.complete.Observe(seconds_since(clock, began));
        co_return done;
    }
    const Refusal refusal = document ? read_refusal(200, *document, "") : document.error();
    const auto stored = co_await store_.stat(context, key_);
    if (stored && stored->bytes == bytes_) co_return done;
    co_return store_.caller_.unavailable(refusal);
}

}  // namespace acme::objects
