#include "io/http/fields.hpp"

#include "base/json_pointer.hpp"

#include <algorithm>

namespace acme::http {
namespace {

using boost::json::value;

constexpr std::size_t key_bytes_max = 64;

/// Of valid UTF-8, which the parser has made sure of.
std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) {
        return (c & 0xc0) != 0x80;
    }));
}

}  // namespace

Fields::Fields(boost::json::object object, std::string pointer)
    : object_(std::move(object)), pointer_(std::move(pointer)) {}

std::string Fields::text(std::string_view key, Length length) {
    const value* const found = take_required(key);
    return found != nullptr ? text_in(key, *found, length) : "";
}

std::optional<std::string> Fields::optional_text(std::string_view key, Length length) {
    const value* const found = take(key);
    if (found == nullptr || found->is_null()) return std::nullopt;
    return text_in(key, *found, length);
}

std::int64_t Fields::integer(std::string_view key, Between range) {
    const value* const found = take_required(key);
    return found != nullptr ? integer_in(key, *found, range) : range.least;
}

std::optional<std::int64_t> Fields::optional_integer(std::string_view key, Between range) {
    const value* const found = take(key);
    if (found == nullptr || found->is_null()) return std::nullopt;
    return integer_in(key, *found, range);
}

bool Fields::boolean(std::string_view key) {
    const value* const found = take_required(key);
    return found != nullptr && boolean_in(key, *found);
}

std::optional<bool> Fields::optional_boolean(std::string_view key) {
    const value* const found = take(key);
    if (found == nullptr || found->is_null()) return std::nullopt;
    return boolean_in(key, *found);
}

std::string Fields::choice(std::string_view key, Words words) {
    const value* const found = take_required(key);
    return found != nullptr ? choice_in(key, *found, words) : "";
}

std::optional<std::string> Fields::optional_choice(std::string_view key, Words words) {
    const value* const found = take(key);
    if (found == nullptr || found->is_null()) return std::nullopt;
    return choice_in(key, *found, words);
}

const value* Fields::any(std::string_view key) { return take(key); }

void Fields::complain(std::string_view key, std::string_view code, std::string detail) {
    if (complaints_.size() == complaints_max) return;
    complaints_.push_back({
        .pointer = pointer_ + "/" + reference_token(key.substr(0, key_bytes_max)),
        .code = std::string(code),
        .detail = std::move(detail),
    });
}

Result<> Fields::finish() {
    for (const auto& member : object_) {
        if (!taken_.contains(member.key())) {
            complain(member.key(), "http.field_unknown", "There is no such field.");
        }
    }
    if (complaints_.empty()) return {};
    return std::unexpected(Error{
        .kind = ErrorKind::invalid,
        .code = "http.fields_invalid",
        .message = "Some fields of the body are not as expected.",
        .fields = std::move(complaints_),
    });
}

const value* Fields::take(std::string_view key) {
    taken_.insert(key);
    return object_.if_contains(key);
}

const value* Fields::take_required(std::string_view key) {
    const value* const found = take(key);
    if (found == nullptr) complain(key, "http.field_missing", "This field is required.");
    return found;
}

std::string Fields::text_in(std::string_view key, const value& value, Length length) {
    const auto* const text = value.if_string();
    if (text == nullptr) {
        complain(key, "http.field_type", "This is a text.");
        return "";
    }
    const std::size_t count = characters(*text);
    if (count < length.least || count > length.most) {
        complain(
            key,
            "http.field_length",
            "This has " + std::to_string(length.least) + " to " + std::to_string(length.most) +
                " characters."
        );
    } else if (std::ranges::count(*text, '\0') > 0) {
        complain(key, "http.field_text", "This has no character U+0000.");
    }
    return std::string(*text);
}

std::int64_t Fields::integer_in(std::string_view key, const value& value, Between range) {
    boost::json::error_code error;
    const auto number = value.to_number<std::int64_t>(error);
    if (error || value.is_double()) {
        complain(key, "http.field_type", "This is a whole number.");
    } else if (number < range.least || number > range.most) {
        complain(
            key,
            "http.field_range",
            "This is " + std::to_string(range.least) + " to " + std::to_string(range.most) + "."
        );
    }
    return error ? range.least : number;
}

bool Fields::boolean_in(std::string_view key, const value& value) {
    if (!value.is_bool()) complain(key, "http.field_type", "This is true or false.");
    return value.is_bool() && value.get_bool();
}

std::string Fields::choice_in(std::string_view key, const value& value, Words words) {
    const auto* const text = value.if_string();
    if (text != nullptr && std::ranges::count(words, std::string_view(*text)) > 0) {
        return std::string(*text);
    }
    std::string expected = "This is one of";
    for (const std::string_view word : words) expected.append(" ").append(word);
    complain(key, "http.field_choice", expected + ".");
    return "";
}

}  // namespace acme::http
