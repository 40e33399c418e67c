// Source: OpenFeature Remote Evaluation Protocol 0.3.0.
#include "platform/ofrep/asking.hpp"

#include "base/text.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>

#include <array>

namespace acme::ofrep {
namespace {

namespace json = boost::json;

constexpr std::string_view targeting_key = "targetingKey";
constexpr std::size_t depth_max = 16;
constexpr std::size_t tree_bytes = 4096;  // of a usual context: no memory is asked for

Refusal invalid(std::string details) { return {400, "INVALID_CONTEXT", std::move(details)}; }

/// What only the server says of a person.
bool is_known_by_server(std::string_view name) {
    return name == targeting_key || name == "user_id" || name == "org_id" || name == "region";
}

void set(flags::Subject& subject, std::string_view name, const json::value& value) {
    if (value.is_string()) {
        const auto& text = value.get_string();
        subject.set(name, std::string_view(text.data(), text.size()));
    } else if (value.is_bool()) {
        subject.set(name, value.get_bool());
    } else if (value.is_int64()) {
        subject.set(name, value.get_int64());
    } else if (value.is_number()) {
        subject.set(name, value.to_number<double>());
    }
    // Lists and structures are no attributes: rules compare texts, numbers and booleans.
}

std::optional<Refusal> describe_by_program(flags::Subject& subject, const json::object& context) {
    if (const auto* const key = context.if_contains(targeting_key)) {
        if (!key->is_string()) return invalid("targetingKey must be a text.");
        if (key->get_string().empty()) {
            return Refusal{400, "TARGETING_KEY_MISSING", "targetingKey must not be empty."};
        }
        if (!context.contains("user_id")) set(subject, "user_id", *key);
    }
    for (const auto& member : context) set(subject, member.key(), member.value());
    return std::nullopt;
}

}  // namespace

http::Response answer(const Refusal& refusal, std::string_view key) {
    std::string body = "{";
    if (!key.empty()) {
        append_json_string(body.append(R"("key":)"), key);
        body.append(",");
    }
    body.append(R"("errorCode":")").append(refusal.code);
    append_json_string(body.append(R"(","errorDetails":)"), refusal.details);
    return {
        .status = refusal.status,
        .body = body.append("}"),
        .headers = {{"Cache-Control", "no-store"}},
    };
}

std::optional<Refusal> describe(
    flags::Subject& subject, std::string_view body, const Identity& who, std::string_view region
) {
    std::array<unsigned char, tree_bytes> memory;
    json::monotonic_resource tree(memory.data(), memory.size());
    json::parse_options options;
    options.max_depth = depth_max;
    boost::system::error_code malformed;
    const json::value value = json::parse(body, malformed, &tree, options);
    if (malformed || !value.is_object()) {
        return Refusal{400, "PARSE_ERROR", "The body must be a JSON object."};
    }
    static const json::object nothing;
    const json::object* context = &nothing;
    if (const auto* const given = value.get_object().if_contains("context")) {
        if (!given->is_object()) return invalid("context must be an object.");
        context = &given->get_object();
    }
    if (context->size() > attributes_max) {
        return invalid("context must not have more than 200 members.");
    }
    if (!who.session) return describe_by_program(subject, *context);
    for (const auto& member : *context) {
        if (!is_known_by_server(member.key())) set(subject, member.key(), member.value());
    }
    const std::string user = who.user.str();
    subject.set(targeting_key, user);
    subject.set("user_id", user);
    subject.set("org_id", who.org.str());
    subject.set("region", region);
    return std::nullopt;
}

}  // namespace acme::ofrep
