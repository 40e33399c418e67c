#include "io/cli/credential.hpp"

#include "base/text.hpp"

#include <fstream>
#include <iostream>

namespace acme::cli {
namespace {

constexpr std::size_t key_bytes_max = 8192;

Result<Secret> key_in(const std::string& path) {
    std::string text;
    if (path == "-") {
        std::getline(std::cin, text);
    } else {
        std::ifstream file(path);
        std::getline(file, text);
    }
    while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) text.pop_back();
    const bool is_key =
        !text.empty() && text.size() <= key_bytes_max && text.find_first_of(" \t\r\n") == text.npos;
    Secret key(text);
    wipe(text);
    if (is_key) return key;
    return refuse(
        ErrorKind::invalid, "cli.key", "--key-file names a file with a key on its first line."
    );
}

Result<std::string> url_in(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    if (url.starts_with("https://") || url.starts_with("http://")) return url;
    return refuse(ErrorKind::invalid, "cli.url", "--url says where the platform is, https://host.");
}

}  // namespace

Result<Credential> credential_of(const Profile& profile, const Call& call) {
    if (call.has("--key-file")) {
        auto key = key_in(call.value("--key-file"));
        if (!key) return std::unexpected(std::move(key).error());
        auto url = url_in(call.value("--url", profile.url));
        if (!url) return std::unexpected(std::move(url).error());
        return Credential{.url = *std::move(url), .key = *std::move(key)};
    }
    auto login = profile.login ? profile.login() : std::nullopt;
    if (login && call.value("--url", login->url) == login->url) return *std::move(login);
    return refuse(
        ErrorKind::unauthenticated,
        "cli.signed_out",
        "Nobody is signed in there: acme login, or --key-file."
    );
}

}  // namespace acme::cli
