#include "platform/uploads/tus_headers.hpp"

#include "base/bytes.hpp"
#include "base/text.hpp"
#include "platform/files/name.hpp"
#include "platform/files/sniff.hpp"

#include <algorithm>

namespace acme::uploads {
namespace {

constexpr std::string_view unnamed = "unnamed";

class Problems {
public:
    void add(std::string header, std::string detail) {
        fields_.push_back({'/' + std::move(header), "uploads.headers_invalid", std::move(detail)});
    }

    Result<> finish() {
        if (fields_.empty()) return {};
        return std::unexpected(Error{
            .kind = ErrorKind::invalid,
            .code = "uploads.headers_invalid",
            .message = "Headers of the upload are not as expected.",
            .fields = std::move(fields_),
        });
    }

private:
    std::vector<FieldError> fields_;
};

/// nullopt when it is absent, or wrong and noted. As PostgreSQL's bigint, no longer.
std::optional<std::uint64_t> number_in(
    const http::Request& request, std::string_view name, Problems& problems
) {
    const std::string_view text = request.header(name);
    if (text.empty()) return std::nullopt;
    const auto number = parse_number<std::int64_t>(text);
    if (number && *number >= 0 && text.front() != '-') return static_cast<std::uint64_t>(*number);
    problems.add(std::string(name), "must be a number of bytes");
    return std::nullopt;
}

/// The first of the keys that is there and not empty.
std::string value_of(const Metadata& metadata, std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys) {
        for (const auto& [name, value] : metadata) {
            if (name == key && !value.empty()) return value;
        }
    }
    return "";
}

void read_metadata(const http::Request& request, Plan& plan, Problems& problems) {
    const std::string_view header = request.header("Upload-Metadata");
    if (header.size() > metadata_bytes_max) {
        problems.add("Upload-Metadata", "must have at most 4096 bytes");
        return;
    }
    const auto metadata = parse_metadata(header);
    if (!metadata) {
        problems.add("Upload-Metadata", "must be keys with values in base64, as tus 1.0 writes it");
        return;
    }
    // tus-js-client and Uppy call them differently.
    std::string name = value_of(*metadata, {"filename", "name"});
    if (name.empty()) name = unnamed;
    auto checked = files::checked_name(name);
    if (!checked) problems.add("Upload-Metadata", "filename: " + checked.error().message);
    plan.name = checked ? *std::move(checked) : "";
    plan.declared_type = files::media_type_of(value_of(*metadata, {"filetype", "type"}));
    plan.metadata = header;
}

std::optional<std::uint64_t> announced_in(const http::Request& request) {
    return parse_number<std::uint64_t>(request.header("Content-Length"));
}

void read_checksum(const http::Request& request, Coming& coming, Problems& problems) {
    const std::string_view header = request.header("Upload-Checksum");
    if (header.empty()) return;
    coming.checksum = parse_checksum(header);
    if (!coming.checksum) problems.add("Upload-Checksum", "must be sha1 or sha256, and base64");
}

bool is_bytes(const http::Request& request) {
    return files::media_type_of(request.header("Content-Type")) == bytes_type;
}

}  // namespace

std::optional<std::string> parse_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::string url(text);
    for (int i = 0; i < 2 && url.ends_with('='); ++i) url.pop_back();
    if (url.find_first_of("-_=") != url.npos) return std::nullopt;
    std::ranges::replace(url, '+', '-');
    std::ranges::replace(url, '/', '_');
    return parse_base64url(url);
}

std::optional<Metadata> parse_metadata(std::string_view header) {
    Metadata metadata;
    while (!header.empty()) {
        const auto comma = std::min(header.find(','), header.size());
        std::string_view pair = header.substr(0, comma);
        header.remove_prefix(comma);
        if (!header.empty()) {
            header.remove_prefix(1);
            if (header.empty()) return std::nullopt;
        }
        while (pair.starts_with(' ')) pair.remove_prefix(1);
        const auto blank = std::min(pair.find(' '), pair.size());
        const std::string key(pair.substr(0, blank));
        auto value = parse_base64(pair.substr(std::min(blank + 1, pair.size())));
        const bool is_taken =
            std::ranges::any_of(metadata, [&](const auto& known) { return known.first == key; });
        if (key.empty() || is_taken || !value) return std::nullopt;
        metadata.emplace_back(key, *std::move(value));
    }
    return metadata;
}

std::optional<Checksum> parse_checksum(std::string_view header) {
    constexpr std::size_t sha1_bytes = 20;
    constexpr std::size_t sha256_bytes = 32;
    const auto blank = std::min(header.find(' '), header.size());
    const std::string_view algorithm = header.substr(0, blank);
    auto bytes = parse_base64(header.substr(std::min(blank + 1, header.size())));
    if (!bytes) return std::nullopt;
    if (algorithm == "sha1" && bytes->size() == sha1_bytes) {
        return Checksum{.digest = Digest::sha1, .bytes = *std::move(bytes)};
    }
    if (algorithm == "sha256" && bytes->size() == sha256_bytes) {
        return Checksum{.digest = Digest::sha256, .bytes = *std::move(bytes)};
    }
    return std::nullopt;
}

Result<> check_version(const http::Request& request) {
    if (request.header("Tus-Resumable") == tus_version) return {};
    return refuse(
        ErrorKind::invalid,
        "uploads.version",
        "Tus-Resumable must be 1.0.0, the version spoken here."
    );
}

Result<Plan> read_plan(const http::Request& request) {
    Problems problems;
    Plan plan;
    plan.length = number_in(request, "Upload-Length", problems);
    const std::string_view deferred = request.header("Upload-Defer-Length");
    if (!deferred.empty() && deferred != "1") problems.add("Upload-Defer-Length", "must be 1");
    const bool has_length = !request.header("Upload-Length").empty();
    if (has_length == !deferred.empty()) {
        problems.add("Upload-Length", "must be there, or Upload-Defer-Length in its place");
    }
    if (request.header("Upload-Concat").starts_with("final")) {
        problems.add("Upload-Concat", "is not spoken here");
    }
    read_metadata(request, plan, problems);
    if (auto ok = problems.finish(); !ok) return std::unexpected(std::move(ok.error()));
    return plan;
}

Result<Coming> read_coming(const http::Request& request) {
    if (!is_bytes(request)) {
        return refuse(
            ErrorKind::invalid,
            "http.media_type",
            "Content-Type must be application/offset+octet-stream."
        );
    }
    Problems problems;
    Coming coming;
    const auto offset = number_in(request, "Upload-Offset", problems);
    if (request.header("Upload-Offset").empty()) {
        problems.add("Upload-Offset", "must be there: what the upload has so far");
    }
    coming.offset = offset.value_or(0);
    coming.announced = announced_in(request);
    coming.length = number_in(request, "Upload-Length", problems);
    read_checksum(request, coming, problems);
    if (auto ok = problems.finish(); !ok) return std::unexpected(std::move(ok.error()));
    return coming;
}

Result<std::optional<Coming>> read_first(const http::Request& request, const Plan& plan) {
    Coming coming;
    const bool has_bytes = is_bytes(request) && request.header("Content-Length") != "0";
    coming.announced = has_bytes ? announced_in(request) : std::optional<std::uint64_t>(0);
    // A file without bytes is complete when it begins.
    if (!has_bytes && plan.length != std::uint64_t{0}) return std::nullopt;
    Problems problems;
    if (has_bytes) read_checksum(request, coming, problems);
    if (auto ok = problems.finish(); !ok) return std::unexpected(std::move(ok.error()));
    return coming;
}

}  // namespace acme::uploads
