#include "io/redis/client.hpp"

#include "base/bytes.hpp"
#include "io/redis/breaker.hpp"
#include "io/redis/reach.hpp"
#include "io/redis/server_facts.hpp"

#include <openssl/evp.h>
#include <prometheus/gauge.h>

#include <stdexcept>

namespace acme::redis {
namespace {

constexpr std::chrono::milliseconds reconnect_min{100};
constexpr std::chrono::milliseconds reconnect_max{2000};

/// The name under which Redis keeps a script: SHA-1 in hex.
std::string digest_of(std::string_view lua) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(lua.data(), lua.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) {
        throw std::runtime_error("SHA-1 is not at hand");
    }
    return to_hex(std::string(digest.begin(), digest.begin() + size));
}

std::string_view name_of(Failure failure) {
    switch (failure) {
        case Failure::unreachable: return "unreachable";
        case Failure::late: return "late";
        case Failure::open: return "open";
        case Failure::refused: return "refused";
    }
    return "";
}

std::vector<std::string> script_call(
    std::string verb,
    std::string script,
    const std::vector<std::string>& keys,
    const std::vector<std::string>& args
) {
    std::vector<std::string> words{std::move(verb), std::move(script), std::to_string(keys.size())};
    words.insert(words.end(), keys.begin(), keys.end());
    words.insert(words.end(), args.begin(), args.end());
    return words;
}

Line::Late heard_by(const Client::Late& late) {
    if (!late) return nullptr;
    return [late](Outcome outcome) {
        if (!outcome) return late(std::unexpected(outcome.error().why));
        late(*std::move(outcome));
    };
}

}  // namespace

struct Client::Parts {
    Parts(Options options, Telemetry& its_telemetry)
        : reach(options, its_telemetry),
          deadline(options.deadline),
          telemetry(its_telemetry),
          up(telemetry.metrics.gauge("redis_up", "1 while Redis answers in time.")) {}

    /// The connection at hand, or a new one; null while it is too early for that.
    std::shared_ptr<Line> line(const Executor& executor, SteadyTime now);

    Task<Outcome> call(trace::Span& span, std::vector<std::string> words, Late late = nullptr);
    void note(SteadyTime now, bool has_answered, std::string_view reason);

    Reach reach;
    std::chrono::milliseconds deadline;
    Telemetry& telemetry;
    prometheus::Gauge& up;
    Breaker breaker;
    std::shared_ptr<Line> current;
    SteadyTime connect_at;  // not before
    std::chrono::milliseconds reconnect_delay = reconnect_min;
    std::map<const char*, std::string> digests;  // by the address of the script's text
    bool is_up = false;
    bool was_up = true;  // as the log has it
    bool is_closed = false;
};

std::shared_ptr<Line> Client::Parts::line(const Executor& executor, SteadyTime now) {
    if (current && !current->is_broken()) return current;
    if (is_closed || now < connect_at) return nullptr;
    current = reach.connect(executor, deadline);
    connect_at = now + reconnect_delay;
    reconnect_delay = std::min(2 * reconnect_delay, reconnect_max);
    return current;
}

Task<Outcome> Client::Parts::call(trace::Span& span, std::vector<std::string> words, Late late) {
    const auto executor = co_await asio::this_coro::executor;
    const SteadyTime asked = telemetry.clock.steady();
    if (!breaker.admits(asked)) co_return std::unexpected(Lack{Failure::open});

    std::string bytes;
    append_command(bytes, words);
    Outcome outcome = std::unexpected(Lack{Failure::unreachable});
    if (auto connection = line(executor, asked)) {
        outcome = co_await Line::call(connection, std::move(bytes), heard_by(late));
        // It was the master until now: the sentinels know who is.
        if (!outcome && outcome.error().error.starts_with("READONLY")) connection->close();
    }
    const bool has_answered = outcome || outcome.error().why == Failure::refused;
    if (!outcome) span.set("error.type", name_of(outcome.error().why));
    note(telemetry.clock.steady(), has_answered, outcome ? "" : name_of(outcome.error().why));
    co_return outcome;
}

/// The log hears of changes only, for there may be thousands of calls a second.
void Client::Parts::note(SteadyTime now, bool has_answered, std::string_view reason) {
    if (has_answered) {
        breaker.succeed();
        reconnect_delay = reconnect_min;
        if (!std::exchange(was_up, true)) telemetry.log.info("redis.back");
    } else {
        breaker.fail(now);
        if (std::exchange(was_up, false)) telemetry.log.warn("redis.gone", {{"reason", reason}});
    }
    if (std::exchange(is_up, has_answered) != has_answered) up.Set(has_answered ? 1 : 0);
}

Client::Client(Options options, Telemetry& telemetry)
    : parts_(std::make_unique<Parts>(std::move(options), telemetry)) {}

Client::~Client() { close(); }

bool Client::is_up() const { return parts_->is_up; }

void Client::close() {
    parts_->is_closed = true;
    if (parts_->current) parts_->current->close();
}

Task<Answer<Reply>> Client::run(trace::Context context, std::vector<std::string> words) {
    trace::Span span(context, "redis", trace::SpanKind::client);
    span.set("db.system.name", "redis");
    span.set("db.operation.name", words.at(0));
    Outcome outcome = co_await parts_->call(span, std::move(words));
    if (!outcome) co_return std::unexpected(outcome.error().why);
    co_return *std::move(outcome);
}

Task<Answer<Reply>> Client::run(
    trace::Context context,
    const Script& script,
    std::vector<std::string> keys,
    std::vector<std::string> args,
    Late late
) {
    trace::Span span(context, script.name(), trace::SpanKind::client);
    span.set("db.system.name", "redis");
    span.set("db.operation.name", "EVALSHA");
    std::string& digest = parts_->digests[script.lua()];
    if (digest.empty()) digest = digest_of(script.lua());
    Outcome outcome = co_await parts_->call(span, script_call("EVALSHA", digest, keys, args), late);
    if (!outcome && outcome.error().error.starts_with("NOSCRIPT")) {
        outcome = co_await parts_->call(span, script_call("EVAL", script.lua(), keys, args), late);
    }
    if (!outcome) co_return std::unexpected(outcome.error().why);
    co_return *std::move(outcome);
}

Task<Result<>> Client::check_server(trace::Context context) {
    const auto info = co_await run(context, {"INFO"});
    if (!info || info->text() == nullptr) co_return done;
    const ServerFacts facts = parse_info(*info->text());
    if (!is_eviction_sound(facts)) {
        parts_->telemetry.log.warn(
            "redis.eviction_unsound", {{"is", facts.eviction}, {"expected", "volatile-*"}}
        );
    }
    co_return check_version(facts);
}

}  // namespace acme::redis
