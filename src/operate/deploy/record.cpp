#include "operate/deploy/record.hpp"

#include "base/text.hpp"
#include "io/telemetry/redact.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>

namespace acme::deploy {

namespace json = boost::json;

namespace {

void make_storable_all(json::value& value) {
    if (auto* const text = value.if_string()) *text = to_storable(*text);
    if (auto* const array = value.if_array()) {
        for (json::value& one : *array) make_storable_all(one);
    }
    if (auto* const object = value.if_object()) {
        for (auto& member : *object) make_storable_all(member.value());
    }
}

bool is_free_text(std::string_view name) {
    constexpr std::array<std::string_view, 6> names = {
        "reason", "outcome", "evidence", "text", "summary", "last_failure"
    };
    return std::ranges::find(names, name) != names.end();
}

/// By sight: a name such as "code" says nothing here, and a digest is to stay as it is.
void mask(json::object& object) {
    for (auto& member : object) {
        json::value& value = member.value();
        if (auto* const inner = value.if_object()) mask(*inner);
        if (auto* const text = value.if_string(); text != nullptr && is_free_text(member.key())) {
            std::string without;
            const auto safe = redact(std::string_view(*text), without);
            if (safe != std::string_view(*text)) *text = std::string(safe);
        }
    }
}

}  // namespace

std::string Record::line() const {
    return json::serialize(json::object{
        {"deployment", deployment.str()},
        {"seq", seq},
        {"at", at.time_since_epoch().count()},
        {"kind", kind},
        {"data", data},
    });
}

std::optional<Record> Record::parse(std::string_view line) {
    boost::system::error_code malformed;
    const json::value parsed = json::parse(to_storable(line), malformed);
    if (malformed || !parsed.is_object()) return std::nullopt;
    const json::object& object = parsed.get_object();
    const auto* const id = object.if_contains("deployment");
    const auto* const seq = object.if_contains("seq");
    const auto* const at = object.if_contains("at");
    const auto* const kind = object.if_contains("kind");
    const auto* const data = object.if_contains("data");
    if (id == nullptr || !id->is_string() || seq == nullptr || !seq->is_int64() || at == nullptr ||
        !at->is_int64() || kind == nullptr || !kind->is_string() || data == nullptr ||
        !data->is_object()) {
        return std::nullopt;
    }
    const auto deployment = DeploymentId::parse(std::string_view(id->get_string()));
    if (!deployment) return std::nullopt;
    Record record{
        .deployment = *deployment,
        .seq = seq->get_int64(),
        .at = WallTime(std::chrono::microseconds(at->get_int64())),
        .kind = std::string(kind->get_string()),
        .data = data->get_object(),
    };
    record.make_storable();
    return record;
}

void Record::make_storable() {
    for (auto& member : data) make_storable_all(member.value());
    mask(data);
}

std::string Record::text(std::string_view name) const {
    const auto* const found = data.if_contains(name);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : "";
}

std::int64_t Record::number(std::string_view name) const {
    const auto* const found = data.if_contains(name);
    return found != nullptr && found->is_int64() ? found->get_int64() : 0;
}

bool Record::flag(std::string_view name) const {
    const auto* const found = data.if_contains(name);
    return found != nullptr && found->is_bool() && found->get_bool();
}

}  // namespace acme::deploy
