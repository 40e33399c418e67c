#include "platform/tokens/form.hpp"

#include "base/base64.hpp"
#include "io/http/message.hpp"

#include <algorithm>

namespace acme::tokens {

std::string form_encoded(std::string_view value) {
    constexpr std::string_view plain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._*";
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text;
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (plain.contains(c)) {
            text.push_back(c);
        } else if (c == ' ') {
            text.push_back('+');
        } else {
            text.append({'%', digits[byte >> 4U], digits[byte & 15U]});
        }
    }
    return text;
}

std::optional<Form> parse_form(std::string_view body) {
    Form form;
    while (!body.empty()) {
        const auto end = std::min(body.find('&'), body.size());
        const std::string_view pair = body.substr(0, end);
        body.remove_prefix(std::min(end + 1, body.size()));
        if (pair.empty()) continue;
        const auto equals = std::min(pair.find('='), pair.size());
        auto name = http::percent_decoded(pair.substr(0, equals), true);
        const std::string_view rest = equals < pair.size() ? pair.substr(equals + 1) : "";
        auto value = http::percent_decoded(rest, true);
        if (!name || !value) return std::nullopt;
        if (!form.emplace(*std::move(name), *std::move(value)).second) return std::nullopt;
    }
    return form;
}

std::string_view value_in(const Form& form, std::string_view name) {
    const auto found = form.find(name);
    return found == form.end() ? std::string_view() : found->second;
}

std::optional<Basic> parse_basic(std::string_view header) {
    constexpr std::string_view scheme = "basic ";
    if (header.size() < scheme.size()) return std::nullopt;
    for (std::size_t i = 0; i < scheme.size(); ++i) {
        const bool is_upper = header[i] >= 'A' && header[i] <= 'Z';
        const char c = is_upper ? static_cast<char>(header[i] + 32) : header[i];
        if (c != scheme[i]) return std::nullopt;
    }
    const auto text = parse_base64(std::string(header.substr(scheme.size())));
    if (!text) return std::nullopt;
    const auto colon = text->find(':');
    if (colon == std::string::npos) return std::nullopt;
    const std::string_view all = *text;
    auto id = http::percent_decoded(all.substr(0, colon), true);
    auto secret = http::percent_decoded(all.substr(colon + 1), true);
    if (!id || !secret) return std::nullopt;
    return Basic{.id = *std::move(id), .secret = *std::move(secret)};
}

}  // namespace acme::tokens
