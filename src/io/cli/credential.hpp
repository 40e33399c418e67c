#pragma once

/// Commands that work over HTTP need no configuration: they need to know where the platform is, and
/// a key for it.

#include "base/secret.hpp"
#include "io/cli/commands.hpp"

#include <functional>
#include <optional>
#include <string>

namespace acme::cli {

/// A key, and the platform that it is for.
struct Credential {
    std::string url;
    Secret key;
};

/// What holds when nobody says otherwise.
struct Profile {
    std::string url = "";                                   // where the platform is; "" for nowhere
    std::function<std::optional<Credential>()> login = {};  // who is signed in at this terminal
};

inline constexpr Option url_option{
    .name = "--url", .value = "URL", .about = "where the platform is (the one that runs here)"
};
inline constexpr Option key_option{
    .name = "--key-file",
    .value = "FILE",
    .about = "holds an API key or a token; - is standard input (that of acme login)",
};

/// By the key of a file, or else as who is signed in here, and then where that is. Its URL has no
/// slash at its end. Errors: cli.key, cli.url, cli.signed_out.
Result<Credential> credential_of(const Profile& profile, const Call& call);

}  // namespace acme::cli
