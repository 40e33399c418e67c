// Whether a store that speaks S3 does what the others do: many leave out a part of it, and are
// found out when a file is lost.
#include "base/ids.hpp"
#include "io/objects/digest.hpp"
#include "io/objects/s3.hpp"

namespace acme::objects {
namespace {

constexpr std::string_view sample = "acme examines what it stands on";
constexpr std::string_view other = "something else";

std::unexpected<Error> flaw(std::string what) {
    return refuse(ErrorKind::unavailable, "objects.unavailable", "The store " + std::move(what));
}

/// 4xx: it looked, and it did not like what it saw.
bool is_refused(const S3Caller::Answer& answer) {
    return !answer && answer.error().status / 100 == 4;
}

}  // namespace

/// Bytes that are not those that were announced have to be refused.
Task<Result<>> S3::expect_checks(trace::Context context, std::string key) {
    const Digest right = digest_of(sample);
    const Digest wrong = digest_of(other);
    S3Request request{
        .name = "s3.examine",
        .method = "PUT",
        .key = std::move(key),
        .headers = {{"Content-MD5", right.md5}},
        .body = sample,
        .sha256 = wrong.sha256,
        .expects_refusal = true,
    };
    const auto by_sha256 = co_await caller_.call(context, request);
    request.headers = {{"Content-MD5", wrong.md5}};
    request.sha256 = right.sha256;
    const auto by_md5 = co_await caller_.call(context, request);
    for (const auto* answer : {&by_sha256, &by_md5}) {
        if (!*answer && !is_refused(*answer)) co_return caller_.unavailable(answer->error());
    }
    if (by_sha256) co_return flaw("does not verify: it takes bytes that have another SHA-256.");
    if (by_md5) co_return flaw("does not verify: it takes bytes that have another MD5.");
    request.headers = {{"Content-MD5", right.md5}};
    request.expects_refusal = false;
    const auto stored = co_await caller_.call(context, std::move(request));
    if (!stored) co_return caller_.unavailable(stored.error());
    co_return done;
}

Task<Result<>> S3::expect_presigned(trace::Context context, std::string key) {
    const auto text = co_await caller_.read_presigned(context, std::move(key));
    if (!text && text.error().status == 0) co_return caller_.unavailable(text.error());
    if (!text) co_return flaw("refuses a presigned link: " + text.error().reason);
    if (*text != sample) co_return flaw("gives other bytes by a presigned link.");
    co_return done;
}

Task<Result<>> S3::expect_two_parts(trace::Context context, std::string key) {
    const std::string first(part_bytes, 'x');
    const auto writer = ACME_TRY(co_await write(context, key, "application/octet-stream"));
    ACME_TRY(co_await writer->write(context, first));
    ACME_TRY(co_await writer->finish(context, sample));
    const Stat found = ACME_TRY(co_await stat(context, std::move(key)));
    if (found.bytes != part_bytes + sample.size()) co_return flaw("lost a part of two.");
    co_return done;
}

Task<Result<>> S3::examine_at(trace::Context context, std::string key) {
    ACME_TRY(co_await expect_checks(context, key));
    ACME_TRY(co_await expect_presigned(context, key));
    co_return co_await expect_two_parts(context, std::move(key));
}

Task<Result<>> S3::examine(trace::Context context) {
    const Uuid id = make_uuid7(telemetry_.clock.now(), telemetry_.random);
    const std::string key = "probe/" + to_base32(id);
    const Result<> found = co_await examine_at(context, key);
    const Result<> removed = co_await remove(context, key);
    if (!found) co_return std::unexpected(found.error());
    co_return removed;
}

}  // namespace acme::objects
