#pragma once

/// A form as OAuth's requests bring one. Source: WHATWG URL, application/x-www-form-urlencoded;
/// RFC 6749, 3.2 (no parameter twice).

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace acme::tokens {

using Form = std::map<std::string, std::string, std::less<>>;

/// nullopt for what is malformed, or names a field twice.
std::optional<Form> parse_form(std::string_view body);

/// The value of a field; "" when it is absent.
std::string_view value_in(const Form& form, std::string_view name);

/// As a value stands in a form: what parse_form() takes back.
std::string form_encoded(std::string_view value);

/// Who "Authorization: Basic …" says that they are, both form-decoded. Source: RFC 6749, 2.3.1.
struct Basic {
    std::string id;
    std::string secret;
};
std::optional<Basic> parse_basic(std::string_view header);

}  // namespace acme::tokens
