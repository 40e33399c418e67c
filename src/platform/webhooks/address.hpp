#pragma once

/// Which addresses webhooks may be sent to. Whoever may name a URL that this program calls could
/// otherwise have it call what only this program can reach (SSRF).
///
/// Two checks: of the URL when it is set, for an answer at once; and of the address of each
/// connection when it is opened, which is the one that counts, since a name can say one thing then
/// and another later. Source: the IANA registries of special-purpose addresses for IPv4 and IPv6.

#include "base/error.hpp"
#include "base/networks.hpp"

#include <string_view>
#include <vector>

namespace acme::webhooks {

inline constexpr std::size_t url_bytes_max = 2048;

struct Policy {
    Networks allowed;          // though they are not public
    bool allows_http = false;  // without TLS
};

/// Whether the address belongs to the public internet: not private, loopback, link-local, shared
/// (CGNAT), multicast, reserved, for documentation; and of IPv6 none that carries an IPv4 address
/// within it (mapped, NAT64, 6to4, Teredo). False for what is no address.
bool is_public(std::string_view address);

/// For fetch::Options::may_connect.
bool may_connect(const Policy& policy, std::string_view address);

/// Whether the address is one of the machine that asks.
bool is_loopback(std::string_view address);

/// What speaks against a URL, each with the pointer "/url": webhooks.url_malformed,
/// webhooks.url_scheme, webhooks.url_user, webhooks.url_port, webhooks.url_private. Names are not
/// looked up.
std::vector<FieldError> problems_of_url(std::string_view url, const Policy& policy);

/// The same for one that leads to a program on this machine, by http too; webhooks.url_not_local
/// for one that does not.
std::vector<FieldError> problems_of_local_url(std::string_view url);

}  // namespace acme::webhooks
