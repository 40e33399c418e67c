#include "base/bytes.hpp"
#include "base/gzip.hpp"
#include "base/hash.hpp"
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

using std::chrono::hours;

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

/// Of a document without lists.
Result<Shown> bound(Printed printed) {
    auto unpacked = unpack(std::move(printed));
    if (!unpacked) return std::unexpected(std::move(unpacked).error());
    return bind(*std::move(unpacked), {});
}

Shown edition(std::int64_t version) { return bound(printed(version)).value(); }

/// Of support, who are one user.
std::string list_document() { return R"({"key":"support","users":["usr_1"],"orgs":[]})"; }

std::string list_id() { return to_hex(sha256(list_document())).substr(0, 32); }

Held list() { return open_list(list_id(), gzipped(list_document(), Pains::few)).value(); }

/// "a" is on for support alone.
Printed naming_a_list(std::int64_t version) {
    return printed(
        version,
        R"({"environment": "production", "version": )" + std::to_string(version) +
            R"(, "flags": [{"key": "a", "type": "bool", "enabled": true, "salt": "s:",
            "rules": [{"id": "r", "serve": {"variant": "on"},
                       "if": [{"op": "segment", "values": ["support"]}]}],
            "fallthrough": {"variant": "off"}}], "segments": [{"key": "support", "list": ")" +
            list_id() + R"("}]})"
    );
}

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
    const auto packed = bound(printed(3, deflated(document(3))));
    ASSERT_TRUE(packed) << packed.error().message;
    EXPECT_EQ((*packed)->json, document(3));
    const auto copied = bound(printed(3, (*packed)->gzip));
    ASSERT_TRUE(copied) << copied.error().message;
    EXPECT_EQ((*copied)->json, document(3));
}

TEST(FlagFeed, WhatIsNotWhatWasPublishedIsRefused) {
    EXPECT_FALSE(bound(printed(3, document(4)))) << "another version";
    EXPECT_FALSE(bound(printed(3, deflated(document(3)).substr(0, 20)))) << "half";
    EXPECT_FALSE(bound(printed(3, "{")));
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
    shelf.know({{"production", 2}, {"staging", 1}});
    EXPECT_EQ(reader.standing_of("staging"), Standing::empty) << "until the first is here";
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
    EXPECT_EQ(bound(kept.rulesets[0]).value()->version, 5);
    EXPECT_FALSE(keep(folder.path + "/none", "app-1", now, {edition(5)}));
}

TEST(FlagFeed, AListIsNamedAndSharedByWhatNamesIt) {
    auto first = unpack(naming_a_list(1)).value();
    EXPECT_EQ(first.lists, std::vector<std::string>{list_id()});
    const Held support = list();
    const Shown shown = bind(first, {support}).value();
    EXPECT_EQ(shown->lists.at(0), support);
    EXPECT_EQ(support->members.use_count(), 2) << "the list's and the snapshot's";
    EXPECT_EQ(shown->snapshot->ruleset().segments.at(0).list, list_id());
}

TEST(FlagFeed, WhatIsNotTheListOfThatIdIsRefused) {
    const std::string packed = gzipped(list_document(), Pains::few);
    EXPECT_TRUE(open_list(list_id(), packed));
    EXPECT_FALSE(open_list(list_id(), packed.substr(0, packed.size() - 9))) << "half";
    EXPECT_FALSE(open_list(list_id(), gzipped(list_document() + " ", Pains::few))) << "another";
    EXPECT_FALSE(open_list(list_id(), list_document())) << "not packed";
}

TEST(FlagFeed, TheFolderKeepsTheListsThatItsRuleSetsName) {
    const Folder folder;
    const WallTime now = SystemClock().now();
    const Shown naming = bind(unpack(naming_a_list(5)).value(), {list()}).value();
    EXPECT_TRUE(keep(folder.path, "app-1", now, {naming}));
    const auto kept = read_kept_list(folder.path, list_id());
    ASSERT_TRUE(kept);
    EXPECT_TRUE(open_list(list_id(), *kept));
    std::filesystem::resize_file(folder.path + "/flags.list." + list_id(), 10);
    EXPECT_TRUE(keep(folder.path, "app-1", now, {naming}));
    EXPECT_EQ(read_kept_list(folder.path, list_id()), kept) << "one that was cut is written anew";
    EXPECT_TRUE(keep(folder.path, "app-2", now + hours(2), {edition(4)}));
    EXPECT_TRUE(read_kept_list(folder.path, list_id())) << "5 is there, and names it";
    EXPECT_TRUE(keep(folder.path, "app-2", now, {edition(6)}));
    EXPECT_TRUE(read_kept_list(folder.path, list_id())) << "somebody may be about to name it";
    EXPECT_TRUE(keep(folder.path, "app-2", now + hours(2), {edition(7)}));
    EXPECT_FALSE(read_kept_list(folder.path, list_id()));
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
