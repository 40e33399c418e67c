#include "platform/files/files_content.hpp"

#include "io/http/condition.hpp"
#include "io/http/problem.hpp"
#include "platform/files/name.hpp"
#include "platform/files/range.hpp"

namespace acme::files {
namespace {

class Download final : public http::Source {
public:
    explicit Download(std::unique_ptr<objects::Reader> reader) : reader_(std::move(reader)) {}

    Task<std::string_view> read() override { return reader_->read(); }

private:
    std::unique_ptr<objects::Reader> reader_;
};

/// A file comes from a stranger: it is saved, and if a browser shows it all the same, without
/// scripts, without our origin, and as no other type.
http::HeaderList headers_of(const File& file, std::string etag) {
    return {
        {"ETag", std::move(etag)},
        {"Accept-Ranges", "bytes"},
        {"Content-Disposition", attachment_of(file.name)},
        {"X-Content-Type-Options", "nosniff"},
        {"Content-Security-Policy", "sandbox; default-src 'none'"},
        {"Cache-Control", "private, no-cache"},
    };
}

http::Response not_satisfiable(const http::Call& call, std::uint64_t bytes) {
    const Error error{
        .kind = ErrorKind::invalid,
        .code = "http.range",
        .message = "The file has " + std::to_string(bytes) + " bytes; the range lies behind them.",
    };
    auto response = http::problem(error, call.request.path(), *call.context.trace);
    response.headers.emplace_back("Content-Range", "bytes */" + std::to_string(bytes));
    return response;
}

std::string content_range(objects::Range range, std::uint64_t bytes) {
    return "bytes " + std::to_string(range.first) + '-' +
           std::to_string(range.first + range.count - 1) + '/' + std::to_string(bytes);
}

}  // namespace

Task<Result<http::Response>> content(Files& files, const http::Call& call) {
    const FileId id = ACME_TRY(parse_file_id(call.params[0]));
    co_return co_await content_of(files, call, call.who().org, id);
}

Task<Result<http::Response>> content_of(
    Files& files, const http::Call& call, OrgId org, FileId id
) {
    const File file = ACME_TRY(co_await files.find(call.context, org, id));
    const std::string etag = '"' + file.sha256 + '"';
    http::Response response{.content_type = file.content_type, .headers = headers_of(file, etag)};
    if (http::is_not_modified(call.request, etag)) {
        response.status = 304;
        co_return response;
    }
    // If-Range with anything but this version: the whole is asked for.
    const std::string_view condition = call.request.header("If-Range");
    const bool is_same = condition.empty() || condition == etag;
    const RangeAsked range =
        read_range(is_same ? call.request.header("Range") : std::string_view(), file.bytes);
    if (range.asked == Asked::nothing) co_return not_satisfiable(call, file.bytes);

    std::optional<objects::Range> part;
    response.length = file.bytes;
    if (range.asked == Asked::part) {
        part = range.range;
        response.status = 206;
        response.length = part->count;
        response.headers.emplace_back("Content-Range", content_range(*part, file.bytes));
    }
    response.source =
        std::make_unique<Download>(ACME_TRY(co_await files.open(call.context, org, id, part)));
    co_return response;
}

}  // namespace acme::files
