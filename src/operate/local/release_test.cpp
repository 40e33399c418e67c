// Releases in a temporary folder.
#include "operate/local/release.hpp"

#include "io/process/machine.hpp"
#include "operate/local/files.hpp"
#include "testing/bench.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

namespace acme::local {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::string new_folder() {
    std::string pattern = (fs::temp_directory_path() / "acme-releases-XXXXXX").string();
    const std::string folder = ::mkdtemp(pattern.data());
    fs::create_directories(folder + "/releases");
    fs::create_directories(folder + "/build");
    return folder;
}

struct ReleaseBench : testing::DryBench {
    ReleaseBench() = default;
    ~ReleaseBench() { fs::remove_all(folder); }
    ReleaseBench(const ReleaseBench&) = delete;
    ReleaseBench& operator=(const ReleaseBench&) = delete;

    std::string file(const std::string& name, const std::string& text, mode_t mode = 0755) const {
        const std::string path = build + "/" + name;
        std::ofstream(path) << text;
        ::chmod(path.c_str(), mode);
        return path;
    }

    std::string refusal(const std::string& source, const std::string& id = "") {
        const auto added = releases.add(source, id);
        return added ? "" : std::string(added.error().code.text());
    }

    /// Each at a moment of its own.
    Release add(const std::string& content) {
        clock.advance(1s);
        return releases.add(file("acme", content), "").value();
    }

    std::string folder = new_folder();
    std::string build = folder + "/build";
    Releases releases{clock, folder + "/releases"};
};

TEST(Releases, AProgramThatNoCommitNamesIsNamedByItsBytes) {
    ReleaseBench bench;
    const Release one = bench.add("one");
    EXPECT_TRUE(one.id.starts_with("dev-"));
    EXPECT_EQ(one.id.size(), 20U);
    EXPECT_EQ(read_file(one.binary), "one");
    EXPECT_EQ(bench.add("one").id, one.id);
    EXPECT_NE(bench.add("two").id, one.id);
    EXPECT_EQ(bench.releases.list().size(), 2U);
}

TEST(Releases, AFolderIsTakenAsAWhole) {
    ReleaseBench bench;
    bench.file("acme", "one");
    const std::string alone = bench.releases.add(bench.build, "")->digest;
    EXPECT_EQ(alone, bench.releases.add(bench.build + "/acme", "")->digest);
    bench.file("data", "two", 0644);
    fs::create_directory(bench.build + "/inner");
    fs::create_symlink("../data", bench.build + "/inner/link");
    const Release whole = bench.releases.add(bench.build, "").value();
    EXPECT_NE(whole.digest, alone);
    const std::string unpacked = fs::path(whole.binary).parent_path();
    EXPECT_EQ(read_file(unpacked + "/inner/link"), "two");
    EXPECT_TRUE(fs::is_symlink(unpacked + "/inner/link"));
    EXPECT_EQ(fs::status(unpacked + "/data").permissions(), fs::perms(0644));
    EXPECT_EQ(digest_of(unpacked), whole.digest);
}

TEST(Releases, NamesContentsLinksAndRightsMakeTheDigest) {
    ReleaseBench bench;
    bench.file("acme", "one");
    bench.file("data", "two", 0644);
    std::set<std::string> digests{digest_of(bench.build)};
    bench.file("data", "three", 0644);
    digests.insert(digest_of(bench.build));
    bench.file("data", "three", 0755);
    digests.insert(digest_of(bench.build));
    fs::rename(bench.build + "/data", bench.build + "/other");
    digests.insert(digest_of(bench.build));
    fs::create_symlink("other", bench.build + "/link");
    digests.insert(digest_of(bench.build));
    EXPECT_EQ(digests.size(), 5U);
}

TEST(Releases, WhatIsNoReleaseIsRefusedAndLeavesNothing) {
    ReleaseBench bench;
    EXPECT_EQ(bench.refusal(bench.build + "/absent"), "release.not_found");
    EXPECT_EQ(bench.refusal(bench.build), "release.no_program");
    EXPECT_EQ(bench.refusal(bench.file("notes", "text", 0644)), "release.no_program");
    fs::create_symlink("../../outside", bench.build + "/acme");
    EXPECT_EQ(bench.refusal(bench.build), "release.no_program");
    fs::remove(bench.build + "/acme");
    bench.file("acme", "one");
    EXPECT_EQ(bench.refusal(bench.build, "../escape"), "release.malformed");
    bench.file("../acme", "one");
    EXPECT_EQ(bench.refusal(bench.folder), "release.malformed");  // it holds the releases
    ::mkfifo((bench.build + "/pipe").c_str(), 0600);
    EXPECT_EQ(bench.refusal(bench.build), "release.malformed");
    EXPECT_TRUE(bench.releases.list().empty());
    for (const auto& entry : fs::directory_iterator(bench.folder + "/releases")) {
        EXPECT_EQ(entry.path().filename(), ".lock");
    }
}

TEST(Releases, AnIdHasOneContent) {
    ReleaseBench bench;
    const std::string id(40, 'a');
    ASSERT_TRUE(bench.releases.add(bench.file("acme", "one"), id));
    EXPECT_TRUE(bench.releases.add(bench.file("acme", "one"), id));
    EXPECT_EQ(bench.refusal(bench.file("acme", "two"), id), "release.taken");
    EXPECT_EQ(read_file(bench.releases.find(id)->binary), "one");
}

TEST(Releases, AProgramOfUpIsNewUntilItIsRecorded) {
    ReleaseBench bench;
    const std::string program = bench.file("acme", "one");
    EXPECT_TRUE(bench.releases.unpack(program, "one")->is_new);
    const auto again = bench.releases.unpack(program, "one").value();
    EXPECT_TRUE(again.is_new);
    EXPECT_FALSE(bench.releases.find("one"));
    bench.releases.record(again.release, true);
    EXPECT_FALSE(bench.releases.unpack(program, "one")->is_new);
    EXPECT_TRUE(bench.releases.unpack(bench.file("acme", "built anew"), "one")->is_new);
}

TEST(Releases, TheNewestComesFirstAndGoodStaysGood) {
    ReleaseBench bench;
    const Release one = bench.add("one");
    const Release two = bench.add("two");
    EXPECT_TRUE(bench.releases.mark_good(one.id));
    EXPECT_TRUE(bench.releases.mark_good(one.id));
    EXPECT_FALSE(bench.releases.mark_good("nothing"));
    const auto all = bench.releases.list();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].id, two.id);
    EXPECT_FALSE(all[0].is_good);
    EXPECT_EQ(all[1].id, one.id);
    EXPECT_TRUE(all[1].is_good);
    EXPECT_EQ(all[1].added_at, testing::start + 1s);
}

TEST(Releases, KeptAreTheNamedTheNewestAndTheLastTwoGood) {
    ReleaseBench bench;
    std::vector<std::string> ids;
    for (int i = 0; i < 12; ++i) ids.push_back(bench.add(std::to_string(i)).id);
    for (const int i : {1, 2, 3}) bench.releases.mark_good(ids[static_cast<std::size_t>(i)]);
    fs::create_directory(bench.folder + "/releases/half");
    bench.releases.remove_old({ids[0]});
    std::set<std::string> kept;
    for (const auto& release : bench.releases.list()) kept.insert(release.id);
    EXPECT_EQ(kept, std::set({ids[0], ids[2], ids[3], ids[7], ids[8], ids[9], ids[10], ids[11]}));
    EXPECT_FALSE(fs::exists(bench.folder + "/releases/" + ids[1]));
    EXPECT_FALSE(fs::exists(bench.folder + "/releases/half"));
}

TEST(Releases, TwoAreNotAddedAtOnce) {
    ReleaseBench bench;
    const auto lock = process::lock_file(bench.folder + "/releases/.lock");
    EXPECT_EQ(bench.refusal(bench.file("acme", "one")), "release.busy");
}

}  // namespace
}  // namespace acme::local
