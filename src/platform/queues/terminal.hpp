#pragma once

/// What the commands of this room have in common. Private to platform/queues.

#include "platform/queues/jobs_cli.hpp"
#include "platform/queues/remote.hpp"

namespace acme::queues {

inline constexpr cli::Option platform_option{
    .name = "--platform", .about = "the platform's own jobs, for operators"
};
inline constexpr cli::Option as_json{.name = "--json", .about = "one JSON object a line"};
inline constexpr cli::Option dry_option{
    .name = "--dry-run", .about = "shows what it would do, and does nothing"
};
inline constexpr cli::Option yes_option{.name = "--yes", .about = "does not ask"};

/// Errors: as cli::credential_of().
Result<Remote> remote_of(const RemoteParts& parts, const cli::Call& call);

/// "/v1" or "/v1/platform", and `path` behind it.
std::string under(const cli::Call& call, std::string_view path);

/// What an operand says, fit for a path. Errors: queues.operand for what no id or name looks like.
Result<std::string> operand_of(const cli::Call& call, std::size_t place);

std::string text_in(const boost::json::object& object, std::string_view name);
std::int64_t number_in(const boost::json::object& object, std::string_view name);

void add_acting_commands(cli::Commands& commands, const RemoteParts& parts);

}  // namespace acme::queues
