#include "platform/unleash/answer.hpp"

#include "platform/unleash/constraints.hpp"
#include "platform/unleash/reading.hpp"
#include "platform/unleash/variants.hpp"

#include <boost/json/serialize.hpp>

namespace acme::unleash {

namespace json = boost::json;

namespace {

void set(flags::Subject& subject, std::string_view name, const json::value& value) {
    const std::string attribute = attribute_of(name);
    if (value.is_string()) subject.set(attribute, std::string_view(value.get_string()));
    if (value.is_bool()) subject.set(attribute, value.get_bool());
    if (value.is_int64()) subject.set(attribute, value.get_int64());
    if (value.is_double()) subject.set(attribute, value.get_double());
}

const flags::Value* served(
    const flags::Snapshot& snapshot, std::uint32_t flag, flags::Evaluation evaluation
) {
    if (!evaluation.has_value() || evaluation.reason == flags::Reason::disabled) return nullptr;
    return &snapshot.value_of(flag, evaluation.value);
}

json::object payload_of(const flags::Value& value) {
    switch (value.type) {
        case flags::ValueType::integer:
            return {{"type", "number"}, {"value", std::to_string(value.integer)}};
        case flags::ValueType::number:
            return {{"type", "number"}, {"value", decimal_text(value.number)}};
        case flags::ValueType::json: return {{"type", "json"}, {"value", value.text}};
        case flags::ValueType::string:
        case flags::ValueType::boolean: break;
    }
    return {{"type", "string"}, {"value", value.text}};
}

}  // namespace

void set_context(flags::Subject& subject, const json::object& context) {
    for (const auto& [name, value] : object_in(context, "properties")) set(subject, name, value);
    for (const auto& [name, value] : context) {
        if (name != "properties") set(subject, name, value);
    }
}

bool is_feature_on(
    const flags::Snapshot& snapshot, std::uint32_t flag, flags::Evaluation evaluation
) {
    const flags::Value* const value = served(snapshot, flag, evaluation);
    return value != nullptr && (value->type != flags::ValueType::boolean || value->boolean);
}

json::object to_variant(
    const flags::Snapshot& snapshot, std::uint32_t flag, flags::Evaluation evaluation
) {
    const flags::Value* const value = served(snapshot, flag, evaluation);
    const bool is_on = is_feature_on(snapshot, flag, evaluation);
    const bool has_variant =
        is_on && value->type != flags::ValueType::boolean && value->key != plain_variant;
    json::object variant{{"name", has_variant ? base_of(value->key) : no_variant}};
    if (has_variant) variant["payload"] = payload_of(*value);
    variant["enabled"] = has_variant;
    variant["feature_enabled"] = is_on;
    return variant;
}

}  // namespace acme::unleash
