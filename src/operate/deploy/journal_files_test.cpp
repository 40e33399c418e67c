// The journal's files: what is left of them when a disk is full, and when they are old.
#include "testing/journal_bench.hpp"

#include <fstream>

namespace acme::deploy {
namespace {

namespace fs = std::filesystem;

using testing::JournalBench;
using testing::nowhere;

TEST(Journal, OldFilesOfWhatHasEndedGoWhenTheDatabaseHasThem) {
    JournalBench bench;
    const DeploymentId open = bench.new_id();
    {
        Journal journal = bench.fresh_journal();
        bench.begin(journal, open, "new");
    }
    std::vector<DeploymentId> ended;
    for (std::size_t i = 0; i < Journal::told_files_max + 2; ++i) {
        bench.clock.advance(std::chrono::seconds(1));
        Journal journal = bench.fresh_journal();
        ended.push_back(bench.new_id());
        bench.begin(journal, ended.back(), "old", "rollback");
        bench.state(journal, ended.back(), "rolled_back");
    }
    const auto has_file = [&](DeploymentId id) {
        return fs::exists(bench.folder + "/" + id.str() + ".jsonl");
    };
    Journal journal = bench.fresh_journal();

    EXPECT_EQ(bench.wait(journal.merge(bench.context)), 0u);

    EXPECT_TRUE(has_file(open));
    EXPECT_FALSE(has_file(ended.at(0)));
    EXPECT_FALSE(has_file(ended.at(1)));
    EXPECT_TRUE(has_file(ended.at(2)));
    EXPECT_EQ(journal.told().size(), Journal::told_files_max);
    EXPECT_EQ(bench.found(ended.at(0)).state, "rolled_back");
}

TEST(Journal, WhatAFileToldOnceIsReadAgainWhenItHasGrown) {
    JournalBench bench;
    const DeploymentId first = bench.new_id();
    const DeploymentId second = bench.new_id();
    Journal journal = bench.fresh_journal();
    Journal other = bench.fresh_journal();
    bench.begin(journal, first, "new", "release", 1);
    EXPECT_EQ(journal.told().at(0).deployment.state, "checking");
    EXPECT_EQ(journal.told().at(0).deployment.state, "checking");
    bench.state(journal, first, "rolling");
    EXPECT_EQ(journal.told().at(0).deployment.state, "rolling");
    bench.begin(other, second, "old", "rollback", 2);
    bench.cancel(other, second, "cancelled", 2);
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(journal.told().at(0).deployment.state, "cancelled");
        EXPECT_FALSE(journal.told().at(1).deployment.has_ended());
    }
}

TEST(Journal, HalfALineOfAControllerThatWasKilledIsLeftOut) {
    JournalBench bench;
    const DeploymentId id = bench.new_id();
    Journal journal = bench.fresh_journal();
    bench.begin(journal, id, "new");
    std::ofstream(bench.folder + "/" + id.str() + ".jsonl", std::ios::app)
        << "{\"deployment\":\"dpl";

    EXPECT_EQ(bench.wait(journal.merge(bench.context)), 0u);
    Journal next = bench.fresh_journal();
    bench.wait(next.open(bench.context, id));
    bench.state(next, id, "rolling");
    EXPECT_EQ(next.told().at(0).deployment.state, "rolling");
}

TEST(Journal, AFullDiskIsNoReasonToStopWhileTheDatabaseIsThere) {
    JournalBench bench;
    Journal journal("/dev/full/journal", bench.db, bench.clock, bench.telemetry);
    const DeploymentId id = bench.new_id();

    bench.begin(journal, id, "new");

    EXPECT_EQ(bench.found(id).release, "new");
}

TEST(Journal, WithNeitherFileNorDatabaseItSaysSo) {
    JournalBench bench;
    pg::Database away(nowhere(), bench.telemetry);
    Journal journal("/dev/full/journal", away, bench.clock, bench.telemetry);

    const auto told =
        bench.wait(journal.add(bench.context, bench.new_id(), "note", {{"text", "x"}}));

    ASSERT_FALSE(told);
    EXPECT_EQ(told.error().code, ErrorCode("journal.nowhere"));
    away.close();
}

}  // namespace
}  // namespace acme::deploy
