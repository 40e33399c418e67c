#include "operate/deploy/fleet_values.hpp"

#include "base/networks.hpp"
#include "base/text.hpp"

#include <boost/url/parse.hpp>

#include <algorithm>

namespace acme::deploy {
namespace {

constexpr std::string_view engine_expected =
    "must be ssh://user@host, tcp://host:port or unix:///socket";

bool is_word(std::string_view text, std::string_view also) {
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               also.find(c) != also.npos;
    });
}

/// "HH:MM" in minutes, -1 for what is none.
int minutes_in(std::string_view text) {
    if (text.size() != 5 || text[2] != ':') return -1;
    const auto hour = parse_number<int>(text.substr(0, 2));
    const auto minute = parse_number<int>(text.substr(3));
    const bool is_time =
        hour && minute && *hour >= 0 && *hour <= 23 && *minute >= 0 && *minute <= 59;
    return is_time ? *hour * 60 + *minute : -1;
}

bool is_rule(std::string_view rule) {
    if (!rule.starts_with("FREQ=")) return false;
    while (true) {
        const std::string_view part = rule.substr(0, rule.find(';'));
        const auto equals = part.find('=');
        if (equals == part.npos || !is_word(part.substr(0, equals), "-") ||
            !is_word(part.substr(equals + 1), ",-+")) {
            return false;
        }
        if (part.size() == rule.size()) return true;
        rule.remove_prefix(part.size() + 1);
    }
}

}  // namespace

std::string check_engine(std::string_view url) {
    const auto parsed = boost::urls::parse_uri({url.data(), url.size()});
    if (!parsed || parsed->has_query() || parsed->has_fragment()) {
        return std::string(engine_expected);
    }
    if (parsed->has_password()) return "must not hold a password";
    const std::string_view scheme(parsed->scheme().data(), parsed->scheme().size());
    const bool has_host = !parsed->host().empty();
    const bool has_port = parsed->port_number() != 0;
    if (scheme == "ssh" && has_host && (has_port || !parsed->has_port())) return "";
    if (scheme == "tcp" && has_host && has_port && parsed->path().empty()) return "";
    if (scheme == "unix" && !has_host && parsed->path().size() > 1) return "";
    return std::string(engine_expected);
}

std::string check_endpoint(std::string_view url, bool is_production) {
    const auto parsed = boost::urls::parse_uri({url.data(), url.size()});
    const bool is_url = parsed && !parsed->host().empty() && !parsed->has_query() &&
                        !parsed->has_fragment() && !parsed->has_userinfo();
    const std::string_view scheme =
        is_url ? std::string_view(parsed->scheme().data(), parsed->scheme().size()) : "";
    if (scheme == "https" || (scheme == "http" && !is_production)) return "";
    return is_production ? "must be https://host" : "must be https://host or http://host";
}

std::string check_ip(std::string_view text) {
    return parse_address(text) ? "" : "must be an address such as 10.0.1.11";
}

std::string check_host(std::string_view text) {
    const bool is_name = is_word(text, "-.") && text.size() <= 253 && !text.starts_with('.') &&
                         text.find_first_not_of("0123456789.") != text.npos;
    return is_name || parse_address(text) ? "" : "must be an address or a name";
}

std::string check_label(std::string_view name) {
    const bool is_label =
        is_word(name, "-") && name.size() <= 63 && !name.starts_with('-') && !name.ends_with('-');
    return is_label ? "" : "must be named with letters, digits and hyphens, 63 at most";
}

std::optional<std::pair<int, int>> hours_in(std::string_view text) {
    const auto dash = std::min(text.find('-'), text.size());
    const int from = minutes_in(text.substr(0, dash));
    const int to = minutes_in(text.substr(std::min(dash + 1, text.size())));
    if (from < 0 || to < 0 || from == to) return std::nullopt;
    return std::pair(from, to);
}

std::string check_window(std::string_view text) {
    const auto blank = std::min(text.rfind(' '), text.size());
    const std::string_view hours = text.substr(std::min(blank + 1, text.size()));
    if (is_rule(text.substr(0, blank)) && hours_in(hours)) return "";
    return "must be a rule and its hours in UTC: FREQ=WEEKLY;BYDAY=SU 02:00-04:00";
}

std::string check_source(std::string_view text, std::string_view kind) {
    const std::string prefix = std::string(kind) + ":";
    if (text.starts_with(prefix) && is_word(text.substr(prefix.size()), "-_.")) return "";
    return "must be " + prefix + "NAME";
}

bool is_private(std::string_view address) {
    // RFC 1918, RFC 4193, loopback (NET-1).
    static const auto networks =
        Networks::parse("10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fc00::/7, 127.0.0.0/8, ::1");
    return networks->contains(address);
}

}  // namespace acme::deploy
