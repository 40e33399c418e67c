#include "io/objects/s3_upload.hpp"

namespace acme::objects {

S3Upload::S3Upload(S3& store, std::string key, std::string content_type)
    : store_(store), key_(std::move(key)), content_type_(std::move(content_type)) {}

S3Upload::~S3Upload() {
    if (!id_.empty() && !is_finished_) store_.drop(std::move(key_), std::move(id_));
}

Task<Result<>> S3Upload::write(trace::Context context, std::string_view bytes) {
    if (id_.empty()) id_ = ACME_TRY(co_await store_.begin(context, key_, content_type_));
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
        ACME_TRY(co_await store_.complete(context, key_, id_, parts_, bytes_));
    }
    is_finished_ = true;
    co_return done;
}

Task<Result<>> S3Upload::put(trace::Context context, std::string_view bytes) {
    S3Request request{
        .name = "s3.put",
        .method = "PUT",
        .key = key_,
        .headers = {{"Content-Type", content_type_}},
        .body = bytes,
    };
    ACME_TRY(co_await store_.send(context, std::move(request), store_.upload_seconds_.put));
    co_return done;
}

Task<Result<>> S3Upload::put_part(trace::Context context, std::string_view bytes) {
    const int number = static_cast<int>(parts_.size()) + 1;
    auto etag = ACME_TRY(co_await store_.put_part(context, key_, id_, number, bytes));
    parts_.push_back({.number = number, .etag = std::move(etag)});
    bytes_ += bytes.size();
    co_return done;
}

}  // namespace acme::objects
