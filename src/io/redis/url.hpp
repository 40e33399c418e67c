#pragma once

/// REDIS_URL in its parts.

#include "base/result.hpp"
#include "base/secret.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace acme::redis {

/// One server, and how it is greeted.
struct Address {
    std::string host = "";
    std::uint16_t port = 6379;
    std::string user = "";  // "" without ACL
    Secret password = {};   // empty: no AUTH is sent
    int db = 0;
    bool has_tls = false;
    bool is_master = false;  // and must say so itself, since only sentinels say where it is

    Address clone() const;
};

struct Place {
    Address server;                       // its host and port are unset where sentinels know them
    std::vector<Address> sentinels = {};  // none: the server is where the URL says
    std::string service = "";             // by which the sentinels know the master
};

/// redis://[user:password@]host[:port][/db], percent-encoded as URLs are; rediss:// with TLS.
///
/// redis+sentinel://[user:password@]host[:port][,host[:port]...]/service[/db] and, with TLS to the
/// sentinels and to the servers, rediss+sentinel://. Sentinels that want a password are given
/// ?sentinel_password=...[&sentinel_user=...]; user and password before the "@" are the servers'.
///
/// Errors: redis.url_malformed (invalid), which shows nothing of the URL.
Result<Place> parse_url(std::string_view url);

}  // namespace acme::redis
