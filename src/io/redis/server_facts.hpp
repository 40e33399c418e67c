#pragma once

/// What a Redis server says about itself, and whether the platform can work with it (STOR-7).

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace acme::redis {

inline constexpr int major_min = 7;

struct ServerFacts {
    std::string version;   // "7.0.15"
    int major = 0;         // 0: the server does not say
    std::string eviction;  // maxmemory-policy, "volatile-lru"
};

/// Reads the answer to INFO.
ServerFacts parse_info(std::string_view info);

/// Errors: redis.too_old (conflict), which ends the program with exit code 78.
Result<> check_version(const ServerFacts& facts);

/// Sessions and rate windows have a TTL and may be evicted for it; "allkeys-*" would evict what has
/// none, "noeviction" refuses writes when the memory is full.
bool is_eviction_sound(const ServerFacts& facts);

}  // namespace acme::redis
