#include "platform/sessions/tries.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/networks.hpp"
#include "platform/accounts/email.hpp"

namespace acme::sessions {
namespace {

struct Limit {
    std::string key;
    int most;
    std::chrono::seconds window;
};

// KEYS: the count. ARGV: seconds until it begins anew.
constexpr redis::Script count_try{"sessions.count_try", R"lua(
    local tries = redis.call('INCR', KEYS[1])
    if tries == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
    return {tries, redis.call('TTL', KEYS[1])}
)lua"};

constexpr redis::Script give_back_try{"sessions.give_back_try", R"lua(
    if tonumber(redis.call('GET', KEYS[1]) or '0') > 0 then redis.call('DECR', KEYS[1]) end
    return 1
)lua"};

/// Addresses of people are not written into keys.
std::string mark_of(std::string_view text) { return to_base64url(sha256(text)).substr(0, 22); }

std::vector<Limit> limits_for(const std::string& named, const std::string& address) {
    std::vector<Limit> limits;
    limits.push_back({
        .key = "rl:{sign_in:" + mark_of(visitor_of(address)) + "}",
        .most = 100,
        .window = std::chrono::hours(1),
    });
    if (!named.empty()) {
        // What is no address is a user's id.
        const std::string account = accounts::normalize_email(named).value_or(named);
        limits.push_back({
            .key = "rl:{sign_in:" + mark_of(account + " " + neighbourhood_of(address)) + "}",
            .most = 10,
            .window = std::chrono::minutes(15),
        });
    }
    return limits;
}

}  // namespace

Task<Result<>> Tries::admit(trace::Context context, std::string account, std::string address) {
    for (const Limit& limit : limits_for(account, address)) {
        int tries = count_here(limit.key, limit.window);
        std::int64_t wait =
            (counts_.at(limit.key).until - clock_.steady()) / std::chrono::seconds(1);
        std::vector<std::string> keys{limit.key};
        std::vector<std::string> args{std::to_string(limit.window.count())};
        const auto answer =
            co_await redis_.run(context, count_try, std::move(keys), std::move(args));
        const auto* counted = answer ? answer->list() : nullptr;
        if (counted != nullptr && counted->size() == 2 && counted->front().integer() != nullptr) {
            tries = static_cast<int>(*counted->front().integer());
            wait = *counted->back().integer();
        }
        if (tries <= limit.most) continue;
        co_return std::unexpected(Error{
            .kind = ErrorKind::rate_limited,
            .code = "sessions.too_many_tries",
            .message = "Too many tries to sign in. Wait, or ask an administrator for a link.",
            .retry_after = std::chrono::seconds(std::max<std::int64_t>(wait, 1)),
        });
    }
    co_return done;
}

Task<> Tries::give_back(trace::Context context, std::string account, std::string address) {
    for (const Limit& limit : limits_for(account, address)) {
        const auto here = counts_.find(limit.key);
        if (here != counts_.end() && here->second.tries > 0) --here->second.tries;
        std::vector<std::string> keys{limit.key};
        co_await redis_.run(context, give_back_try, std::move(keys), {});
    }
}

int Tries::count_here(const std::string& key, std::chrono::seconds window) {
    if (counts_.size() >= counts_max) make_room();
    Count& count = counts_[key];
    const SteadyTime now = clock_.steady();
    if (count.until <= now) count = {.tries = 0, .until = now + window};
    return ++count.tries;
}

/// What is over goes; if that is too little, all of it: a flood of addresses is no reason to keep
/// counting in memory.
void Tries::make_room() {
    const SteadyTime now = clock_.steady();
    std::erase_if(counts_, [now](const auto& entry) { return entry.second.until <= now; });
    if (counts_.size() >= counts_max) counts_.clear();
}

}  // namespace acme::sessions
