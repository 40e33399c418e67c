#include "platform/sessions/copies.hpp"

namespace acme::sessions {
namespace {

constexpr std::chrono::seconds ended_life{60};
constexpr std::string_view ended_mark = "-";

// KEYS: the copy, the index. ARGV: packed session, its life, hash, version, prefix of copies.
constexpr redis::Script put_copy{"sessions.put_copy", R"lua(
    local least = tonumber(redis.call('HGET', KEYS[2], 'version') or '0')
    if least > tonumber(ARGV[4]) or redis.call('GET', KEYS[1]) == '-' then return 0 end
    redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
    redis.call('HSET', KEYS[2], ARGV[3], '1')
    redis.call('EXPIRE', KEYS[2], 2 * ARGV[2])
    if redis.call('HLEN', KEYS[2]) > 100 then
        for _, hash in ipairs(redis.call('HKEYS', KEYS[2])) do
            if hash ~= 'version' and redis.call('EXISTS', ARGV[5] .. hash) == 0 then
                redis.call('HDEL', KEYS[2], hash)
            end
        end
    end
    return 1
)lua"};

// KEYS: the index. ARGV: version, prefix of copies, life of the index.
constexpr redis::Script outdate_copies{"sessions.outdate_copies", R"lua(
    local least = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')
    if least >= tonumber(ARGV[1]) then return 0 end
    for _, hash in ipairs(redis.call('HKEYS', KEYS[1])) do
        if hash ~= 'version' and redis.call('GET', ARGV[2] .. hash) ~= '-' then
            redis.call('DEL', ARGV[2] .. hash)
        end
    end
    redis.call('DEL', KEYS[1])
    redis.call('HSET', KEYS[1], 'version', ARGV[1])
    redis.call('EXPIRE', KEYS[1], ARGV[3])
    return 1
)lua"};

std::string prefix_of(UserId user) { return "s:{" + user.str() + "}:"; }
std::string index_of(UserId user) { return "us:{" + user.str() + "}"; }
std::string text_of(std::chrono::seconds time) { return std::to_string(time.count()); }

Copies::Found read(UserId user, const std::string* text) {
    using enum Copies::State;
    if (text == nullptr) return {absent};
    if (*text == ended_mark) return {ended};
    auto live = unpack(user, *text);
    if (!live) return {absent};  // of another release
    return {here, std::move(live)};
}

}  // namespace

Task<Copies::Found> Copies::find(trace::Context context, UserId user, std::string hash) {
    const auto answer = co_await redis_.run(context, {"GET", prefix_of(user) + hash});
    if (!answer) co_return Found{State::unknown};
    co_return read(user, answer->text());
}

Task<Copies::Found> Copies::count(
    trace::Context context,
    UserId user,
    std::string hash,
    limits::Caller caller,
    limits::Limits& limits
) {
    limits::Companion copy{.key = prefix_of(user) + hash, .org = std::string(org_pattern)};
    const auto counted = co_await limits.ask(context, std::move(caller), std::move(copy));
    if (!counted) co_return Found{State::unknown};
    Found found = read(user, counted->companion ? &*counted->companion : nullptr);
    found.standing = counted->standing;
    co_return found;
}

Task<> Copies::put(trace::Context context, std::string hash, Live live) {
    const std::string prefix = prefix_of(live.user);
    std::vector<std::string> keys{prefix + hash, index_of(live.user)};
    std::vector<std::string> args{
        pack(live), text_of(life), hash, std::to_string(live.version), prefix
    };
    co_await redis_.run(context, put_copy, std::move(keys), std::move(args));
}

Task<bool> Copies::end(trace::Context context, UserId user, std::string hash) {
    const auto answer = co_await redis_.run(
        context, {"SET", prefix_of(user) + hash, std::string(ended_mark), "EX", text_of(ended_life)}
    );
    co_return answer.has_value();
}

Task<bool> Copies::outdate(trace::Context context, UserId user, std::int64_t version) {
    std::vector<std::string> keys{index_of(user)};
    std::vector<std::string> args{std::to_string(version), prefix_of(user), text_of(2 * life)};
    const auto answer =
        co_await redis_.run(context, outdate_copies, std::move(keys), std::move(args));
    co_return answer.has_value();
}

}  // namespace acme::sessions
