// What may be asked of a deployment when, and what becomes of what waits.
#include "operate/deploy/wishes.hpp"

#include "operate/deploy/queue.hpp"
#include "operate/deploy/releases.hpp"
#include "testing/bench.hpp"

#include <filesystem>

namespace acme::deploy {
namespace {

namespace json = boost::json;

constexpr pg::Query count_audit{
    "test.count_deploy_audit", "SELECT count(*) FROM audit_entries WHERE action = $1"
};
constexpr pg::Query count_events{
    "test.count_deploy_events",
    "SELECT count(*) FROM events WHERE topic = 'deployments' AND verb = $1"
};

constexpr pg::Query let_canary_run{
    "test.let_canary_run", "UPDATE deployments SET state = 'canary' WHERE id = $1"
};
constexpr pg::Query list_changes{
    "test.list_changes", "SELECT kind || ': ' || summary FROM changes"
};

Deployment in(std::string state, std::string kind = "release", std::string wish = "") {
    Deployment deployment;
    deployment.kind = std::move(kind);
    deployment.state = std::move(state);
    deployment.wish = std::move(wish);
    return deployment;
}

std::string refusal(const Deployment& deployment, Action action) {
    const auto allowed = may(deployment, action);
    return allowed ? "" : std::string(allowed.error().code.text());
}

TEST(Wishes, NothingIsPromotedBeforeItsCanaryRuns) {
    for (const char* state : {"queued", "checking", "migrating"}) {
        EXPECT_EQ(refusal(in(state), Action::promote), "deploy.canary_required") << state;
    }
    EXPECT_EQ(refusal(in("canary"), Action::promote), "");
    EXPECT_EQ(refusal(in("rolling"), Action::promote), "deploy.canary_passed");
}

TEST(Wishes, ACanaryIsHeldOnceAndGoesOnOnce) {
    EXPECT_EQ(refusal(in("rolling"), Action::hold), "deploy.no_canary");
    EXPECT_EQ(refusal(in("canary"), Action::hold), "");
    EXPECT_EQ(refusal(in("canary"), Action::resume), "deploy.not_held");
    EXPECT_EQ(refusal(in("canary", "release", "hold"), Action::hold), "deploy.is_held");
    EXPECT_EQ(refusal(in("canary", "release", "hold"), Action::resume), "");
}

TEST(Wishes, WhoNamesNoDeploymentMeansTheOneThatRunsAndNotTheOneThatWaits) {
    EXPECT_EQ(meant_of({in("succeeded"), in("canary"), in("queued")}).state, "canary");
    EXPECT_EQ(meant_of({in("queued"), in("queued", "rollback")}).kind, "rollback");
    EXPECT_EQ(meant_of({in("canary")}).state, "canary");
}

TEST(Wishes, AnAbortIsPossibleUntilItGoesBackAndNeverForARollback) {
    for (const char* state : {"queued", "checking", "canary", "rolling", "smoking", "succeeded"}) {
        EXPECT_EQ(refusal(in(state), Action::abort), "") << state;
    }
    EXPECT_EQ(refusal(in("rolling_back"), Action::abort), "deploy.goes_back");
    EXPECT_EQ(refusal(in("rolling_back", "rollback"), Action::abort), "deploy.is_rollback");
    EXPECT_EQ(refusal(in("queued", "rollback"), Action::abort), "");
    Deployment ended = in("good");
    ended.ended_at = testing::start;
    EXPECT_EQ(refusal(ended, Action::abort), "deploy.has_ended");
}

TEST(Wishes, APromotionIsForAnotherThanWhoBeganIt) {
    Deployment deployment = in("canary");
    deployment.actor = "usr_1";
    const auto own = may(deployment, Action::promote, "usr_1");
    ASSERT_FALSE(own);
    EXPECT_EQ(own.error().code, ErrorCode("deploy.second_person"));
    EXPECT_TRUE(may(deployment, Action::promote, "usr_2"));
    EXPECT_TRUE(may(deployment, Action::hold, "usr_1"));
    deployment.state = "rolling";
    EXPECT_EQ(
        may(deployment, Action::promote, "usr_1").error().code, ErrorCode("deploy.canary_passed")
    );
}

struct QueueBench : testing::Bench {
    Task<Result<Deployment>> put(Wanted wanted) {
        auto transaction = co_await db.begin(context);
        auto queued =
            co_await queue(transaction, context, {.name = "usr_1"}, std::move(wanted), clock.now());
        if (queued) co_await transaction.commit(context);
        co_return queued;
    }

    Result<Deployment> want(std::string release, bool is_return = false) {
        clock.advance(std::chrono::seconds(1));
        return wait(put(
            {.id = DeploymentId::make(clock.now(), random),
             .environment = "production",
             .is_return = is_return,
             .release = std::move(release)}
        ));
    }

    std::int64_t count(const pg::Query& query, std::string word) {
        return wait(db.run(context, query, word))[0].integer();
    }

    Deployments deployments{db};
};

TEST(Queue, TheNewestTakesThePlaceOfWhatWaits) {
    QueueBench bench;
    const Deployment older = bench.want("one").value();
    const Deployment newer = bench.want("two").value();

    const auto seen = bench.wait(bench.deployments.find(bench.context, older.id)).value();
    EXPECT_EQ(seen.state, "superseded");
    EXPECT_TRUE(seen.has_ended());
    EXPECT_NE(seen.outcome.find(newer.id.str()), std::string::npos);
    const auto running = bench.wait(bench.deployments.running(bench.context, "production"));
    ASSERT_EQ(running.size(), 1u);
    EXPECT_EQ(running[0].release, "two");
    EXPECT_EQ(bench.count(count_audit, "deploy.queue"), 2);
    EXPECT_EQ(bench.count(count_audit, "deploy.supersede"), 1);
    EXPECT_EQ(bench.count(count_events, "queued"), 2);
}

TEST(Queue, NothingNewWaitsWhileARollbackDoesAndARollbackDoesNotWaitForIt) {
    QueueBench bench;
    ASSERT_TRUE(bench.want("two"));
    ASSERT_TRUE(bench.want("one", true));

    const auto refused = bench.want("three");

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode("deploy.rollback_runs"));
    EXPECT_TRUE(bench.want("zero", true));
}

TEST(Queue, WhatWaitsIsEndedByAnAbort) {
    QueueBench bench;
    const Deployment waiting = bench.want("one").value();

    ASSERT_TRUE(bench.wait(
        bench.deployments.wish(bench.context, waiting.id, {"abort", "usr_1", "a mistake"})
    ));

    const auto seen = bench.wait(bench.deployments.find(bench.context, waiting.id)).value();
    EXPECT_EQ(seen.state, "cancelled");
    EXPECT_EQ(seen.outcome, "aborted by usr_1");
    EXPECT_EQ(seen.wish, "abort");
    EXPECT_TRUE(seen.wish_at.has_value());
    EXPECT_TRUE(bench.wait(bench.deployments.running(bench.context, "production")).empty());
}

TEST(Queue, APromotionAloneBreaksTheGlassAndIsToldOf) {
    QueueBench bench;
    const DeploymentId id = bench.want("one").value().id;
    bench.wait(bench.db.run(bench.context, let_canary_run, id));
    Wish wish{.what = "promote", .who = "usr_1", .reason = "a fix that cannot wait"};

    const auto alone = bench.wait(bench.deployments.wish(bench.context, id, wish));
    ASSERT_FALSE(alone);
    EXPECT_EQ(alone.error().code, ErrorCode("deploy.second_person"));
    wish.breaks_glass = true;
    ASSERT_TRUE(bench.wait(bench.deployments.wish(bench.context, id, wish)));

    EXPECT_EQ(
        bench.wait(bench.db.run(bench.context, list_changes))[0].text(),
        "break_glass: promoted early by who began it: a fix that cannot wait"
    );
    EXPECT_EQ(bench.count(count_audit, "deploy.break_glass"), 1);
    EXPECT_EQ(bench.wait(bench.deployments.wish_of(bench.context, id)).reason, wish.reason);
    wish.reason = " ";
    EXPECT_FALSE(bench.wait(bench.deployments.wish(bench.context, id, wish)));
}

TEST(Queue, AnotherPersonPromotesAndBreaksNothing) {
    QueueBench bench;
    const DeploymentId id = bench.want("one").value().id;
    bench.wait(bench.db.run(bench.context, let_canary_run, id));

    ASSERT_TRUE(bench.wait(bench.deployments.wish(
        bench.context,
        id,
        {.what = "promote", .who = "usr_2", .reason = "it is well", .breaks_glass = true}
    )));

    EXPECT_TRUE(bench.wait(bench.db.run(bench.context, list_changes)).empty());
}

TEST(Queue, PagesComeInTheOrderInWhichTheyWereAskedFor) {
    QueueBench bench;
    for (const char* release : {"one", "two", "three"}) ASSERT_TRUE(bench.want(release));

    const auto first = bench.wait(
        bench.deployments.page(bench.context, {.environment = "production"}, std::nullopt, 2)
    );
    ASSERT_EQ(first.size(), 2u);
    EXPECT_EQ(first[0].release, "three");
    const auto second = bench.wait(
        bench.deployments.page(bench.context, {.environment = "production"}, first[1].id, 2)
    );
    ASSERT_EQ(second.size(), 1u);
    EXPECT_EQ(second[0].release, "one");
    const auto waiting = bench.wait(bench.deployments.page(
        bench.context, {.environment = "production", .states = {"queued"}}, std::nullopt, 9
    ));
    ASSERT_EQ(waiting.size(), 1u);
    EXPECT_EQ(waiting[0].release, "three");
}

struct ReleasesBench : testing::Bench {
    ~ReleasesBench() { std::filesystem::remove_all(folder); }

    void tell(DeploymentId id, std::string kind, json::object data) {
        Journal journal(folder, db, clock, telemetry);
        wait(journal.open(context, id));
        wait(journal.add(context, id, std::move(kind), std::move(data)));
    }

    /// Deployed, and good after it if `is_good`.
    void deploy(std::string release, std::string from, std::string known_good, bool is_good) {
        clock.advance(std::chrono::hours(1));
        const auto id = DeploymentId::make(clock.now(), random);
        tell(
            id,
            "begun",
            {{"environment", "production"},
             {"kind", "release"},
             {"release", release},
             {"from", from},
             {"known_good", known_good},
             {"digest", "sha256:" + release}}
        );
        clock.advance(std::chrono::minutes(20));
        tell(id, "current", {{"release", release}, {"known_good", known_good}});
        clock.advance(std::chrono::minutes(15));
        if (is_good) tell(id, "good", {{"release", release}});
    }

    Current current() { return wait(releases.current(context, "production")).value(); }

    std::string folder = (std::filesystem::temp_directory_path() /
                          ("acme-releases-" + std::to_string(random.number())))
                             .string();
    Releases releases{db};
};

TEST(Releases, ARollbackGoesToWhatIsGoodAndFromAGoodOneToTheGoodOneBefore) {
    ReleasesBench bench;
    EXPECT_FALSE(bench.wait(bench.releases.current(bench.context, "production")));

    bench.deploy("one", "born", "born", false);
    EXPECT_EQ(bench.current().known_good, "born");
    EXPECT_EQ(bench.current().rollback_to, "born");

    bench.deploy("two", "one", "born", true);
    EXPECT_EQ(bench.current().known_good, "two");
    EXPECT_EQ(bench.current().rollback_to, "born");

    bench.deploy("three", "two", "two", true);
    EXPECT_EQ(bench.current().rollback_to, "two");

    bench.deploy("two", "three", "three", true);  // back again: three is newer, and was left
    EXPECT_EQ(bench.current().release, "two");
    EXPECT_EQ(bench.current().rollback_to, "born");
}

TEST(Releases, EachIsListedOnceWithWhatIsKnownOfIt) {
    ReleasesBench bench;
    bench.deploy("one", "born", "born", true);
    bench.deploy("two", "one", "one", false);

    const auto all = bench.wait(bench.releases.list(bench.context, "production", std::nullopt, 9));

    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0].id, "two");
    EXPECT_EQ(all[0].digest, "sha256:two");
    EXPECT_FALSE(all[0].good_at);
    EXPECT_EQ(all[1].id, "one");
    EXPECT_TRUE(all[1].good_at);
    EXPECT_EQ(all[2].id, "born");
    EXPECT_TRUE(all[2].good_at);
    const auto rest = bench.wait(bench.releases.list(bench.context, "production", "one", 9));
    ASSERT_EQ(rest.size(), 1u);
    EXPECT_EQ(rest[0].id, "born");
}

}  // namespace
}  // namespace acme::deploy
