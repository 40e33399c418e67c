#include "platform/limits/limits.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/networks.hpp"
#include "io/http/problem.hpp"
#include "platform/limits/script.hpp"

#include <prometheus/counter.h>

#include <algorithm>

namespace acme::limits {
namespace {

constexpr std::size_t modes = 3;

std::string mark_of(std::string_view text) { return to_base64url(sha256(text)).substr(0, 22); }

std::int64_t seconds_of(std::chrono::milliseconds time) {
    return std::max<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(time).count(), 1);
}

/// nullopt for what the script does not say.
std::optional<Verdict> verdict_of(const std::vector<redis::Reply>& reply) {
    if (reply.size() != 4) return std::nullopt;
    const auto* const is_allowed = reply[1].integer();
    const auto* const used = reply[2].integer();
    const auto* const reset = reply[3].integer();
    if (is_allowed == nullptr || used == nullptr || reset == nullptr) return std::nullopt;
    return Verdict{
        .is_allowed = *is_allowed == 1,
        .used = *used,
        .reset = std::chrono::milliseconds(*reset),
    };
}

/// One call of the script, whose reply may come when nobody waits for it any more.
class Doubt {
public:
    Doubt(std::shared_ptr<Share> share, std::string key, std::int64_t weight, std::int64_t owed)
        : share_(std::move(share)), key_(std::move(key)), weight_(weight), owed_(owed) {}
    ~Doubt() { hear(std::nullopt); }
    Doubt(const Doubt&) = delete;
    Doubt& operator=(const Doubt&) = delete;

    /// It was given up as late.
    void begin(SteadyTime now) {
        at_ = now;
        is_open_ = true;
        share_->begin_doubt(key_, owed_ + weight_);
        if (has_heard_) hear(told_);
    }

    /// What the script said after all; nullopt when it never will.
    void hear(std::optional<Verdict> told) {
        told_ = told;
        has_heard_ = true;
        if (!std::exchange(is_open_, false)) return;
        std::int64_t counted = 0;
        if (told) counted = owed_ + (told->is_allowed ? weight_ : 0);
        share_->end_doubt(key_, at_, owed_ + weight_, counted);
    }

private:
    std::shared_ptr<Share> share_;
    std::string key_;
    std::int64_t weight_;
    std::int64_t owed_;
    SteadyTime at_ = {};
    std::optional<Verdict> told_;
    bool is_open_ = false;
    bool has_heard_ = false;
};

std::optional<Verdict> verdict_of(const redis::Answer<redis::Reply>& answer) {
    const auto* const reply = answer ? answer->list() : nullptr;
    return reply != nullptr ? verdict_of(*reply) : std::nullopt;
}

}  // namespace

std::string_view name_of(Policy policy) {
    switch (policy) {
        case Policy::user: return "user";
        case Policy::anonymous: return "anonymous";
        case Policy::key: return "key";
    }
    return "user";
}

std::string_view name_of(Mode mode) {
    switch (mode) {
        case Mode::redis: return "redis";
        case Mode::cached: return "cached";
        case Mode::local: return "local";
    }
    return "redis";
}

Caller caller_of(UserId user, std::string mark) {
    return {.policy = Policy::user, .key = "rl:{" + user.str() + "}", .mark = std::move(mark)};
}

Caller caller_at(std::string_view address) {
    std::string key = "rl:{ip:" + mark_of(visitor_of(address)) + "}";
    return {.policy = Policy::anonymous, .key = key, .mark = key};
}

Limits::Limits(Options options, redis::Client& redis, Telemetry& telemetry)
    : options_(options),
      redis_(redis),
      metrics_(telemetry.metrics),
      clock_(telemetry.clock),
      share_(std::make_shared<Share>(options.threads, options.window, options.shares_max)),
      denials_(options.denials_max) {}

std::optional<Standing> Limits::refused(const Caller& caller) {
    const SteadyTime now = clock_.steady();
    const auto until = denials_.find(caller.mark, now, caller.weight);
    if (!until) return std::nullopt;
    const Quota quota = quota_of(caller);
    const auto reset = std::chrono::ceil<std::chrono::milliseconds>(*until - now);
    return standing_of(caller, Mode::cached, {.used = quota.limit, .reset = reset});
}

Task<std::optional<Counted>> Limits::ask(
    trace::Context context, Caller caller, std::string companion
) {
    const SteadyTime asked = clock_.steady();
    const std::int64_t known = share_->recent(caller.key, asked);
    const std::int64_t owed = share_->take_owed(caller.key, asked);
    const Quota quota = quota_of(caller);
    std::vector<std::string> keys{caller.key};
    if (!companion.empty()) keys.push_back(std::move(companion));
    std::vector<std::string> args{
        std::to_string(quota.limit),
        std::to_string(quota.weight),
        std::to_string(quota.window.count()),
        std::to_string(owed),
    };
    const auto doubt = std::make_shared<Doubt>(share_, caller.key, quota.weight, owed);
    const auto answer = co_await redis_.run(
        context,
        count_request,
        std::move(keys),
        std::move(args),
        [doubt](const redis::Answer<redis::Reply>& late) { doubt->hear(verdict_of(late)); }
    );
    const auto* const reply = answer ? answer->list() : nullptr;
    const auto told = verdict_of(answer);
    if (!answer && answer.error() == redis::Failure::late) doubt->begin(clock_.steady());
    if (!told) share_->give_back(caller.key, asked, owed);
    if (reply == nullptr || reply->empty()) co_return std::nullopt;
    Counted counted;
    if (const auto* const text = reply->front().text()) counted.companion = *text;
    if (told) counted.standing = judge(caller, *told, known, asked);
    co_return counted;
}

Standing Limits::judge(
    const Caller& caller, const Verdict& told, std::int64_t known, SteadyTime asked
) {
    if (!told.is_allowed) {
        denials_.put(caller.mark, asked + told.reset, caller.weight);
        return standing_of(caller, Mode::redis, told);
    }
    const SteadyTime now = clock_.steady();
    const Verdict ours = share_->confirm(caller.key, now, quota_of(caller), known, told.used);
    if (ours.is_allowed) return standing_of(caller, Mode::redis, told);
    // Redis has counted it: to ask on would use up what is left there.
    denials_.put(caller.mark, now + ours.reset, caller.weight);
    return standing_of(caller, Mode::local, ours);
}

Standing Limits::count_here(const Caller& caller) {
    const Verdict verdict = share_->take(caller.key, clock_.steady(), quota_of(caller));
    return standing_of(caller, Mode::local, verdict);
}

Task<Standing> Limits::count(trace::Context context, Caller caller) {
    if (auto standing = refused(caller)) co_return *standing;
    const auto counted = co_await ask(context, caller);
    co_return counted && counted->standing ? *counted->standing : count_here(caller);
}

Quota Limits::quota_of(const Caller& caller) const {
    const bool is_nobody = caller.policy == Policy::anonymous;
    const std::int64_t usual = is_nobody ? options_.anonymous_max : options_.user_max;
    const std::int64_t limit = caller.limit.value_or(usual);
    return {
        .limit = limit,
        .weight = std::min(caller.weight, limit),
        .window = options_.window,
    };
}

Standing Limits::standing_of(const Caller& caller, Mode mode, const Verdict& verdict) {
    const Quota quota = quota_of(caller);
    const std::int64_t limit = mode == Mode::local ? share_->of(quota.limit) : quota.limit;
    const std::int64_t used = verdict.used + (verdict.is_allowed ? quota.weight : 0);
    const Standing standing{
        .policy = caller.policy,
        .mode = mode,
        .is_allowed = verdict.is_allowed,
        .limit = quota.limit,
        .remaining = std::max<std::int64_t>(limit - used, 0),
        .reset = verdict.reset,
    };
    count_decision(standing);
    return standing;
}

void Limits::count_decision(const Standing& standing) {
    const auto policy = static_cast<std::size_t>(standing.policy);
    const auto mode = static_cast<std::size_t>(standing.mode);
    auto& counter = decisions_[(policy * modes + mode) * 2 + (standing.is_allowed ? 1 : 0)];
    if (counter == nullptr) {
        counter = &metrics_.counter(
            "rate_limit_decisions_total",
            "Requests held against a quota.",
            {{"policy", std::string(name_of(standing.policy))},
             {"result", standing.is_allowed ? "allowed" : "denied"},
             {"mode", std::string(name_of(standing.mode))}}
        );
    }
    counter->Increment();
}

void Limits::tell(const Standing& standing, http::HeaderList& headers) const {
    std::string policy = "\"";
    policy.append(name_of(standing.policy)).append("\"");
    std::string state = policy;
    policy.append(";q=").append(std::to_string(standing.limit));
    policy.append(";w=").append(std::to_string(options_.window.count()));
    if (standing.mode == Mode::local) policy.append(R"(;acme-mode="local")");
    state.append(";r=").append(std::to_string(standing.remaining));
    state.append(";t=").append(std::to_string(seconds_of(standing.reset)));
    headers.emplace_back("RateLimit-Policy", std::move(policy));
    headers.emplace_back("RateLimit", std::move(state));
}

http::Response Limits::refusal(
    const Standing& standing, std::string_view path, const trace::Trace& trace
) {
    const std::int64_t wait = seconds_of(standing.reset);
    const Error error{
        .kind = ErrorKind::rate_limited,
        .code = "limits.exceeded",
        .message = "Too many requests. The next one is answered in " + std::to_string(wait) + " s.",
        .retry_after = std::chrono::seconds(wait),
    };
    return http::quota_exceeded(error, name_of(standing.policy), path, trace);
}

}  // namespace acme::limits
