#pragma once

#include "base/secret.hpp"

#include <optional>
#include <string>

namespace acme::cli {
class Commands;
}

namespace acme::fetch {
class Client;
}

namespace acme::tokens {

struct LoginParts {
    fetch::Client& fetch;
    std::string url = "";     // of the platform, unless --url says otherwise
    std::string folder = "";  // where the key is kept, of the user's own: "/home/ada/.config/acme"
};

/// What `acme login` has kept in that folder: a key, and the platform that it is for.
struct Login {
    std::string url;
    Secret key;
};
std::optional<Login> kept_login(const std::string& folder);

/// `acme login`, `logout`, `whoami`, for people at a terminal anywhere: they need no configuration.
/// What `parts` refers to outlives the commands.
void add_login_commands(cli::Commands& commands, LoginParts parts);

}  // namespace acme::tokens
