#include "platform/flag_feed/copy.hpp"

#include "base/moment.hpp"
#include "base/text.hpp"

namespace acme::flag_feed {
namespace {

/// A longer one is kept compressed.
constexpr std::size_t plain_bytes_max = std::size_t{64} * 1024;

/// How much of a copy tells its version.
constexpr std::string_view head_end = "24";

// A node that is slow must not put an old rule set where a newer one lies.
constexpr redis::Script write_script{"flags.copy", R"lua(
    local function version(text) return tonumber(string.match(text or '', '^(%d+) ')) or -1 end
    local held = version(redis.call('GETRANGE', KEYS[1], 0, 24))
    if held > tonumber(ARGV[1]) then return 0 end
    redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
    if held < tonumber(ARGV[1]) then redis.call('PUBLISH', ARGV[4], ARGV[5]) end
    return 1
)lua"};

constexpr redis::Script lead_script{"flags.lead", R"lua(
    local lead = redis.call('GET', KEYS[1])
    if lead and lead ~= ARGV[1] then return 0 end
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    return 1
)lua"};

/// "12 <etag> 2026-11-29T21:50:00.000000Z", and the document behind a line break.
std::string text_of(const Edition& edition) {
    std::string text = std::to_string(edition.version) + " " + edition.etag + " " +
                       to_rfc3339(edition.published_at) + "\n";
    return text.append(edition.json.size() > plain_bytes_max ? edition.gzip : edition.json);
}

std::string list_key(std::string_view id) { return "ff:list:" + std::string(id); }

std::optional<Printed> parse_copy(std::string environment, std::string_view text) {
    const auto end = text.find('\n');
    if (end == text.npos) return std::nullopt;
    const std::string_view head = text.substr(0, end);
    const auto first = head.find(' ');
    const auto last = head.rfind(' ');
    if (first == head.npos || first == last) return std::nullopt;
    const auto version = parse_number<std::int64_t>(head.substr(0, first));
    const auto at = parse_time(head.substr(last + 1));
    if (!version || !at) return std::nullopt;
    return Printed{
        .environment = std::move(environment),
        .version = *version,
        .etag = std::string(head.substr(first + 1, last - first - 1)),
        .published_at = *at,
        .payload = std::string(text.substr(end + 1)),
    };
}

}  // namespace

std::string key_of(std::string_view environment, std::string_view what) {
    return "ff:{" + std::string(environment) + "}:" + std::string(what);
}

Task<std::optional<Printed>> read_copy(
    redis::Client& redis, trace::Context context, std::string environment
) {
    const auto reply = co_await redis.run(context, {"GET", key_of(environment, "snap")});
    if (!reply || reply->text() == nullptr) co_return std::nullopt;
    co_return parse_copy(std::move(environment), *reply->text());
}

Task<std::int64_t> read_copied_version(
    redis::Client& redis, trace::Context context, std::string environment
) {
    const auto reply = co_await redis.run(
        context, {"GETRANGE", key_of(environment, "snap"), "0", std::string(head_end)}
    );
    if (!reply || reply->text() == nullptr) co_return 0;
    const std::string& head = *reply->text();
    co_return parse_number<std::int64_t>(head.substr(0, head.find(' '))).value_or(0);
}

Task<> write_copy(redis::Client& redis, trace::Context context, Shown edition) {
    const std::string version = std::to_string(edition->version);
    // Nobody waits for it, and who finds none asks PostgreSQL.
    (void)co_await redis.run(
        context,
        write_script,
        {key_of(edition->environment, "snap")},
        {version,
         text_of(*edition),
         std::to_string(copy_seconds),
         news_channel,
         edition->environment + ":" + version}
    );
}

Task<std::optional<std::string>> read_list(
    redis::Client& redis, trace::Context context, std::string id
) {
    const auto reply = co_await redis.run(context, {"GET", list_key(id)});
    if (!reply || reply->text() == nullptr) co_return std::nullopt;
    co_return *reply->text();
}

Task<> write_list(redis::Client& redis, trace::Context context, Held list) {
    const std::string time = std::to_string(copy_seconds);
    const auto kept = co_await redis.run(context, {"EXPIRE", list_key(list->id), time});
    if (!kept || (kept->integer() != nullptr && *kept->integer() == 1)) co_return;
    (void)co_await redis.run(context, {"SET", list_key(list->id), list->gzip, "EX", time});
}

Task<bool> lead(
    redis::Client& redis, trace::Context context, std::string environment, std::string node
) {
    const auto reply = co_await redis.run(
        context,
        lead_script,
        {key_of(environment, "lead")},
        {std::move(node), std::to_string(lead_ms)}
    );
    co_return reply && reply->integer() != nullptr && *reply->integer() == 1;
}

}  // namespace acme::flag_feed
