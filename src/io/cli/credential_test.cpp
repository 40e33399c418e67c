#include "io/cli/credential.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace acme::cli {
namespace {

/// A file with what a person has put into it, for one test.
class KeyFile {
public:
    explicit KeyFile(std::string_view content) {
        std::string name = std::filesystem::temp_directory_path() / "acme-key-XXXXXX";
        ::close(::mkstemp(name.data()));
        path = name;
        std::ofstream(path) << content;
    }
    ~KeyFile() { std::filesystem::remove(path); }
    KeyFile(const KeyFile&) = delete;
    KeyFile& operator=(const KeyFile&) = delete;

    std::string path;
};

Call call_with(std::map<std::string, std::string, std::less<>> options) {
    return {.context = {}, .operands = {}, .options = std::move(options), .print = {}};
}

std::string refused(const Profile& profile, const Call& call) {
    const auto found = credential_of(profile, call);
    return found ? "" : std::string(found.error().code.text());
}

std::optional<Credential> ada() {
    return Credential{.url = "https://here.example.com", .key = Secret("ada's")};
}

TEST(Credential, AKeyIsTheFirstLineOfItsFileAndTheUrlLosesItsSlash) {
    const KeyFile file("acme_key_1 \r\nanother line\n");
    const Profile profile{.url = "http://usual:8080", .login = ada};

    const auto usual = credential_of(profile, call_with({{"--key-file", file.path}}));
    const auto other = credential_of(
        profile, call_with({{"--key-file", file.path}, {"--url", "https://there.example.com//"}})
    );

    ASSERT_TRUE(usual && other);
    EXPECT_EQ(usual->key.reveal(), "acme_key_1");
    EXPECT_EQ(usual->url, "http://usual:8080");
    EXPECT_EQ(other->url, "https://there.example.com");
}

TEST(Credential, WhatIsNoKeyAndNoUrlIsSaid) {
    const KeyFile two_words("a key\n");
    const KeyFile good("key\n");
    EXPECT_EQ(refused({}, call_with({{"--key-file", two_words.path}})), "cli.key");
    EXPECT_EQ(refused({}, call_with({{"--key-file", "/nowhere"}})), "cli.key");
    EXPECT_EQ(refused({}, call_with({{"--key-file", good.path}})), "cli.url");
    EXPECT_EQ(refused({}, call_with({{"--key-file", good.path}, {"--url", "ftp://x"}})), "cli.url");
}

TEST(Credential, WhoIsSignedInHereIsSoForThatPlatformOnly) {
    const Profile profile{.url = "http://usual:8080", .login = ada};

    const auto found = credential_of(profile, call_with({}));

    ASSERT_TRUE(found);
    EXPECT_EQ(found->url, "https://here.example.com");
    EXPECT_EQ(found->key.reveal(), "ada's");
    EXPECT_EQ(
        refused(profile, call_with({{"--url", "https://there.example.com"}})), "cli.signed_out"
    );
    EXPECT_EQ(refused({}, call_with({})), "cli.signed_out");
}

}  // namespace
}  // namespace acme::cli
