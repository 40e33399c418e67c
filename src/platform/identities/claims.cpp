#include "platform/identities/claims.hpp"

namespace acme::identities {

std::string text_in(const boost::json::object& object, std::string_view name) {
    const auto* const value = object.if_contains(name);
    const auto* const text = value == nullptr ? nullptr : value->if_string();
    return text == nullptr ? "" : std::string(*text);
}

bool is_true(const boost::json::object& object, std::string_view name) {
    const auto* const value = object.if_contains(name);
    if (value == nullptr) return false;
    return value->is_bool() ? value->get_bool() : text_in(object, name) == "true";
}

}  // namespace acme::identities
