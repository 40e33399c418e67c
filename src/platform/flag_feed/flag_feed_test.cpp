#include "platform/flag_feed/disk.hpp"
#include "platform/flag_feed/edition.hpp"
#include "platform/flag_feed/shelf.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <zlib.h>

namespace acme::flag_feed {
namespace {

std::string document(std::int64_t version) {
    return R"({"environment": "production", "version": )" + std::to_string(version) +
           R"(, "flags": [{"key": "a", "type": "bool", "enabled": true, "salt": "s:",
           "fallthrough": {"variant": "on"}}], "segments": []})";
}

Printed printed(std::int64_t version, std::string payload = "") {
    return {
        .environment = "production",
        .version = version,
        .etag = "e" + std::to_string(version),
        .published_at = WallTime(std::chrono::seconds(1'764'000'000)),
        .payload = payload.empty() ? document(version) : std::move(payload),
    };
}

Shown edition(std::int64_t version) { return bind(printed(version)).value(); }

std::string deflated(std::string text) {
    std::string out(compressBound(text.size()), '\0');
    uLongf size = out.size();
    compress(
        std::bit_cast<Bytef*>(out.data()),
        &size,
        std::bit_cast<const Bytef*>(text.data()),
        text.size()
    );
    out.resize(size);
    return out;
}

class Folder {
public:
    Folder() { std::filesystem::create_directories(path); }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string file() const { return path + "/flags.snap"; }

    std::string path = std::filesystem::temp_directory_path() / "acme-flag-feed";
};

TEST(FlagFeed, ARuleSetIsReadPlainAndCompressed) {
    const Shown plain = edition(3);
    EXPECT_EQ(plain->snapshot->version(), 3);
    EXPECT_EQ(plain->json, document(3));
    const auto packed = bind(printed(3, deflated(document(3))));
    ASSERT_TRUE(packed) << packed.error().message;
    EXPECT_EQ((*packed)->json, document(3));
    const auto copied = bind(printed(3, (*packed)->gzip));
    ASSERT_TRUE(copied) << copied.error().message;
    EXPECT_EQ((*copied)->json, document(3));
}

TEST(FlagFeed, WhatIsNotWhatWasPublishedIsRefused) {
    EXPECT_FALSE(bind(printed(3, document(4)))) << "another version";
    EXPECT_FALSE(bind(printed(3, deflated(document(3)).substr(0, 20)))) << "half";
    EXPECT_FALSE(bind(printed(3, "{")));
}

TEST(FlagFeed, NewsThatComeOutOfOrderChangeNothing) {
    Shelf shelf;
    Reader reader(shelf);
    EXPECT_EQ(reader.standing_of("production"), Standing::pending);
    shelf.know({{"production", 2}, {"staging", 0}});
    EXPECT_EQ(reader.standing_of("production"), Standing::pending);
    EXPECT_EQ(reader.standing_of("staging"), Standing::empty);
    EXPECT_EQ(reader.standing_of("mars"), Standing::unknown);
    EXPECT_TRUE(shelf.put(edition(2)));
    EXPECT_FALSE(shelf.put(edition(1)));
    EXPECT_FALSE(shelf.put(edition(2)));
    EXPECT_EQ(reader.find("production")->version, 2);
    EXPECT_EQ(reader.standing_of("production"), Standing::shown);
}

TEST(FlagFeed, TheFolderKeepsTheNewestOfAllProcesses) {
    const Folder folder;
    const WallTime now(std::chrono::seconds(1'764'000'000));
    EXPECT_TRUE(read_kept(folder.path).rulesets.empty());
    EXPECT_TRUE(keep(folder.path, "app-1", now, {edition(5)}));
    EXPECT_TRUE(keep(folder.path, "app-2", now, {edition(4)}));
    const Kept kept = read_kept(folder.path);
    ASSERT_EQ(kept.rulesets.size(), 1);
    EXPECT_EQ(kept.at, now);
    EXPECT_EQ(bind(kept.rulesets[0]).value()->version, 5);
    EXPECT_FALSE(keep(folder.path + "/none", "app-1", now, {edition(5)}));
}

TEST(FlagFeed, AFileThatIsNotWholeIsNone) {
    const Folder folder;
    keep(folder.path, "app-1", WallTime(), {edition(5)});
    std::string text;
    {
        std::ifstream file(folder.file());
        text.assign(std::istreambuf_iterator<char>(file), {});
    }
    for (const std::size_t length : {std::size_t{0}, std::size_t{10}, text.size() - 1}) {
        std::ofstream(folder.file(), std::ios::trunc) << text.substr(0, length);
        EXPECT_TRUE(read_kept(folder.path).rulesets.empty()) << length;
    }
    text[text.size() / 2] ^= 1;
    std::ofstream(folder.file(), std::ios::trunc) << text;
    EXPECT_TRUE(read_kept(folder.path).rulesets.empty());
}

}  // namespace
}  // namespace acme::flag_feed
