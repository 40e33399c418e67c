#include "platform/webhooks/post.hpp"

#include "base/text.hpp"
#include "io/loop/cancellable.hpp"
#include "io/telemetry/redact.hpp"
#include "platform/webhooks/signature.hpp"

namespace acme::webhooks {
namespace {

constexpr std::size_t transfers_max = 512;
constexpr std::size_t idle_connections_max = 32;

Outcome outcome_of_fault(fetch::Reason reason) {
    switch (reason) {
        case fetch::Reason::unreachable: return Outcome::unreachable;
        case fetch::Reason::forbidden: return Outcome::forbidden;
        case fetch::Reason::insecure: return Outcome::insecure;
        case fetch::Reason::timed_out: return Outcome::timed_out;
        case fetch::Reason::broken_off:
        case fetch::Reason::too_large:
        case fetch::Reason::busy:
        case fetch::Reason::closed: return Outcome::broken_off;
    }
    return Outcome::broken_off;
}

fetch::HeaderList headers_of(const Message& message) {
    return {
        {"Content-Type", "application/json"},
        {"webhook-id", message.id},
        {"webhook-timestamp", timestamp_of(message.at)},
        {"webhook-signature", message.signatures},
    };
}

/// How the body begins. Whatever goes wrong with it, the status has come.
Task<> read_response(fetch::Response& response, Posted& posted) {
    try {
        while (posted.response.size() < response_bytes_max) {
            const std::string_view piece = co_await response.read();
            if (piece.empty()) co_return;
            posted.response.append(piece.substr(0, response_bytes_max - posted.response.size()));
        }
    } catch (const fetch::Fault&) {
        // what it says is of no consequence
    }
}

Task<> attempt(
    trace::Context context,
    fetch::Client& client,
    const Clock& clock,
    fetch::Request request,
    Posted& posted
) {
    fetch::Response response = co_await client.send(context, std::move(request));
    posted.status = response.status();
    posted.outcome = outcome_of(posted.status);
    if (posted.status == 429 || posted.status == 503) {
        posted.retry_after = parse_retry_after(response.header("Retry-After"), clock.now());
    }
    co_await read_response(response, posted);
}

}  // namespace

fetch::Options fetch_options(fetch::MayConnect may_connect) {
    return {
        .transfers_max = transfers_max,
        .idle_connections_max = idle_connections_max,
        .user_agent = "Acme-Webhooks/1",
        .may_connect = std::move(may_connect),
    };
}

Message sign(
    std::string url,
    std::string id,
    std::string body,
    WallTime at,
    const std::vector<Secret>& secrets
) {
    std::string signatures;
    for (const Secret& secret : secrets) {
        signatures.append(signatures.empty() ? "" : " ").append(signature_of(secret, id, at, body));
    }
    return {std::move(url), std::move(id), at, std::move(signatures), std::move(body)};
}

Task<Posted> post(
    trace::Context context, fetch::Client& client, Telemetry& telemetry, Message message
) {
    Posted posted{.at = message.at};
    if (message.signatures.empty()) {
        posted.outcome = Outcome::unsealed;
        co_return posted;
    }
    const SteadyTime began = telemetry.clock.steady();
    fetch::Request request{
        .name = "webhooks.post",
        .method = "POST",
        .url = message.url,
        .headers = headers_of(message),
        .body = message.body,
        .connect_time_max = connect_time_max,
        .answer_time_max = attempt_time_max,
        .silence_time_max = body_time_max,
    };
    Cancellable work;
    try {
        co_await work.run(
            attempt(context, client, telemetry.clock, std::move(request), posted), attempt_time_max
        );
    } catch (const fetch::Fault& fault) {
        if (fault.reason() == fetch::Reason::closed || fault.reason() == fetch::Reason::busy) throw;
        posted.outcome = outcome_of_fault(fault.reason());
    } catch (const boost::system::system_error&) {
        // Its time is up; if an answer had begun, that counts.
        if (!work.is_late()) throw;
        if (posted.status == 0) posted.outcome = Outcome::timed_out;
    }
    posted.response = redacted("", to_storable(posted.response));
    posted.duration =
        std::chrono::duration_cast<std::chrono::milliseconds>(telemetry.clock.steady() - began);
    co_return posted;
}

}  // namespace acme::webhooks
