#include "io/objects/s3.hpp"

#include "base/ids.hpp"
#include "base/text.hpp"
#include "io/objects/probe.hpp"
#include "io/objects/s3_upload.hpp"
#include "io/objects/xml.hpp"

namespace acme::objects {
namespace {

class S3Reader final : public Reader {
public:
    explicit S3Reader(fetch::Response response) : response_(std::move(response)) {}

    Task<std::string_view> read() override {
        try {
            co_return co_await response_.read();
        } catch (const fetch::Fault& fault) {
            throw Fault(fault.what());
        }
    }

private:
    fetch::Response response_;
};

}  // namespace

S3::S3(S3Options options, Loop& loop, fetch::Client& fetch, Telemetry& telemetry)
    : loop_(loop),
      telemetry_(telemetry),
      caller_(std::move(options), fetch, telemetry),
      upload_seconds_{
          .put = upload_seconds(telemetry, "put"),
          .part = upload_seconds(telemetry, "part"),
          .complete = upload_seconds(telemetry, "complete"),
      },
      dropped_(telemetry.log) {}

Task<Result<std::unique_ptr<Writer>>> S3::write(
    trace::Context, std::string key, std::string content_type
) {
    expect_key(key);
    co_return std::make_unique<S3Upload>(*this, std::move(key), std::move(content_type));
}

Task<Result<std::unique_ptr<Reader>>> S3::read(
    trace::Context context, std::string key, std::optional<Range> range
) {
    expect_key(key);
    S3Request request{.name = "s3.get", .method = "GET", .key = std::move(key)};
    if (range) {
        const std::uint64_t last = range->first + range->count - 1;
        request.headers.emplace_back(
            "Range", "bytes=" + std::to_string(range->first) + '-' + std::to_string(last)
        );
    }
    auto answer = co_await caller_.call(context, std::move(request));
    if (!answer) {
        if (is_absent(answer.error())) co_return not_found();
        co_return caller_.unavailable(answer.error());
    }
    if (range && answer->status() != 206) {
        co_return caller_.unavailable({.status = answer->status(), .code = "RangeIgnored"});
    }
    co_return std::make_unique<S3Reader>(*std::move(answer));
}

Task<Result<Stat>> S3::stat(trace::Context context, std::string key) {
    expect_key(key);
    const auto answer = co_await caller_.call(
        context, {.name = "s3.head", .method = "HEAD", .key = std::move(key)}
    );
    if (!answer) {
        if (is_absent(answer.error())) co_return not_found();
        co_return caller_.unavailable(answer.error());
    }
    co_return Stat{
        .bytes = parse_number<std::uint64_t>(answer->header("Content-Length")).value_or(0),
        .etag = std::string(answer->header("ETag")),
    };
}

Task<Result<>> S3::remove(trace::Context context, std::string key) {
    expect_key(key);
    const auto answer = co_await caller_.call(
        context, {.name = "s3.delete", .method = "DELETE", .key = std::move(key)}
    );
    if (answer || is_absent(answer.error())) co_return done;
    co_return caller_.unavailable(answer.error());
}

Task<Result<Page>> S3::list(trace::Context context, std::string prefix, std::string after) {
    const auto document = co_await caller_.document(
        context,
        {
            .name = "s3.list",
            .method = "GET",
            .query =
                {{"list-type", "2"},
                 {"max-keys", std::to_string(list_max)},
                 {"prefix", std::move(prefix)},
                 {"start-after", std::move(after)}},
        }
    );
    if (!document) co_return caller_.unavailable(document.error());
    Page page;
    Listed one;
    bool is_cut = false;
    const bool ok = xml::read(*document, [&](std::string_view path, std::string_view text) {
        if (path == "ListBucketResult/Contents/Key") one.key = text;
        if (path == "ListBucketResult/Contents/Size") {
            one.bytes = parse_number<std::uint64_t>(text).value_or(0);
        }
        if (path == "ListBucketResult/Contents") page.objects.push_back(std::exchange(one, {}));
        if (path == "ListBucketResult/IsTruncated") is_cut = text == "true";
    });
    if (!ok) co_return caller_.unavailable({.status = 200, .code = "NoList"});
    if (is_cut && !page.objects.empty()) page.next = page.objects.back().key;
    co_return page;
}

void S3::drop(std::string key, std::string upload_id) {
    if (is_closed_) return;
    // An exception has nowhere to go here, and the sweeper finds what is left.
    try {
        Task<> task = abort_unseen(std::move(key), std::move(upload_id));
        dropped_.spawn(loop_.get_executor(), "s3.abort", std::move(task));
    } catch (const std::exception& fault) {
        telemetry_.log.error("s3.abort", {{"reason", fault.what()}});
    }
}

Task<> S3::abort_unseen(std::string key, std::string upload_id) {
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    co_await abort(trace.begin(std::nullopt, 0), std::move(key), std::move(upload_id));
}

Task<Result<>> S3::probe(trace::Context context) {
    const Uuid id = make_uuid7(telemetry_.clock.now(), telemetry_.random);
    try {
        co_return co_await probe_store(*this, context, "probe/" + to_base32(id));
    } catch (const Fault& fault) {
        co_return caller_.unavailable({.reason = fault.what()});
    }
}

Task<> S3::close() {
    is_closed_ = true;
    co_await dropped_.join();
}

}  // namespace acme::objects
