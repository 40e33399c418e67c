// Assets of several releases on a real PostgreSQL.
#include "platform/assets/assets.hpp"

#include "testing/bench.hpp"

namespace acme::assets {
namespace {

constexpr pg::Query count_assets{"test.count_assets", "SELECT count(*) FROM assets"};

struct AssetsBench : testing::Bench {
    /// A release that brings one file of its own, and one that all have.
    void keep(std::string release, std::vector<std::string> running = {}) {
        const std::string path = path_of(release);  // an Asset only looks at what others hold
        const std::string etag = "etag-" + release;
        const std::string raw = "raw " + release;
        const std::vector<Asset> both{
            {path, "text/javascript", etag, raw, zero, "br"},
            {"/assets/shared-1.css", "text/css", "s", "shared", "gz", "br"},
        };
        wait(assets.keep(context, release, both, std::move(running)));
        clock.advance(std::chrono::minutes(1));
    }

    static std::string path_of(std::string_view release) {
        return "/assets/own-" + std::string(release) + ".js";
    }

    std::optional<Kept> find(std::string path, Coding coding = Coding::identity) {
        return wait(assets.find(context, std::move(path), coding));
    }

    bool has(std::string_view release) { return find(path_of(release)).has_value(); }

    std::string_view zero{"g\0z", 3};
    Assets assets{db, clock};
};

TEST(Assets, AFileComesBackAsItWasInEveryCoding) {
    AssetsBench bench;
    bench.keep("a");
    const auto raw = bench.find("/assets/own-a.js");
    ASSERT_TRUE(raw);
    EXPECT_EQ(raw->content_type, "text/javascript");
    EXPECT_EQ(raw->etag, "etag-a");
    EXPECT_EQ(raw->content, "raw a");
    EXPECT_EQ(bench.find("/assets/own-a.js", Coding::gzip)->content, bench.zero);
    EXPECT_EQ(bench.find("/assets/own-a.js", Coding::brotli)->content, "br");
}

TEST(Assets, TheLastThreeReleasesAreKeptAndWhatTheyShareIsKeptOnce) {
    AssetsBench bench;
    for (const char* release : {"a", "b", "c", "d"}) bench.keep(release);
    EXPECT_FALSE(bench.has("a"));
    EXPECT_TRUE(bench.has("b") && bench.has("c") && bench.has("d"));
    EXPECT_TRUE(bench.find("/assets/shared-1.css"));
    EXPECT_EQ(bench.wait(bench.db.run(bench.context, count_assets))[0].integer(), 4);
}

TEST(Assets, AReleaseThatComesBackIsAmongTheLastAgain) {
    AssetsBench bench;
    for (const char* release : {"a", "b", "a", "c", "d"}) bench.keep(release);
    EXPECT_TRUE(bench.has("a"));
    EXPECT_FALSE(bench.has("b"));
}

TEST(Assets, WhatStillRunsIsKeptHoweverManyCanariesFail) {
    AssetsBench bench;
    bench.keep("stable");
    for (const char* release : {"w", "x", "y", "z"}) bench.keep(release, {"stable", release});
    EXPECT_TRUE(bench.has("stable"));
    EXPECT_FALSE(bench.has("w"));
    EXPECT_TRUE(bench.has("x") && bench.has("y") && bench.has("z"));
}

TEST(Assets, AProgramWithoutADashboardPushesNothingOut) {
    AssetsBench bench;
    for (const char* release : {"a", "b", "c"}) bench.keep(release);
    bench.wait(bench.assets.keep(bench.context, "bare", {}, {}));
    EXPECT_TRUE(bench.has("a") && bench.has("b") && bench.has("c"));
}

TEST(Assets, WhatNoBuildNamesIsNotAskedFor) {
    AssetsBench bench;
    EXPECT_FALSE(bench.find("/assets/nothing.js"));
    EXPECT_FALSE(bench.find("/assets/" + std::string(path_chars_max, 'a')));
    EXPECT_FALSE(bench.find(std::string("/assets/\0.js", 12)));
    EXPECT_FALSE(bench.find("/assets/\xff.js"));
}

}  // namespace
}  // namespace acme::assets
