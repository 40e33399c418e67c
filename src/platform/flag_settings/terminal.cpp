#include "platform/flag_settings/terminal.hpp"

#include "base/text.hpp"
#include "platform/flag_settings/calls.hpp"

#include <boost/json/serialize.hpp>

#include <fstream>
#include <iostream>
#include <iterator>

namespace acme::flag_settings {
namespace {

/// "rule 2 (Europe)", "variant on".
std::string name_of(
    std::string_view list, std::string_view key, std::string_view name, std::uint64_t number
) {
    std::string text;
    if (list == "rules") {
        text = "rule " + std::to_string(number);
        if (!name.empty()) text.append(" (").append(name).append(")");
        return text;
    }
    if (list == "split") return text.append("share ").append(key);
    return text.append(list.substr(0, list.size() - 1)).append(" ").append(key);
}

/// "behind rule 1 (Europe)".
std::string place_of(const Difference& moved) {
    if (moved.to.is_null()) return "to the top";
    const auto& before = moved.to.as_object();
    const auto text = [&](const char* name) {
        return std::string_view(before.at(name).as_string());
    };
    return "behind " + name_of(
                           moved.item ? moved.item->list : "values",
                           text("key"),
                           text("name"),
                           before.at("number").to_number<std::uint64_t>()
                       );
}

}  // namespace

std::string line_of(const Difference& difference) {
    using boost::json::serialize;
    using enum Difference::Kind;
    std::string where = difference.pointer;
    if (const auto& item = difference.item) {
        const std::string within = where.substr(item->pointer.size());
        where = name_of(item->list, item->key, item->name, item->number) +
                (within.empty() ? "" : "  " + within);
    }
    where += "  ";
    switch (difference.kind) {
        case added: return where + "added  " + serialize(difference.to);
        case removed: return where + "removed  " + serialize(difference.from);
        case moved: return where + "moved  " + place_of(difference);
        case changed: return where + serialize(difference.from) + " -> " + serialize(difference.to);
    }
    return where;
}

Editor editor_of(const cli::Call& call) {
    return {
        .actor = {.name = "cli"},
        .role = PlatformRole::admin,
        .reason = call.value("--reason").substr(0, reason_chars_max),
    };
}

Task<Result<Environment>> environment_of(Settings& settings, const cli::Call& call) {
    if (call.has("--environment")) {
        co_return co_await settings.environments.find(call.context, call.value("--environment"));
    }
    co_return (co_await settings.environments.list(call.context)).front();
}

Result<std::string> read_file(const std::string& path) {
    using Characters = std::istreambuf_iterator<char>;
    if (path == "-") return std::string(Characters(std::cin), Characters());
    std::ifstream file(path, std::ios::binary);
    if (!file) return refuse(ErrorKind::not_found, "flags.file", "The file cannot be read.");
    return std::string(Characters(file), Characters());
}

Result<boost::json::object> object_of(std::string_view text) { return http::parse_object(text); }

Result<Draft> draft_of(boost::json::object targeting) {
    for (const char* const name :
         {"flag",
          "environment",
          "protected",
          "version",
          "ruleset_version",
          "disabled_reason",
          "enabled_at",
          "updated_at",
          "updated_by",
          "updated_by_name"}) {
        targeting.erase(name);
    }
    http::Fields fields(std::move(targeting));
    Draft draft = draft_in(fields);
    if (auto finished = fields.finish(); !finished) {
        return std::unexpected(std::move(finished).error());
    }
    return draft;
}

Result<std::optional<std::int64_t>> number_in(const cli::Call& call, std::string_view option) {
    if (!call.has(option)) return std::nullopt;
    const auto number = parse_number<std::int64_t>(call.value(option));
    if (number && *number >= 1) return number;
    return refuse(
        ErrorKind::invalid, "flags.number", std::string(option) + " must be a number from 1."
    );
}

void print(const cli::Call& call, const std::string& line, const boost::json::object& object) {
    call.print(call.has("--json") ? boost::json::serialize(object) : line);
}

void print_differences(const cli::Call& call, const std::vector<Difference>& differences) {
    for (const Difference& each : differences) {
        print(call, line_of(each), to_json(each));
    }
    if (differences.empty() && !call.has("--json")) call.print("nothing changes");
}

void print_line(const cli::Call& call, const Line& line, const Environment& environment) {
    const Facts& facts = line.flag.facts;
    std::string state = line.flag.targeting.is_enabled ? "on" : "off";
    if (facts.archived_at) state = "archived";
    std::string text = facts.key + "  " + state + "  " + line.serves + "  " +
                       std::to_string(line.recent.total) + " in 24 h";
    for (const Signal& signal : line.signals) text += "  " + std::string(signal.name);
    print(call, text, to_json(line, environment, {}));
}

}  // namespace acme::flag_settings
