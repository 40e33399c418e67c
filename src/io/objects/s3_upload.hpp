#pragma once

/// An object on its way to S3: one PUT when all fits into the last part, a multi-part upload
/// otherwise. Private to io/objects.

#include "io/objects/s3.hpp"

namespace acme::objects {

class S3Upload final : public Writer {
public:
    S3Upload(S3& store, std::string key, std::string content_type);
    ~S3Upload() override;

    Task<Result<>> write(trace::Context context, std::string_view bytes) override;
    Task<Result<>> finish(trace::Context context, std::string_view bytes) override;

private:
    Task<Result<>> put(trace::Context context, std::string_view bytes);
    Task<Result<>> put_part(trace::Context context, std::string_view bytes);

    S3& store_;
    std::string key_;
    std::string content_type_;
    std::string id_;  // of the multi-part upload; "" before there is one
    std::vector<Part> parts_;
    std::uint64_t bytes_ = 0;  // of the parts that are stored
    bool has_last_ = false;
    bool is_finished_ = false;
};

}  // namespace acme::objects
