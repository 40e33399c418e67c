#include "platform/flag_settings/terminal.hpp"

#include "platform/flag_settings/calls.hpp"

#include <boost/json/serialize.hpp>

#include <fstream>
#include <iostream>
#include <iterator>

namespace acme::flag_settings {

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

std::unexpected<Error> told(const cli::Call& call, Error error) {
    for (const FieldError& field : error.fields) {
        const std::string where = field.pointer.empty() ? "" : field.pointer + ": ";
        call.print(where + field.detail);
    }
    return std::unexpected(std::move(error));
}

void print(const cli::Call& call, const std::string& line, const boost::json::object& object) {
    call.print(call.has("--json") ? boost::json::serialize(object) : line);
}

void print_differences(const cli::Call& call, const std::vector<Difference>& differences) {
    for (const Difference& each : differences) {
        print(
            call,
            each.pointer + "  " + boost::json::serialize(each.from) + " -> " +
                boost::json::serialize(each.to),
            to_json(each)
        );
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
