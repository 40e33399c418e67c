#include "io/redis/server_facts.hpp"

#include "base/text.hpp"

namespace acme::redis {
namespace {

/// The value on the line "key:value\r\n".
std::string_view value_of(std::string_view info, std::string_view key) {
    for (std::size_t at = info.find(key); at != info.npos; at = info.find(key, at + 1)) {
        const bool begins_line = at == 0 || info[at - 1] == '\n';
        const std::size_t colon = at + key.size();
        if (!begins_line || colon >= info.size() || info[colon] != ':') continue;
        const auto value = info.substr(colon + 1);
        return value.substr(0, value.find_first_of("\r\n"));
    }
    return "";
}

}  // namespace

ServerFacts parse_info(std::string_view info) {
    const std::string_view version = value_of(info, "redis_version");
    return {
        .version = std::string(version),
        .major = parse_number<int>(version.substr(0, version.find('.'))).value_or(0),
        .eviction = std::string(value_of(info, "maxmemory_policy")),
    };
}

Result<> check_version(const ServerFacts& facts) {
    if (facts.major >= major_min) return {};
    return refuse(
        ErrorKind::conflict,
        "redis.too_old",
        "Redis 7 or later is needed; the server says \"" + facts.version + "\"."
    );
}

bool is_eviction_sound(const ServerFacts& facts) { return facts.eviction.starts_with("volatile-"); }

}  // namespace acme::redis
