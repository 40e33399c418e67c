#include "io/http/message.hpp"

#include "base/bytes.hpp"

#include <algorithm>

namespace acme::http {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

std::string_view name_of(Method method) {
    switch (method) {
        case Method::get: return "GET";
        case Method::head: return "HEAD";
        case Method::post: return "POST";
        case Method::put: return "PUT";
        case Method::patch: return "PATCH";
        case Method::del: return "DELETE";
        case Method::options: return "OPTIONS";
        case Method::other: return "_OTHER";
    }
    return "_OTHER";
}

std::string_view Request::header(std::string_view name) const {
    const auto found = std::ranges::find_if(headers, [&](const Header& header) {
        return std::ranges::equal(header.name, name, {}, lower, lower);
    });
    return found == headers.end() ? std::string_view() : found->value;
}

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus_is_space) {
            decoded += ' ';
        } else if (text[i] == '%') {
            const auto byte = parse_hex(text.substr(i + 1, 2));
            if (!byte || byte->empty()) return std::nullopt;
            decoded += *byte;
            i += 2;
        } else {
            decoded += text[i];
        }
    }
    return decoded;
}

// By hand: parse_query() of Boost.URL 1.81 reads on behind the end of a view, up to the next 0.
std::optional<std::string> Request::query(std::string_view name) const {
    const auto mark = target.find('?');
    if (mark == target.npos) return std::nullopt;
    std::string_view rest = target.substr(mark + 1);
    while (!rest.empty()) {
        const std::string_view pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
        const auto equals = std::min(pair.find('='), pair.size());
        if (percent_decoded(pair.substr(0, equals), true) != name) continue;
        return percent_decoded(pair.substr(std::min(equals + 1, pair.size())), true);
    }
    return std::nullopt;
}

std::string_view Request::cookie(std::string_view name) const {
    std::string_view rest = header("Cookie");
    while (!rest.empty()) {
        const auto end = std::min(rest.find(';'), rest.size());
        std::string_view pair = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
        const auto equals = pair.find('=');
        if (equals != pair.npos && pair.substr(0, equals) == name) return pair.substr(equals + 1);
    }
    return "";
}

}  // namespace acme::http
