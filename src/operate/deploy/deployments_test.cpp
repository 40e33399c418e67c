// What the table tells of deployments, on a real PostgreSQL.
#include "operate/deploy/deployments.hpp"

#include "testing/bench.hpp"

#include <filesystem>

namespace acme::deploy {
namespace {

namespace fs = std::filesystem;

constexpr pg::Query add_queued{"test.add_waiting_deployment", R"sql(
    INSERT INTO deployments (id, environment, kind, release, from_release, known_good, state, actor,
                             reason, canary_window_ms, begun_at)
    VALUES ($1, 'production', $2, 'new', '', '', 'queued', 'cli', '', 0, $3)
)sql"};

struct DeploymentsBench : testing::Bench {
    ~DeploymentsBench() { fs::remove_all(folder); }

    DeploymentId new_id() { return DeploymentId::make(clock.now(), random); }

    /// A release that has come to that state.
    DeploymentId carried_to(std::string state) {
        clock.advance(std::chrono::seconds(1));
        const DeploymentId id = new_id();
        Journal journal(folder, db, clock, telemetry);
        wait(journal.add(
            context,
            id,
            "begun",
            {{"environment", "production"}, {"kind", "release"}, {"release", "new"}}
        ));
        end(id, std::move(state));
        return id;
    }

    void tell(DeploymentId id, std::string kind, boost::json::object data) {
        Journal journal(folder, db, clock, telemetry);
        wait(journal.open(context, id));
        wait(journal.add(context, id, std::move(kind), std::move(data)));
    }

    void end(DeploymentId id, std::string state) {
        tell(id, "state", {{"state", std::move(state)}, {"outcome", ""}});
    }

    DeploymentId queue(std::string kind) {
        clock.advance(std::chrono::seconds(1));
        const DeploymentId id = new_id();
        wait(db.run(context, add_queued, id, std::move(kind), clock.now()));
        return id;
    }

    Deployment found(DeploymentId id) { return *wait(deployments.find(context, id)); }

    std::string folder = (fs::temp_directory_path() / ("acme-dpl-" + new_id().str())).string();
    Deployments deployments{db};
};

TEST(Deployments, AWishReachesWhatRunsAndNothingElse) {
    DeploymentsBench bench;
    const DeploymentId id = bench.carried_to("canary");

    EXPECT_TRUE(bench.wait(bench.deployments.wish(bench.context, id, {"hold", "usr_1", "lunch"})));
    EXPECT_EQ(bench.wait(bench.deployments.wish_of(bench.context, id)).what, "hold");
    bench.end(id, "refused");

    const auto late = bench.wait(bench.deployments.wish(bench.context, id, {"abort", "usr_1", ""}));
    EXPECT_EQ(late.error().code, ErrorCode("deploy.has_ended"));
    const auto none =
        bench.wait(bench.deployments.wish(bench.context, bench.new_id(), {"abort", "usr_1", ""}));
    EXPECT_EQ(none.error().code, ErrorCode("deploy.not_found"));
}

TEST(Deployments, ANewerReleaseEndsOlderOnesThatWaitAndNothingElse) {
    DeploymentsBench bench;
    const DeploymentId older = bench.queue("release");
    const DeploymentId rollback = bench.queue("rollback");
    const DeploymentId chosen = bench.queue("release");
    const DeploymentId newer = bench.queue("release");

    bench.wait(bench.deployments.supersede(bench.context, "production", chosen));

    EXPECT_EQ(bench.found(older).state, "superseded");
    EXPECT_EQ(bench.found(rollback).state, "queued");
    EXPECT_EQ(bench.found(chosen).state, "queued");
    EXPECT_EQ(bench.found(newer).state, "queued");
    bench.wait(bench.deployments.supersede(bench.context, "production", newer));
    EXPECT_EQ(bench.found(chosen).state, "superseded");
    bench.wait(bench.deployments.supersede(bench.context, "production", chosen));
    EXPECT_EQ(bench.found(newer).state, "queued");
}

TEST(Deployments, WhatTheJudgeSawIsKeptForAMonthAndWhatFollowedForGood) {
    DeploymentsBench bench;
    const DeploymentId id = bench.carried_to("canary");
    bench.tell(id, "sample", {{"remaining_ms", 2}});
    const WallTime then = bench.clock.now();
    bench.clock.advance(std::chrono::hours(1));
    bench.tell(id, "sample", {{"remaining_ms", 1}});
    bench.end(id, "good");
    const auto samples = [&] {
        return bench.wait(bench.deployments.samples(bench.context, id, 10)).size();
    };

    bench.wait(bench.deployments.sweep(bench.context, then + Deployments::samples_kept_for));
    EXPECT_EQ(samples(), 2U);
    bench.wait(bench.deployments.sweep(
        bench.context, then + Deployments::samples_kept_for + std::chrono::minutes(1)
    ));

    EXPECT_EQ(samples(), 1U);
    EXPECT_EQ(bench.found(id).state, "good");
    EXPECT_EQ(bench.wait(bench.deployments.records(bench.context, id, 0)).size(), 4U);
}

TEST(Deployments, FailuresAreCountedUpToTheLastSuccess) {
    DeploymentsBench bench;
    for (const char* const state :
         {"rolled_back", "good", "rolled_back", "superseded", "rollback_failed"}) {
        bench.carried_to(state);
    }

    EXPECT_EQ(bench.wait(bench.deployments.consecutive_failures(bench.context, "production")), 2);
}

}  // namespace
}  // namespace acme::deploy
