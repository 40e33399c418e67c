#include "operate/local/engine_wire.hpp"

#include "base/text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace acme::local::wire {
namespace {

/// In the order of ErrorKind.
constexpr std::array kinds = {
    "invalid",
    "unauthenticated",
    "forbidden",
    "not_found",
    "conflict",
    "too_large",
    "rate_limited",
    "unavailable",
};

constexpr std::array<ErrorCode, 9> codes{
    "engine.unreachable",
    "engine.fenced",
    "engine.unknown_node",
    "engine.held",
    "engine.runs",
    "engine.not_running",
    "engine.no_room",
    "engine.release_missing",
    "engine.malformed",
};

std::int64_t number_of(WallTime time) { return time.time_since_epoch().count(); }

WallTime time_of(const json::value& value) {
    return WallTime(std::chrono::microseconds(value.to_number<std::int64_t>()));
}

std::string text_of(const json::value& value) { return std::string(value.as_string()); }

/// What a program wrote may be no UTF-8.
json::value text_from_outside(std::string_view text) {
    std::string quoted;
    append_json_string(quoted, text);
    return json::parse(quoted);
}

deploy::Instance instance_of(const json::value& value) {
    deploy::Instance instance{
        .facts = facts_of(value.at("facts")),
        .is_running = value.at("is_running").as_bool(),
        .started_at = time_of(value.at("started_at")),
        .restarts = value.at("restarts").to_number<std::int64_t>(),
        .was_out_of_memory = value.at("was_out_of_memory").as_bool(),
        .last_end = text_of(value.at("last_end")),
    };
    for (const json::value& line : value.at("last_lines").as_array()) {
        instance.last_lines.push_back(text_of(line));
    }
    // An engine of an earlier release has no room for a second program.
    if (const json::value* const spare = value.as_object().if_contains("spare_address")) {
        instance.spare_address = text_of(*spare);
    }
    if (const json::value* const beside = value.as_object().if_contains("beside")) {
        instance.beside = instances_of(*beside);
    }
    return instance;
}

}  // namespace

json::value to_json(const std::vector<deploy::Instance>& instances) {
    json::array all;
    for (const deploy::Instance& instance : instances) {
        json::array lines;
        for (const std::string& line : instance.last_lines) {
            lines.push_back(text_from_outside(line));
        }
        all.push_back(json::object{
            {"facts", to_json(instance.facts)},
            {"is_running", instance.is_running},
            {"started_at", number_of(instance.started_at)},
            {"restarts", instance.restarts},
            {"was_out_of_memory", instance.was_out_of_memory},
            {"last_end", instance.last_end},
            {"last_lines", std::move(lines)},
            {"spare_address", instance.spare_address},
            {"beside", to_json(instance.beside)},
        });
    }
    return all;
}

json::value to_json(const std::vector<deploy::Stored>& releases) {
    json::array all;
    for (const deploy::Stored& release : releases) {
        all.push_back(json::object{
            {"id", release.id},
            {"digest", release.digest},
            {"added_at", number_of(release.added_at)},
            {"is_good", release.is_good},
        });
    }
    return all;
}

json::value to_json(const deploy::Fence& fence) {
    return json::object{{"number", fence.number}, {"holder", text_from_outside(fence.holder)}};
}

json::value to_json(const deploy::Facts& facts) { return json::parse(facts.json()); }

json::value to_json(const deploy::Ended& ended) {
    return json::object{{"code", ended.code}, {"output", text_from_outside(ended.output)}};
}

std::vector<deploy::Instance> instances_of(const json::value& value) {
    std::vector<deploy::Instance> all;
    for (const json::value& one : value.as_array()) all.push_back(instance_of(one));
    return all;
}

std::vector<deploy::Stored> releases_of(const json::value& value) {
    std::vector<deploy::Stored> all;
    for (const json::value& one : value.as_array()) {
        all.push_back({
            .id = text_of(one.at("id")),
            .digest = text_of(one.at("digest")),
            .added_at = time_of(one.at("added_at")),
            .is_good = one.at("is_good").as_bool(),
        });
    }
    return all;
}

deploy::Fence fence_of(const json::value& value) {
    return {
        .number = value.at("number").to_number<std::int64_t>(),
        .holder = text_of(value.at("holder")),
    };
}

deploy::Facts facts_of(const json::value& value) {
    auto facts = deploy::Facts::parse(json::serialize(value));
    if (!facts) throw std::invalid_argument("these are no facts");
    return *std::move(facts);
}

deploy::Ended ended_of(const json::value& value) {
    return {
        .code = value.at("code").to_number<int>(),
        .output = text_of(value.at("output")),
    };
}

std::string ok(json::value value) {
    return json::serialize(json::object{{"ok", std::move(value)}});
}

std::string failed(const Error& error) {
    const json::object object{
        {"kind", kinds.at(static_cast<std::size_t>(error.kind))},
        {"code", error.code.text()},
        {"message", text_from_outside(error.message)},
    };
    return json::serialize(json::object{{"error", object}});
}

Result<json::value> read(std::string_view answer) {
    json::value value = json::parse(answer);
    if (json::value* const good = value.as_object().if_contains("ok")) return std::move(*good);
    const json::value& error = value.at("error");
    const auto kind = std::ranges::find(kinds, std::string_view(error.at("kind").as_string()));
    const auto code =
        std::ranges::find(codes, std::string_view(error.at("code").as_string()), &ErrorCode::text);
    return refuse(
        kind == kinds.end() ? ErrorKind::unavailable
                            : static_cast<ErrorKind>(std::distance(kinds.begin(), kind)),
        code == codes.end() ? ErrorCode("engine.failed") : *code,
        text_of(error.at("message"))
    );
}

}  // namespace acme::local::wire
