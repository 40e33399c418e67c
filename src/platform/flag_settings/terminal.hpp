#pragma once

/// What commands read and print. Private to platform/flag_settings.

#include "io/cli/commands.hpp"
#include "platform/flag_settings/settings_json.hpp"

namespace acme::flag_settings {

inline constexpr cli::Option as_json{.name = "--json", .about = "one JSON object a line"};
inline constexpr cli::Option in_environment{
    .name = "--environment", .value = "KEY", .about = "in which (the first one: production)"
};
inline constexpr cli::Option with_reason{
    .name = "--reason", .value = "TEXT", .about = "why, for others"
};
inline constexpr cli::Option dry_run{
    .name = "--dry-run", .about = "tells what would change, and changes nothing"
};

/// "cli", with an administrator's rights.
Editor editor_of(const cli::Call& call);

/// Errors: flags.environment_unknown.
Task<Result<Environment>> environment_of(Settings& settings, const cli::Call& call);

/// The whole of a file, of standard input for "-". Errors: flags.file (not_found).
Result<std::string> read_file(const std::string& path);

/// Of JSON text. Errors: http.not_json, http.not_object.
Result<boost::json::object> object_of(std::string_view text);

/// A draft out of what `acme flags targeting` prints, or a part of it; what cannot be set is left
/// out. Errors: http.fields_invalid.
Result<Draft> draft_of(boost::json::object targeting);

/// Of an option that may be left out. Error: flags.number for what is none, or is less than 1.
Result<std::optional<std::int64_t>> number_in(const cli::Call& call, std::string_view option);

/// A line for a person, or the object.
void print(const cli::Call& call, const std::string& line, const boost::json::object& object);

/// "/enabled  false -> true", "rule 2 (Europe)  /rollout  25000 -> 50000".
std::string line_of(const Difference& difference);

/// A line for each.
void print_differences(const cli::Call& call, const std::vector<Difference>& differences);

/// A flag in a line: key, on or off, what it serves.
void print_line(const cli::Call& call, const Line& line, const Environment& environment);

void add_looking_commands(cli::Commands& commands, Settings& settings);
void add_changing_commands(cli::Commands& commands, Settings& settings);
void add_targeting_commands(cli::Commands& commands, Settings& settings);
void add_segment_commands(cli::Commands& commands, Settings& settings);
void add_exchange_commands(cli::Commands& commands, Settings& settings);

}  // namespace acme::flag_settings
