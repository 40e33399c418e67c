#include "io/smtp/smtp.hpp"

#include "io/smtp/sending.hpp"

namespace acme::smtp {
namespace {

struct Outcome {
    CURLcode code = CURLE_OK;
    long reply = 0;
    bool is_refusal = false;
};

/// Beside the loop: libcurl waits for the answer to a mail in one piece, whoever drives it.
Outcome deliver(
    const Options& options, const Letter& letter, const std::string& message_id, WallTime date
) {
    Sending sending(options, letter, message_id, date);
    const CURLcode code = sending.perform();
    return {.code = code, .reply = sending.reply(), .is_refusal = sending.is_refusal()};
}

}  // namespace

Client::Client(Options options, Loop& loop, Telemetry& telemetry)
    : options_(std::move(options)), telemetry_(telemetry), beside_(loop, options_.at_once_max) {}

Task<Result<>> Client::send(trace::Context context, Letter letter, std::string message_id) {
    static const bool is_started = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    if (!is_started) throw std::runtime_error("libcurl does not start");
    trace::Span span(context, "smtp.send", trace::SpanKind::client);
    Options options{
        .url = options_.url.clone(), .from = options_.from, .demands_tls = options_.demands_tls
    };
    auto work = [options = std::move(options),
                 letter = std::move(letter),
                 message_id = std::move(message_id),
                 date = telemetry_.clock.now()] {
        return deliver(options, letter, message_id, date);
    };
    const Outcome outcome = ACME_TRY(co_await beside_.run(std::move(work)));
    span.set("smtp.reply", outcome.reply);
    if (outcome.code == CURLE_OK) co_return done;
    span.fail();
    // libcurl's own words for the kind of failure: the server's may repeat the address.
    const std::string reason = curl_easy_strerror(outcome.code);
    telemetry_.log.write(
        LogLevel::warn, "smtp.send", context, {{"reason", reason}, {"reply", outcome.reply}}
    );
    if (outcome.is_refusal) {
        co_return refuse(ErrorKind::invalid, "smtp.refused", "The mail server refuses this mail.");
    }
    co_return refuse(
        ErrorKind::unavailable, "smtp.unavailable", "The mail server does not take it now."
    );
}

}  // namespace acme::smtp
