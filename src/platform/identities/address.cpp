#include "platform/identities/address.hpp"

#include "base/bytes.hpp"

#include <boost/url/parse.hpp>

#include <algorithm>

namespace acme::identities {

bool is_safe_url(std::string_view text) {
    const auto url = boost::urls::parse_uri(text);
    if (!url || url->host().empty() || url->has_userinfo() || url->has_fragment()) return false;
    if (url->scheme() == "https") return true;
    const std::string host = url->host();
    return url->scheme() == "http" &&
           (host == "localhost" || host == "[::1]" ||
            (url->host_type() == boost::urls::host_type::ipv4 && host.starts_with("127.")));
}

bool is_own_path(std::string_view next) {
    const auto is_plain = [](char c) { return c > ' ' && c < '\x7f' && c != '\\'; };
    return next.starts_with('/') && !next.starts_with("//") && next.size() <= next_bytes_max &&
           std::ranges::all_of(next, is_plain);
}

std::string query_encoded(std::string_view text) {
    constexpr std::string_view plain = "-._~";
    std::string out;
    for (const char c : text) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || plain.find(c) != plain.npos;
        if (is_plain) {
            out += c;
        } else {
            out.append("%").append(to_hex(std::string_view(&c, 1)));
        }
    }
    return out;
}

}  // namespace acme::identities
