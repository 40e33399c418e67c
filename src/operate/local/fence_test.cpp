#include "operate/local/fence.hpp"

#include "operate/local/files.hpp"
#include "testing/bench.hpp"

#include <cstdlib>
#include <filesystem>
#include <sys/stat.h>

namespace acme::local {
namespace {

using deploy::Claim;
using namespace std::chrono_literals;

struct FenceBench : testing::DryBench {
    FenceBench() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "acme-fence-XXXXXX").string();
        folder = ::mkdtemp(pattern.data());
        reopen();
    }
    ~FenceBench() { std::filesystem::remove_all(folder); }
    FenceBench(const FenceBench&) = delete;
    FenceBench& operator=(const FenceBench&) = delete;

    /// As after kill -9: nothing is left but the file.
    void reopen() { fences = std::make_unique<Fences>(clock, folder + "/fence.json"); }

    std::string folder;
    std::unique_ptr<Fences> fences;
};

TEST(Fences, OneHoldsAndTheOtherIsToldWho) {
    FenceBench bench;
    const auto anna = bench.fences->take("anna", 1min, Claim::deployment);
    ASSERT_TRUE(anna);
    EXPECT_EQ(anna->number, 1);
    EXPECT_TRUE(bench.fences->check(*anna));
    const auto ben = bench.fences->take("ben", 1min, Claim::deployment);
    ASSERT_FALSE(ben);
    EXPECT_EQ(ben.error().code, ErrorCode("engine.held"));
    EXPECT_NE(ben.error().message.find("anna"), std::string::npos);
}

TEST(Fences, TheSameHolderRenewsAndKeepsHisNumber) {
    FenceBench bench;
    bench.fences->take("anna", 1min, Claim::deployment).value();
    bench.clock.advance(50s);
    EXPECT_EQ(bench.fences->take("anna", 1min, Claim::deployment)->number, 1);
    bench.clock.advance(50s);
    EXPECT_FALSE(bench.fences->take("ben", 1min, Claim::deployment));
}

TEST(Fences, WhoIsLateKeepsItUntilAnotherComes) {
    FenceBench bench;
    const auto anna = bench.fences->take("anna", 1min, Claim::deployment);
    bench.clock.advance(61s);
    EXPECT_TRUE(bench.fences->check(*anna));
    const auto ben = bench.fences->take("ben", 1min, Claim::deployment);
    ASSERT_TRUE(ben);
    EXPECT_EQ(ben->number, 2);
    EXPECT_EQ(bench.fences->check(*anna).error().code, ErrorCode("engine.fenced"));
    EXPECT_TRUE(bench.fences->check(*ben));
}

TEST(Fences, ARollbackEndsTheRightsOfADeployment) {
    FenceBench bench;
    const auto anna = bench.fences->take("anna", 1min, Claim::deployment);
    const auto ben = bench.fences->take("ben", 1min, Claim::rollback);
    EXPECT_EQ(ben->number, 2);
    EXPECT_FALSE(bench.fences->check(*anna));
    EXPECT_EQ(
        bench.fences->take("anna", 1min, Claim::deployment).error().code, ErrorCode("engine.held")
    );
}

TEST(Fences, ADeploymentTakesThemFromAWatchAndNobodyFromARollback) {
    FenceBench bench;
    const auto watch = bench.fences->take("watch", 1min, Claim::watch);
    const auto anna = bench.fences->take("anna", 1min, Claim::deployment);
    EXPECT_EQ(anna->number, 2);
    EXPECT_FALSE(bench.fences->check(*watch));
    ASSERT_TRUE(bench.fences->take("anna", 1min, Claim::rollback));  // she turns back
    for (const Claim claim : {Claim::watch, Claim::deployment, Claim::rollback}) {
        EXPECT_EQ(bench.fences->take("ben", 1min, claim).error().code, ErrorCode("engine.held"));
    }
    bench.reopen();
    EXPECT_FALSE(bench.fences->take("ben", 1min, Claim::rollback));
    EXPECT_EQ(bench.fences->held().holder, "anna");
    bench.clock.advance(61s);
    EXPECT_EQ(bench.fences->held().holder, "");
}

TEST(Fences, GivenBackTheyAreFreeAndTwiceIsHarmless) {
    FenceBench bench;
    const auto anna = bench.fences->take("anna", 1min, Claim::deployment);
    bench.fences->give_back(*anna);
    bench.fences->give_back(*anna);
    EXPECT_FALSE(bench.fences->check(*anna));
    const auto ben = bench.fences->take("ben", 1min, Claim::deployment);
    EXPECT_EQ(ben->number, 2);
    bench.fences->give_back(*anna);
    EXPECT_TRUE(bench.fences->check(*ben));
}

TEST(Fences, NumberAndHolderOutliveTheProcess) {
    FenceBench bench;
    const auto anna = bench.fences->take("anna", 1min, Claim::deployment);
    bench.reopen();
    EXPECT_TRUE(bench.fences->check(*anna));
    EXPECT_FALSE(bench.fences->take("ben", 1min, Claim::deployment));
    bench.fences->give_back(*anna);
    bench.reopen();
    EXPECT_EQ(bench.fences->take("ben", 1min, Claim::deployment)->number, 2);
    struct stat facts{};
    ASSERT_EQ(::stat((bench.folder + "/fence.json").c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST(Fences, AFenceThatNobodyGaveOutIsNone) {
    FenceBench bench;
    EXPECT_FALSE(bench.fences->check({}));
    EXPECT_FALSE(bench.fences->check({.number = 7, .holder = "ben"}));
    EXPECT_EQ(
        bench.fences->take("", 1min, Claim::deployment).error().code, ErrorCode("engine.malformed")
    );
    EXPECT_EQ(
        bench.fences->take("anna", 0ms, Claim::deployment).error().code,
        ErrorCode("engine.malformed")
    );
    EXPECT_EQ(
        bench.fences->take("anna", 2h, Claim::rollback).error().code, ErrorCode("engine.malformed")
    );
}

TEST(Fences, ADamagedFileIsNotTakenForNone) {
    FenceBench bench;
    write_private(bench.folder + "/fence.json", "{");
    EXPECT_THROW(bench.reopen(), std::runtime_error);
}

}  // namespace
}  // namespace acme::local
