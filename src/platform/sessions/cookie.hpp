#pragma once

/// What the browser carries: "v1.<user id>.<256 bits of chance>".
///
/// The user id is there so that Redis finds all of one user's sessions in one slot; it is believed
/// only if the rest is right. Source: RFC 6265bis, 4.1.3.2 (__Host-).

#include "base/ids.hpp"
#include "base/random.hpp"
#include "io/http/message.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace acme::sessions {

/// What a cookie of the right shape says.
struct Presented {
    UserId user;
    std::string hash;  // base64url SHA-256 of the whole value: what is stored
};

struct Fresh {
    std::string value;
    std::string hash;
};

class Cookie {
public:
    /// `is_secure`: sent over TLS only, under the name __Host-acme_session. Otherwise
    /// acme_session, for plain HTTP on a loopback address, where browsers refuse the prefix.
    explicit Cookie(bool is_secure) : is_secure_(is_secure) {}

    std::string_view name() const { return is_secure_ ? "__Host-acme_session" : "acme_session"; }

    static Fresh make(UserId user, Random& random);

    /// nullopt for anything that make() does not write: no look-up is spent on it.
    std::optional<Presented> read(const http::Request& request) const;

    /// Values of the header Set-Cookie.
    std::string set(std::string_view value, std::chrono::seconds life) const;
    std::string clear() const;

private:
    std::string attributes(std::string_view value, std::chrono::seconds life) const;

    bool is_secure_;
};

}  // namespace acme::sessions
