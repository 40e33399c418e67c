#include "platform/limits/limits.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/networks.hpp"
#include "platform/flags/flags.hpp"
#include "platform/limits/script.hpp"

#include <prometheus/counter.h>

#include <algorithm>

namespace acme::limits {
namespace {

constexpr flags::Handle<bool> asks_again{"rate-limit-asks-again", false};

constexpr std::size_t modes = 3;
constexpr std::size_t words_of_user = 4;  // in a reply
constexpr std::size_t words_of_org = 7;

std::string mark_of(std::string_view text) { return to_base64url(sha256(text)).substr(0, 22); }

/// nullopt for what the script does not say.
std::optional<Verdict> verdict_at(
    const std::vector<redis::Reply>& reply, std::size_t at, std::int64_t room
) {
    const auto* const used = reply[at].integer();
    const auto* const reset = reply[at + 1].integer();
    if (used == nullptr || reset == nullptr) return std::nullopt;
    return Verdict{
        .is_allowed = *used <= room,
        .used = *used,
        .reset = std::chrono::milliseconds(*reset),
    };
}

/// Whose window a key is: "usr_…" of "rl:{usr_…}", "org_…" of "rl:{org:org_…}".
std::string_view id_in(std::string_view key) {
    const auto brace = key.find('{');
    key.remove_prefix(brace == key.npos ? key.size() : brace + 1);
    key = key.substr(0, key.find('}'));
    const auto colon = key.rfind(':');
    return colon == key.npos ? key : key.substr(colon + 1);
}

std::int64_t room_in(const Quota& quota) { return quota.limit - quota.weight; }

std::optional<Told> told_by(
    const redis::Answer<redis::Reply>& answer, const Quota& own, const std::optional<Quota>& org
) {
    const auto* const reply = answer ? answer->list() : nullptr;
    if (reply == nullptr) return std::nullopt;
    if (reply->size() != words_of_user && reply->size() != words_of_org) return std::nullopt;
    const auto* const is_allowed = (*reply)[1].integer();
    const auto verdict = verdict_at(*reply, 2, room_in(own));
    if (is_allowed == nullptr || !verdict) return std::nullopt;
    Told told{.is_allowed = *is_allowed == 1, .own = *verdict};
    if (reply->size() == words_of_user || !org) return told;
    told.org = verdict_at(*reply, 4, room_in(*org));
    const auto* const key = reply->back().text();
    if (!told.org || key == nullptr) return std::nullopt;
    told.org_key = *key;
    return told;
}

std::vector<std::string> args_of(
    const Asked& own, const std::optional<Asked>& org, const Companion& companion
) {
    const auto text = [](std::int64_t number) { return std::to_string(number); };
    return {
        text(own.quota.limit),
        text(own.quota.weight),
        text(own.quota.window.count()),
        text(own.owed),
        companion.key.empty() ? "0" : "1",
        text(org ? org->quota.limit : 0),
        text(org ? org->quota.weight : 0),
        text(org ? org->owed : 0),
        companion.org,
    };
}

}  // namespace

std::string key_of(OrgId org) { return "rl:{org:" + org.str() + "}"; }

Caller caller_of(UserId user, std::string mark, std::optional<OrgId> org) {
    Caller caller{
        .policy = Policy::user, .key = "rl:{" + user.str() + "}", .mark = std::move(mark)
    };
    if (org) caller.org_key = key_of(*org);
    return caller;
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
    const auto denial = denials_.find(caller.mark, now, caller.weight);
    if (!denial || must_ask_again(caller)) return std::nullopt;
    const auto reset = std::chrono::ceil<std::chrono::milliseconds>(denial->until - now);
    const std::int64_t all = options_.org_max + quota_of(caller).limit;
    const Verdict verdict{.used = all, .reset = reset};
    return refusal_by(caller, denial->policy, Mode::cached, verdict);
}

bool Limits::must_ask_again(const Caller& caller) const {
    if (flags_ == nullptr || !flags_->is_on()) return false;
    flags::Subject subject = flags_->subject(clock_.now());
    if (caller.policy != Policy::anonymous) subject.set("user_id", id_in(caller.key));
    if (!caller.org_key.empty()) subject.set("org_id", id_in(caller.org_key));
    return flags_->get(asks_again, subject);
}

Task<std::optional<Counted>> Limits::ask(
    trace::Context context, Caller caller, Companion companion
) {
    const SteadyTime asked = clock_.steady();
    const auto org_quota = quota_of_org(caller);
    const auto remembered = org_quota ? orgs_.find(caller.mark) : orgs_.end();
    if (caller.org_key.empty() && remembered != orgs_.end()) caller.org_key = remembered->second;
    const Asked own = tell_of(caller.key, quota_of(caller), asked);
    std::optional<Asked> org;
    if (org_quota) org = tell_of(caller.org_key, *org_quota, asked);
    std::vector<std::string> keys{caller.key};
    if (!companion.key.empty()) keys.push_back(companion.key);
    if (org && !org->key.empty()) keys.push_back(org->key);
    const auto doubt = std::make_shared<Doubt>(share_, own, org);
    const auto quota = own.quota;
    const auto answer = co_await redis_.run(
        context,
        count_request,
        std::move(keys),
        args_of(own, org, companion),
        [doubt, quota, org_quota](const redis::Answer<redis::Reply>& late) {
            doubt->hear(told_by(late, quota, org_quota));
        }
    );
    const auto* const reply = answer ? answer->list() : nullptr;
    const auto told = told_by(answer, quota, org_quota);
    if (!answer && answer.error() == redis::Failure::late) doubt->begin(clock_.steady());
    if (!told) {
        share_->give_back(own.key, asked, own.owed);
        if (org) share_->give_back(org->key, asked, org->owed);
    }
    if (reply == nullptr || reply->empty()) co_return std::nullopt;
    Counted counted;
    if (const auto* const text = reply->front().text()) counted.companion = *text;
    if (!told) co_return counted;
    if (org && told->org && org->key.empty()) {
        org->key = told->org_key;
        remember_org(caller.mark, org->key);
    }
    counted.standing = judge(caller, *told, own, org);
    co_return counted;
}

Asked Limits::tell_of(std::string key, Quota quota, SteadyTime now) {
    Asked asked{.key = std::move(key), .quota = quota, .at = now};
    if (asked.key.empty()) return asked;
    asked.known = share_->recent(asked.key, now);
    asked.owed = share_->take_owed(asked.key, now);
    return asked;
}

Standing Limits::judge(
    const Caller& caller, const Told& told, const Asked& own, const std::optional<Asked>& org
) {
    if (!told.is_allowed) {
        return deny(caller, standing_of(caller, Mode::redis, told.own, told.org), own.at);
    }
    const SteadyTime now = clock_.steady();
    // Where the share refuses Redis has counted it: to ask on would use up what is left there.
    const Verdict ours = share_->confirm(own.key, now, own.quota, own.known, told.own.used);
    if (!ours.is_allowed) {
        return deny(caller, refusal_by(caller, caller.policy, Mode::local, ours), now);
    }
    if (org && told.org) {
        const Verdict theirs =
            share_->confirm(org->key, now, org->quota, org->known, told.org->used);
        if (!theirs.is_allowed) {
            return deny(caller, refusal_by(caller, Policy::org, Mode::local, theirs), now);
        }
    }
    return standing_of(caller, Mode::redis, told.own, told.org);
}

/// Remembers it under the quota that lasts longest.
Standing Limits::deny(const Caller& caller, Standing standing, SteadyTime since) {
    const auto wait = standing.wait();
    for (const Level& level : standing.levels) {
        if (!level.is_exceeded || level.reset != wait) continue;
        denials_.put(caller.mark, {since + wait, level.policy}, caller.weight);
    }
    return standing;
}

Standing Limits::count_here(const Caller& caller) {
    const SteadyTime now = clock_.steady();
    const Quota quota = quota_of(caller);
    const auto org_quota = caller.org_key.empty() ? std::nullopt : quota_of_org(caller);
    if (!org_quota) {
        return standing_of(caller, Mode::local, share_->take(caller.key, now, quota), std::nullopt);
    }
    Verdict org = share_->look(caller.org_key, now, *org_quota);
    const Verdict own = org.is_allowed ? share_->take(caller.key, now, quota)
                                       : share_->look(caller.key, now, quota);
    if (own.is_allowed && org.is_allowed) org = share_->take(caller.org_key, now, *org_quota);
    return standing_of(caller, Mode::local, own, org);
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

std::optional<Quota> Limits::quota_of_org(const Caller& caller) const {
    if (options_.org_max == 0 || caller.policy == Policy::anonymous) return std::nullopt;
    return Quota{
        .limit = options_.org_max,
        .weight = std::min(caller.weight, options_.org_max),
        .window = options_.window,
    };
}

Standing Limits::standing_of(
    const Caller& caller, Mode mode, const Verdict& own, const std::optional<Verdict>& org
) {
    const bool is_allowed = own.is_allowed && (!org || org->is_allowed);
    Standing standing{.mode = mode, .is_allowed = is_allowed};
    const auto add = [&](Policy policy, Quota quota, const Verdict& verdict) {
        if (!is_allowed) quota.weight = 0;  // then it counts nowhere
        standing.levels.push_back(level_of(policy, quota, mode, verdict));
    };
    add(caller.policy, quota_of(caller), own);
    if (org) add(Policy::org, quota_of_org(caller).value_or(Quota{}), *org);
    return standing;
}

/// Of the other quota nothing is known then.
Standing Limits::refusal_by(
    const Caller& caller, Policy policy, Mode mode, const Verdict& verdict
) {
    const bool is_org = policy == Policy::org;
    const Quota quota = is_org ? quota_of_org(caller).value_or(Quota{}) : quota_of(caller);
    return {.mode = mode, .levels = {level_of(policy, quota, mode, verdict)}};
}

Level Limits::level_of(Policy policy, const Quota& quota, Mode mode, const Verdict& verdict) {
    const std::int64_t limit = mode == Mode::local ? share_->of(quota.limit) : quota.limit;
    const std::int64_t used = verdict.used + (verdict.is_allowed ? quota.weight : 0);
    const Level level{
        .policy = policy,
        .limit = quota.limit,
        .remaining = std::max<std::int64_t>(limit - used, 0),
        .reset = verdict.reset,
        .is_exceeded = !verdict.is_allowed,
    };
    count_decision(level, mode);
    return level;
}

void Limits::count_decision(const Level& level, Mode mode) {
    const auto policy = static_cast<std::size_t>(level.policy);
    const auto place = policy * modes + static_cast<std::size_t>(mode);
    auto& counter = decisions_[place * 2 + (level.is_exceeded ? 0 : 1)];
    if (counter == nullptr) {
        counter = &metrics_.counter(
            "rate_limit_decisions_total",
            "Requests held against a quota.",
            {{"policy", std::string(name_of(level.policy))},
             {"result", level.is_exceeded ? "denied" : "allowed"},
             {"mode", std::string(name_of(mode))}}
        );
    }
    counter->Increment();
}

/// A mark stays in one organization. Without this a request is counted all the same; only what is
/// owed of it waits for the next one. So all may go when there are too many.
void Limits::remember_org(const std::string& mark, const std::string& key) {
    if (orgs_.size() >= options_.shares_max) orgs_.clear();
    orgs_[mark] = key;
}

}  // namespace acme::limits
