// Objects that come in parts, in S3's own way: a multi-part upload.
#include "base/moment.hpp"
#include "base/text.hpp"
#include "io/objects/digest.hpp"
#include "io/objects/probe.hpp"
#include "io/objects/s3.hpp"
#include "io/objects/xml.hpp"

#include <prometheus/histogram.h>

namespace acme::objects {
namespace {

constexpr std::string_view no_such_upload = "NoSuchUpload";
constexpr std::string_view parts_at_fault[] = {"InvalidPart", "InvalidPartOrder", "EntityTooSmall"};

double seconds_since(const Clock& clock, SteadyTime began) {
    return std::chrono::duration<double>(clock.steady() - began).count();
}

std::string document_of(const std::vector<Part>& parts) {
    std::string text = "<CompleteMultipartUpload>";
    for (const Part& part : parts) {
        text += "<Part><PartNumber>" + std::to_string(part.number) + "</PartNumber><ETag>" +
                xml::encode(part.etag) + "</ETag></Part>";
    }
    return text + "</CompleteMultipartUpload>";
}

struct PartPage {
    std::vector<StoredPart> parts;
    bool is_cut = false;
};

PartPage read_parts(std::string_view document) {
    PartPage page;
    StoredPart one;
    xml::read(document, [&](std::string_view path, std::string_view text) {
        if (path == "ListPartsResult/Part/PartNumber") {
            one.part.number = parse_number<int>(text).value_or(0);
        }
        if (path == "ListPartsResult/Part/ETag") one.part.etag = text;
        if (path == "ListPartsResult/Part/Size") {
            one.bytes = parse_number<std::uint64_t>(text).value_or(0);
        }
        if (path == "ListPartsResult/Part") page.parts.push_back(std::exchange(one, {}));
        if (path == "ListPartsResult/IsTruncated") page.is_cut = text == "true";
    });
    return page;
}

UnfinishedPage read_uploads(std::string_view document) {
    std::vector<Unfinished> all;
    bool is_cut = false;
    Unfinished one;
    xml::read(document, [&](std::string_view path, std::string_view text) {
        if (path == "ListMultipartUploadsResult/Upload/Key") one.key = text;
        if (path == "ListMultipartUploadsResult/Upload/UploadId") one.id = text;
        if (path == "ListMultipartUploadsResult/Upload/Initiated") {
            one.begun_at = parse_time(text).value_or(WallTime());
        }
        if (path == "ListMultipartUploadsResult/Upload") all.push_back(std::exchange(one, {}));
        if (path == "ListMultipartUploadsResult/IsTruncated") is_cut = text == "true";
    });
    UnfinishedPage page;
    if (is_cut && !all.empty()) page.next = all.back();
    page.uploads = std::move(all);
    return page;
}

}  // namespace

Task<Result<std::string>> S3::begin(
    trace::Context context, std::string key, std::string content_type
) {
    expect_key(key);
    const auto document = co_await caller_.document(
        context,
        {
            .name = "s3.create_upload",
            .method = "POST",
            .key = std::move(key),
            .query = {{"uploads", ""}},
            .headers = {{"Content-Type", std::move(content_type)}},
        }
    );
    if (!document) co_return caller_.unavailable(document.error());
    std::string id = xml::find(*document, "InitiateMultipartUploadResult/UploadId");
    if (id.empty()) co_return caller_.unavailable({.status = 200, .code = "NoUploadId"});
    co_return id;
}

Task<Result<std::string>> S3::send(
    trace::Context context, S3Request request, prometheus::Histogram& seconds
) {
    const std::string_view bytes = request.body;
    Digest digest = ACME_TRY(co_await loop_.blocking([bytes] { return digest_of(bytes); }));
    request.sha256 = std::move(digest.sha256);
    request.headers.emplace_back("Content-MD5", std::move(digest.md5));
    request.is_upload = true;
    const Clock& clock = telemetry_.clock;
    const SteadyTime began = clock.steady();
    const auto answer = co_await caller_.call(context, std::move(request));
    if (!answer && answer.error().code == no_such_upload) co_return not_found();
    if (!answer) co_return caller_.unavailable(answer.error());
    seconds.Observe(seconds_since(clock, began));
    co_return std::string(answer->header("ETag"));
}

Task<Result<std::string>> S3::put_part(
    trace::Context context, std::string key, std::string id, int number, std::string_view bytes
) {
    expect_key(key);
    S3Request request{
        .name = "s3.put_part",
        .method = "PUT",
        .key = std::move(key),
        .query = {{"partNumber", std::to_string(number)}, {"uploadId", std::move(id)}},
        .body = bytes,
    };
    co_return co_await send(context, std::move(request), upload_seconds_.part);
}

std::optional<std::string> S3::part_address(
    const std::string& key,
    const std::string& id,
    int number,
    std::uint64_t bytes,
    std::chrono::seconds lifetime
) const {
    expect_key(key);
    return caller_.link(
        "PUT",
        key,
        {{"partNumber", std::to_string(number)}, {"uploadId", id}},
        {{"Content-Length", std::to_string(bytes)}, {"Content-Type", part_type}},
        lifetime
    );
}

Task<Result<std::vector<StoredPart>>> S3::parts(
    trace::Context context, std::string key, std::string id
) {
    expect_key(key);
    std::vector<StoredPart> all;
    while (true) {
        const int after = all.empty() ? 0 : all.back().part.number;
        const auto document = co_await caller_.document(
            context,
            {
                .name = "s3.list_parts",
                .method = "GET",
                .key = key,
                .query =
                    {{"max-parts", std::to_string(list_max)},
                     {"part-number-marker", std::to_string(after)},
                     {"uploadId", id}},
            }
        );
        if (!document && document.error().code == no_such_upload) co_return not_found();
        if (!document) co_return caller_.unavailable(document.error());
        PartPage page = read_parts(*document);
        // A store that names the same ones again would never come to an end.
        std::erase_if(page.parts, [&](const StoredPart& one) { return one.part.number <= after; });
        std::ranges::move(page.parts, std::back_inserter(all));
        if (!page.is_cut || page.parts.empty()) co_return all;
    }
}

Task<Result<>> S3::complete(
    trace::Context context,
    std::string key,
    std::string id,
    std::vector<Part> parts,
    std::uint64_t bytes
) {
    expect_key(key);
    const std::string text = document_of(parts);
    const Clock& clock = telemetry_.clock;
    const SteadyTime began = clock.steady();
    const auto document = co_await caller_.document(
        context,
        {
            .name = "s3.complete_upload",
            .method = "POST",
            .key = key,
            .query = {{"uploadId", std::move(id)}},
            .headers = {{"Content-Type", "application/xml"}},
            .body = text,
            .is_upload = true,
        }
    );
    if (document && !xml::find(*document, "CompleteMultipartUploadResult/ETag").empty()) {
        upload_seconds_.complete.Observe(seconds_since(clock, began));
        co_return co_await expect_made(context, std::move(key), bytes);
    }
    Refusal refusal = document ? read_refusal(200, *document, "") : document.error();
    co_return co_await check_complete(context, std::move(key), bytes, std::move(refusal));
}

/// The word of a store is not enough: a gateway that was killed while it put the parts together
/// answers the next call as if it had. So does one that is still at it for an earlier call, and so
/// it is looked for some ten seconds.
Task<Result<>> S3::expect_made(trace::Context context, std::string key, std::uint64_t bytes) {
    constexpr int looks_max = 10;
    for (int look = 1; look <= looks_max; ++look) {
        const auto stored = co_await stat(context, key);
        if (stored && stored->bytes == bytes) co_return done;
        const bool may_come = stored || stored.error().kind == ErrorKind::not_found;
        if (!may_come) co_return std::unexpected(stored.error());
        co_await sleep_for(caller_.pause_after(look));
    }
    co_return not_found();
}

/// A store may answer 200 and say in the body that it failed; and a second request, after an answer
/// that was lost, finds no upload any more: then the object decides.
Task<Result<>> S3::check_complete(
    trace::Context context, std::string key, std::uint64_t bytes, Refusal refusal
) {
    const auto stored = co_await stat(context, std::move(key));
    if (stored && stored->bytes == bytes) co_return done;
    if (refusal.code == no_such_upload) co_return not_found();
    if (std::ranges::count(parts_at_fault, refusal.code) > 0) co_return parts_mismatch();
    co_return caller_.unavailable(refusal);
}

Task<Result<>> S3::abort(trace::Context context, std::string key, std::string id) {
    expect_key(key);
    const auto answer = co_await caller_.call(
        context,
        {
            .name = "s3.abort_upload",
            .method = "DELETE",
            .key = std::move(key),
            .query = {{"uploadId", std::move(id)}},
        }
    );
    if (answer || is_absent(answer.error())) co_return done;
    co_return caller_.unavailable(answer.error());
}

Task<Result<UnfinishedPage>> S3::unfinished(
    trace::Context context, std::string prefix, std::optional<Unfinished> after
) {
    sigv4::Pairs query{{"max-uploads", std::to_string(list_max)}, {"prefix", prefix}};
    if (after) {
        query.insert(query.begin(), {"key-marker", after->key});
        query.emplace_back("upload-id-marker", after->id);
    }
    query.emplace_back("uploads", "");
    const auto document = co_await caller_.document(
        context, {.name = "s3.list_uploads", .method = "GET", .query = std::move(query)}
    );
    if (!document) co_return caller_.unavailable(document.error());
    UnfinishedPage page = read_uploads(*document);
    std::erase_if(page.uploads, [&](const Unfinished& one) {
        return !one.key.starts_with(prefix) || !is_key(one.key);
    });
    co_return page;
}

}  // namespace acme::objects
