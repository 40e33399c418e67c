#include "io/redis/url.hpp"

#include "base/text.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace acme::redis {
namespace {

constexpr int databases_max = 1024;

std::unexpected<Error> malformed(std::string what) {
    return refuse(
        ErrorKind::invalid,
        "redis.url_malformed",
        "Expected redis://[user:password@]host[:port][/db]: " + std::move(what) + "."
    );
}

}  // namespace

Result<Address> parse_url(std::string_view text) {
    const auto url = boost::urls::parse_uri({text.data(), text.size()});
    if (!url) return malformed("this is no URL");
    const std::string scheme(url->scheme());
    if (scheme == "rediss") {
        return refuse(
            ErrorKind::invalid,
            "redis.tls_unsupported",
            "rediss:// is not supported yet: use redis:// on a private network or a TLS tunnel."
        );
    }
    if (scheme.starts_with("redis+sentinel")) {
        return refuse(
            ErrorKind::invalid,
            "redis.sentinel_unsupported",
            "redis+sentinel:// is not supported yet: name the server itself."
        );
    }
    if (scheme != "redis") return malformed("the scheme is another one");
    if (url->has_query() || url->has_fragment()) return malformed("it has no query or fragment");

    Address address;
    address.host = std::string(url->host_address());
    if (address.host.empty()) return malformed("the host is missing");
    if (url->has_port()) {
        const auto port = parse_number<std::uint16_t>(std::string(url->port()));
        if (!port || *port == 0) return malformed("the port is none from 1 to 65535");
        address.port = *port;
    }
    address.user = url->user();
    address.password = Secret(url->password());
    if (!address.user.empty() && address.password.empty()) {
        return malformed("a user needs a password");
    }
    const std::string path(url->encoded_path());
    if (path.size() > 1) {
        const auto db = parse_number<int>(std::string_view(path).substr(1));
        if (!db || *db < 0 || *db >= databases_max) return malformed("the database is no number");
        address.db = *db;
    }
    return address;
}

}  // namespace acme::redis
