#include "platform/ofrep/ofrep.hpp"

#include "base/moment.hpp"
#include "base/text.hpp"
#include "io/http/condition.hpp"
#include "platform/ofrep/digest.hpp"

#include <algorithm>

namespace acme::ofrep {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds look_again{5};
constexpr std::int64_t seconds_max = 100'000'000'000;  // far beyond any rule set

Refusal not_ready() {
    return {503, "GENERAL", "This node has no rule set yet. Try again in a moment."};
}

http::Response unavailable() {
    http::Response response = answer(not_ready());
    response.headers.emplace_back("Retry-After", "1");
    return response;
}

/// What a reader of the event stream has heard: the version in "12" or "\"12\"".
std::int64_t version_in(std::string_view etag) {
    if (etag.starts_with('"') && etag.ends_with('"') && etag.size() > 1) {
        etag = etag.substr(1, etag.size() - 2);
    }
    return parse_number<std::int64_t>(etag).value_or(0);
}

/// Seconds since 1970, or RFC 3339.
std::optional<WallTime> time_in(std::string_view text) {
    if (const auto number = parse_number<std::int64_t>(text)) {
        return WallTime(seconds(std::clamp<std::int64_t>(*number, 0, seconds_max)));
    }
    return parse_time(text);
}

http::Response as_json(std::string body) {
    return {.body = std::move(body), .headers = {{"Cache-Control", "no-store"}}};
}

/// An answer that the reader may have already.
http::Response tagged(const http::Request& request, std::string body) {
    std::string etag = etag_of(body);
    const bool is_known = http::is_not_modified(request, etag);
    http::Response response{.status = is_known ? 304 : 200};
    if (!is_known) response.body = std::move(body);
    response.headers = {{"ETag", std::move(etag)}, {"Cache-Control", "private, no-cache"}};
    return response;
}

}  // namespace

Ofrep::Ofrep(
    std::string region,
    flag_feed::Ground& ground,
    flags::Flags& flags,
    redis::Client& redis,
    Streams& streams,
    Telemetry& telemetry
)
    : region_(std::move(region)),
      ground_(ground),
      reader_(ground.shelf),
      flags_(flags),
      streams_(streams),
      telemetry_(telemetry),
      meter_(telemetry.metrics, telemetry.clock, "flags"),
      evaluated_(redis, telemetry) {}

/// The node's own environment, or production where there are no flags of that name.
Ofrep::Asked Ofrep::asked_by(const http::Request& request) {
    Asked asked{.environment = ground_.depot.environment()};
    if (reader_.standing_of(asked.environment) == flag_feed::Standing::unknown) {
        asked.environment = "production";
    }
    if (!request.target.contains('?')) return asked;
    if (auto name = request.query("environment")) asked.environment = *std::move(name);
    if (request.query("strict") == "true") asked.words = Words::strict;
    return asked;
}

/// The stream told of a rule set that this node may not have yet.
Task<> Ofrep::wait_for_news(const http::Request& request, std::string environment) {
    const std::int64_t version = version_in(request.query("flagConfigEtag").value_or(""));
    const auto at = time_in(request.query("flagConfigLastModified").value_or(""));
    if (version == 0 && !at) co_return;
    for (milliseconds left = wait_max; left.count() > 0; left -= look_again) {
        const auto& shown = reader_.find(environment);
        const bool is_behind =
            shown && (shown->version < version || (at && shown->published_at + seconds(1) < *at));
        if (shown && !is_behind) co_return;
        co_await sleep_for(look_again);
    }
}

/// Why nothing can be evaluated; nullopt where nothing was published, which is an answer.
std::optional<Refusal> Ofrep::refusal_of(const Asked& asked) {
    switch (reader_.standing_of(asked.environment)) {
        case flag_feed::Standing::unknown:
            return Refusal{400, "GENERAL", "There is no environment of this name."};
        case flag_feed::Standing::pending: return not_ready();
        case flag_feed::Standing::shown:
        case flag_feed::Standing::empty: break;
    }
    return std::nullopt;
}

/// Tells most questions apart, and costs less than the question.
std::size_t Ofrep::mark_of(const Asked& asked, const http::Call& call, std::string_view body) {
    const std::hash<std::string_view> hash;
    std::size_t mark = hash(body) ^ hash(asked.environment) ^ static_cast<std::size_t>(asked.words);
    if (call.who().session) mark ^= hash(call.who().user.str()) ^ hash(call.who().org.str());
    return mark;
}

Question Ofrep::question_of(const Asked& asked, const http::Call& call, std::string_view body)
    const {
    std::string text(asked.words == Words::strict ? "strict\n" : "usual\n");
    if (call.who().session) text += call.who().user.str() + call.who().org.str() + region_;
    return {.environment = asked.environment, .text = text.append("\n").append(body)};
}

Task<http::Response> Ofrep::answer_from_redis(const http::Call& call, Question question) {
    auto body = co_await evaluated_.find(call.context, std::move(question));
    if (!body) co_return unavailable();
    co_return tagged(call.request, *std::move(body));
}

Task<Result<http::Response>> Ofrep::evaluate_all(const http::Call& call) {
    const std::string body = ACME_TRY(co_await call.request.body.read_all(body_bytes_max));
    if (!flags_.is_on()) co_return tagged(call.request, R"({"flags":[]})");
    const Asked asked = asked_by(call.request);
    if (call.request.target.contains('?')) {
        co_await wait_for_news(call.request, asked.environment);
    }
    const WallTime now = telemetry_.clock.now();
    flags::Subject subject = flags_.subject(now, asked.environment);
    if (const auto wrong = describe(subject, body, call.who(), region_)) co_return answer(*wrong);
    if (subject.snapshot() == nullptr) {
        meter_.miss();
        const auto refusal = refusal_of(asked);
        if (!refusal) co_return tagged(call.request, R"({"flags":[]})");
        if (refusal->status != 503) co_return answer(*refusal);
        co_return co_await answer_from_redis(call, question_of(asked, call, body));
    }
    meter_.hit();
    std::string all =
        all_flags(flags_, subject, asked.words, streams_.announcement(asked.environment, now));
    const std::uint64_t version = subject.snapshot()->version();
    if (evaluated_.wants(version ^ mark_of(asked, call, body))) {
        const auto executor = co_await asio::this_coro::executor;
        evaluated_.keep(executor, version, question_of(asked, call, body), all);
    }
    co_return tagged(call.request, std::move(all));
}

Task<Result<http::Response>> Ofrep::evaluate(const http::Call& call) {
    const std::string& key = call.params[0];
    const std::string body = ACME_TRY(co_await call.request.body.read_all(body_bytes_max));
    std::string text;
    if (!flags_.is_on()) {
        append_json_string(text.append(R"({"key":)"), key);
        co_return as_json(text.append(R"(,"reason":"DISABLED"})"));
    }
    const Asked asked = asked_by(call.request);
    if (call.request.target.contains('?')) {
        co_await wait_for_news(call.request, asked.environment);
    }
    flags::Subject subject = flags_.subject(telemetry_.clock.now(), asked.environment);
    if (const auto wrong = describe(subject, body, call.who(), region_)) {
        co_return answer(*wrong, key);
    }
    const flags::Snapshot* const snapshot = subject.snapshot();
    if (snapshot == nullptr) {
        meter_.miss();
        const auto refusal = refusal_of(asked);
        if (refusal && refusal->status == 503) co_return unavailable();
        if (refusal) co_return answer(*refusal, key);
    } else {
        meter_.hit();
    }
    const auto flag = snapshot == nullptr ? std::nullopt : snapshot->find(key);
    if (!flag) {
        flags_.count_unknown();
        co_return answer(Refusal{404, "FLAG_NOT_FOUND", "There is no flag of this key."}, key);
    }
    const flags::Evaluation evaluation = flags_.evaluate(*flag, subject);
    append_answer(text, *snapshot, *flag, evaluation, asked.words);
    http::Response response = as_json(std::move(text));
    if (has_failed(evaluation)) response.status = 400;
    co_return response;
}

}  // namespace acme::ofrep
