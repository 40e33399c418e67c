// What anybody may write into the headers of an upload.
#include "platform/uploads/tus_headers.hpp"

#include <cstdint>
#include <cstdlib>

namespace acme::uploads {
namespace {

class NoBody final : public http::Body {
public:
    Result<> limit(std::size_t) override { return {}; }
    Task<Result<std::string_view>> read() override { co_return ""; }
};

/// Lines of "name: value", as a client would send them.
std::vector<http::Header> headers_of(std::string_view text) {
    std::vector<http::Header> headers;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const auto colon = std::min(line.find(": "), line.size());
        headers.push_back({line.substr(0, colon), line.substr(std::min(colon + 2, line.size()))});
    }
    return headers;
}

void read_all(std::string_view text) {
    NoBody body;
    const auto headers = headers_of(text);
    const http::Request request{.headers = headers, .body = body};
    const auto plan = read_plan(request);
    if (!plan && plan.error().fields.empty()) std::abort();
    if (plan && (plan->name.empty() || plan->name.size() > 255)) std::abort();
    if (plan && !read_first(request, *plan) && request.header("Upload-Checksum").empty()) {
        std::abort();
    }
    const auto coming = read_coming(request);
    if (coming && coming->offset > INT64_MAX) std::abort();
    std::ignore = check_version(request);
}

}  // namespace
}  // namespace acme::uploads

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(data, data + size);
    acme::uploads::read_all(text);
    const auto metadata = acme::uploads::parse_metadata(text);
    for (const auto& [key, value] : metadata.value_or(acme::uploads::Metadata{})) {
        if (key.empty() || key.size() + value.size() > size) std::abort();
    }
    const auto bytes = acme::uploads::parse_base64(text);
    if (bytes && bytes->size() > size) std::abort();
    return 0;
}
