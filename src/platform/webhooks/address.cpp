#include "platform/webhooks/address.hpp"

#include "base/text.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/scheme.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <array>
#include <span>

namespace acme::webhooks {
namespace {

/// Of IPv4. The one that is not in the registry is the host of machines in Azure, a public address
/// that answers only those.
constexpr std::string_view ipv4_list =
    "0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, "
    "192.0.0.0/24, 192.0.2.0/24, 192.31.196.0/24, 192.52.193.0/24, 192.88.99.0/24, 192.168.0.0/16, "
    "192.175.48.0/24, 198.18.0.0/15, 198.51.100.0/24, 203.0.113.0/24, 224.0.0.0/4, 240.0.0.0/4, "
    "168.63.129.16/32";

/// Of what is given out of IPv6 at all.
constexpr std::string_view loopback_list = "127.0.0.0/8, ::1/128";
constexpr std::string_view given_list = "2000::/3";
constexpr std::string_view ipv6_list =
    "2001::/23, 2001:db8::/32, 2002::/16, 2620:4f:8000::/48, 3fff::/20";

/// Ports of other protocols, which browsers do not speak HTTP to either. Source: Fetch standard,
/// "bad port", those above 1023.
constexpr std::array<std::uint16_t, 18> bad_ports{
    1719,
    1720,
    1723,
    2049,
    3659,
    4045,
    4190,
    5060,
    5061,
    6000,
    6566,
    6665,
    6666,
    6667,
    6668,
    6669,
    6679,
    6697,
};
constexpr std::uint16_t ports_of_system = 1024;

/// They are constants, and right.
struct Lists {
    Networks special_ipv4 = Networks::parse(ipv4_list).value();
    Networks given_ipv6 = Networks::parse(given_list).value();
    Networks special_ipv6 = Networks::parse(ipv6_list).value();
    Networks loopback = Networks::parse(loopback_list).value();
};

const Lists& lists() {
    static const Lists parsed;
    return parsed;
}

/// An IPv4 address in the clothes of IPv6: ::ffff:192.0.2.7.
bool is_mapped(std::string_view address) {
    constexpr std::array<std::uint8_t, 12> prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    const auto bytes = parse_address(address);
    return address.contains(':') && bytes &&
           std::ranges::equal(prefix, std::span(*bytes).first<prefix.size()>());
}

bool is_right_port(const boost::urls::url_view& url) {
    if (!url.has_port()) return true;
    const auto port = parse_number<std::uint16_t>(std::string_view(url.port()));
    if (!port) return false;
    if (*port == (url.scheme_id() == boost::urls::scheme::https ? 443 : 80)) return true;
    return *port >= ports_of_system && std::ranges::count(bad_ports, *port) == 0;
}

/// The address that the host of a URL is, "" for a name.
std::string address_in(const boost::urls::url_view& url) {
    const bool is_address = url.host_type() == boost::urls::host_type::ipv4 ||
                            url.host_type() == boost::urls::host_type::ipv6;
    if (is_address) return url.host_address();
    return url.host_name() == "localhost" ? "127.0.0.1" : "";
}

}  // namespace

bool is_public(std::string_view address) {
    if (!parse_address(address)) return false;
    if (!address.contains(':')) return !lists().special_ipv4.contains(address);
    return lists().given_ipv6.contains(address) && !lists().special_ipv6.contains(address);
}

bool is_loopback(std::string_view address) {
    return !is_mapped(address) && lists().loopback.contains(address);
}

bool may_connect(const Policy& policy, std::string_view address) {
    // Allowing a network of IPv4 says nothing of other ways to write its addresses.
    if (is_mapped(address)) return false;
    return is_public(address) || policy.allowed.contains(address);
}

std::vector<FieldError> problems_of_url(std::string_view text, const Policy& policy) {
    std::vector<FieldError> problems;
    const auto complain = [&](std::string code, std::string detail) {
        problems.push_back({"/url", std::move(code), std::move(detail)});
    };
    const auto url = boost::urls::parse_uri(text);
    // The parser takes "host:80x/" for a path behind a port; libcurl does not.
    const bool is_whole = url && (url->encoded_path().empty() || url->is_path_absolute());
    if (!is_whole || text.size() > url_bytes_max || url->host().empty() || url->has_fragment()) {
        complain(
            "webhooks.url_malformed",
            "must be a URL such as https://hooks.example.com/acme, at most 2,048 bytes, without #"
        );
        return problems;
    }
    const bool is_http = url->scheme_id() == boost::urls::scheme::http;
    if (url->scheme_id() != boost::urls::scheme::https && !(is_http && policy.allows_http)) {
        complain("webhooks.url_scheme", "must begin with https://");
    }
    if (url->has_userinfo()) {
        complain("webhooks.url_user", "must have no user and password; requests are signed");
    }
    if (!is_right_port(*url)) {
        complain(
            "webhooks.url_port",
            "must have the usual port of its scheme, or one of 1024 to 65535 that belongs to no "
            "other protocol"
        );
    }
    const std::string address = address_in(*url);
    if (!address.empty() && !may_connect(policy, address)) {
        complain(
            "webhooks.url_private",
            "must lead to the public internet; an operator may allow other networks in "
            "ACME_WEBHOOK_ALLOWED_NETWORKS"
        );
    }
    return problems;
}

std::vector<FieldError> problems_of_local_url(std::string_view text) {
    auto problems = problems_of_url(text, {.allowed = lists().loopback, .allows_http = true});
    if (!problems.empty()) return problems;
    if (!is_loopback(address_in(boost::urls::parse_uri(text).value()))) {
        problems.push_back(
            {"/url",
             "webhooks.url_not_local",
             "must lead to this machine, such as http://localhost:4000/hooks"}
        );
    }
    return problems;
}

}  // namespace acme::webhooks
