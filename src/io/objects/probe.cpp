#include "io/objects/probe.hpp"

#include "io/telemetry/telemetry.hpp"

#include <prometheus/histogram.h>

namespace acme::objects {
namespace {

constexpr std::string_view sample = "acme probe";

std::unexpected<Error> lies(std::string message) {
    return refuse(ErrorKind::unavailable, "objects.unavailable", std::move(message));
}

}  // namespace

void expect_key(std::string_view key) {
    if (!is_key(key)) throw std::invalid_argument("no key of an object");
}

std::unexpected<Error> not_found() {
    return refuse(ErrorKind::not_found, "objects.not_found", "There is no such object.");
}

std::unexpected<Error> parts_mismatch() {
    return refuse(
        ErrorKind::conflict, "objects.parts_mismatch", "The store does not have these parts."
    );
}

prometheus::Histogram& upload_seconds(Telemetry& telemetry, std::string operation) {
    return telemetry.metrics.histogram(
        "s3_upload_duration_seconds",
        "From the first byte of a part to the answer of object storage.",
        {{"operation", std::move(operation)}}
    );
}

Task<Result<>> probe_store(Store& store, trace::Context context, std::string key) {
    const auto writer = ACME_TRY(co_await store.write(context, key, "text/plain"));
    ACME_TRY(co_await writer->finish(context, sample));
    const auto reader = ACME_TRY(co_await store.read(context, key, std::nullopt));
    std::string text;
    for (auto piece = co_await reader->read(); !piece.empty(); piece = co_await reader->read()) {
        text += piece;
    }
    if (text != sample) co_return lies("The store gives back other bytes than it was given.");
    const Page page = ACME_TRY(co_await store.list(context, key, ""));
    if (page.objects.empty()) co_return lies("The store does not list what it holds.");
    co_return co_await store.remove(context, std::move(key));
}

}  // namespace acme::objects
