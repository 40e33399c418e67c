#pragma once

/// The one file in a multipart/form-data body, read while it arrives. Source: RFC 7578, RFC 2046.

#include "io/http/body.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace acme::files {

/// "boundary" of a Content-Type that is multipart/form-data; nullopt for any other type, "" for a
/// boundary that is missing or longer than 70 characters.
std::optional<std::string> boundary_of(std::string_view content_type);

/// Is itself the body of the file. Fields before the file are skipped; a second file is refused.
class FilePart final : public http::Body {
public:
    static constexpr std::size_t head_bytes_max = std::size_t{8} * 1024;
    static constexpr std::size_t frame_bytes_max = std::size_t{64} * 1024;  // all but the file

    FilePart(http::Body& body, std::string_view boundary);

    /// Reads up to the first byte of the file. Errors: files.multipart_malformed,
    /// files.multipart_empty (invalid), and those of the body.
    Task<Result<>> begin();

    /// As the part says; after begin().
    const std::string& disposition() const { return disposition_; }
    const std::string& content_type() const { return content_type_; }

    Result<> limit(std::size_t) override { return {}; }

    /// Errors: files.multipart_malformed, files.multipart_many (invalid), and those of the body.
    Task<Result<std::string_view>> read() override;

private:
    Task<Result<bool>> fetch();
    Task<Result<std::size_t>> find(std::string_view mark, std::size_t bytes_max);
    Task<Result<bool>> next_part();
    Task<Result<>> finish();
    bool read_head(std::string_view head);

    http::Body& body_;
    std::string delimiter_;  // "\r\n--boundary"
    std::string in_;         // what was read and not taken
    std::size_t taken_ = 0;  // of in_, held by the caller
    std::size_t framed_ = 0;
    std::string disposition_;
    std::string content_type_;
    bool is_file_over_ = false;
};

}  // namespace acme::files
