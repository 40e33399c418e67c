#pragma once

/// REDIS_URL in its parts.

#include "base/result.hpp"
#include "base/secret.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace acme::redis {

struct Address {
    std::string host;
    std::uint16_t port = 6379;
    std::string user;  // "" without ACL
    Secret password;   // empty: no AUTH is sent
    int db = 0;
};

/// redis://[user:password@]host[:port][/db], percent-encoded as URLs are. Errors:
/// redis.url_malformed, redis.tls_unsupported for rediss://, redis.sentinel_unsupported (invalid);
/// none of them shows any of the URL.
Result<Address> parse_url(std::string_view url);

}  // namespace acme::redis
