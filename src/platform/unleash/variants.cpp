#include "platform/unleash/variants.hpp"

#include "platform/unleash/reading.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace acme::unleash {

namespace json = boost::json;

namespace {

std::string identity_of(const json::object& variant) {
    return text_in(variant, "name") + '\n' + json::serialize(object_in(variant, "payload"));
}

const std::string& first_of(const std::pair<std::string, json::object>& one) { return one.first; }

std::string payload_type(const json::object& variant) {
    return text_in(object_in(variant, "payload"), "type");
}

std::string payload_text(const json::object& variant) {
    return text_in(object_in(variant, "payload"), "value");
}

std::optional<json::value> parsed(const std::string& text) {
    boost::system::error_code error;
    json::value value = json::parse(text, error);
    if (error) return std::nullopt;
    return value;
}

}  // namespace

std::string_view base_of(std::string_view key) {
    const auto mark = key.rfind('~');
    if (mark == key.npos || mark + 1 == key.size()) return key;
    const bool is_number = key.find_first_not_of("0123456789", mark + 1) == key.npos;
    return is_number ? key.substr(0, mark) : key;
}

Variants::Variants(const Feature& feature) {
    for (const json::value& strategy : feature.strategies) {
        for (const json::value& variant : array_in(strategy.get_object(), "variants")) {
            if (variant.is_object()) add(variant.get_object());
        }
    }
    for (const json::value& variant : feature.variants) {
        if (variant.is_object()) add(variant.get_object());
    }
    choose_type();
}

void Variants::add(const json::object& variant) {
    const std::string identity = identity_of(variant);
    if (known_.contains(identity)) return;
    const std::string name = text_in(variant, "name");
    std::string key = name;
    const auto is_taken = [&] {
        return key == plain_variant || std::ranges::count(keys_, key, first_of) > 0;
    };
    for (int i = 2; is_taken(); ++i) key = name + "~" + std::to_string(i);
    if (key != name)
        warnings_.push_back("a second variant \"" + name + "\" is called \"" + key + "\"");
    known_[identity] = key;
    keys_.emplace_back(std::move(key), variant);
}

/// The type that all payloads have; text where they differ or where there is none.
void Variants::choose_type() {
    if (keys_.empty()) return;
    const auto all = [&](auto is_fit) {
        return std::ranges::all_of(keys_, [&](const auto& one) { return is_fit(one.second); });
    };
    const bool is_number = all([](const json::object& variant) {
        return payload_type(variant) == "number" && decimal_in(payload_text(variant));
    });
    const bool is_json = all([](const json::object& variant) {
        return payload_type(variant) == "json" && parsed(payload_text(variant));
    });
    type_ = is_number ? "double" : is_json ? "json" : "string";
    const bool is_text = all([](const json::object& variant) {
        const std::string type = payload_type(variant);
        return type.empty() || type == "string";
    });
    if (type_ == "string" && !is_text) {
        warnings_.emplace_back(
            "its variants have payloads of several kinds, or csv, so all are text"
        );
    }
}

json::value Variants::value_of(const json::object& variant) const {
    const std::string text = payload_text(variant);
    if (type_ == "double") return *decimal_in(text);
    if (type_ == "json") return *parsed(text);
    if (variant.contains("payload") && object_in(variant, "payload").contains("value")) {
        return json::value(text);
    }
    return json::value(text_in(variant, "name"));
}

json::value Variants::empty_value() const {
    if (type_ == "double") return 0.0;
    if (type_ == "json") return json::object{};
    return json::value("");
}

const std::string& Variants::key_of(const json::object& variant) const {
    return known_.at(identity_of(variant));
}

std::vector<std::string> Variants::keys_named(std::string_view name) const {
    // What has no variant is called "disabled" there.
    if (name == no_variant) return {std::string(plain())};
    std::vector<std::string> keys;
    for (const auto& [key, variant] : keys_) {
        if (text_in(variant, "name") == name) keys.push_back(key);
    }
    return keys;
}

std::vector<std::string> Variants::on_keys() const {
    std::vector<std::string> keys{std::string(plain())};
    for (const auto& [key, variant] : keys_) keys.push_back(key);
    return keys;
}

void Variants::write(json::object& flag, bool uses_plain) const {
    flag["type"] = type_;
    json::array list;
    const auto add = [&](std::string_view key, json::value value) {
        list.push_back(json::object{{"key", key}, {"value", std::move(value)}});
    };
    if (is_boolean()) {
        add("on", true);
        add("off", false);
    } else {
        for (const auto& [key, variant] : keys_) add(key, value_of(variant));
        if (uses_plain) add(plain_variant, empty_value());
    }
    flag["variants"] = std::move(list);
}

}  // namespace acme::unleash
