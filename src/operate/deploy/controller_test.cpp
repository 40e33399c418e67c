// The controller on machines that are only told of, behind a real HAProxy and with a real journal.
#include "operate/deploy/controller.hpp"

#include "operate/deploy/takeover.hpp"
#include "testing/balanced.hpp"
#include "testing/bench.hpp"
#include "testing/paper_driver.hpp"

#include <algorithm>
#include <filesystem>

namespace acme::deploy {
namespace {

namespace fs = std::filesystem;

using testing::PaperDriver;

constexpr pg::Query add_queued{"test.add_queued_deployment", R"sql(
    INSERT INTO deployments (id, environment, kind, release, from_release, known_good, state, actor,
                             reason, canary_window_ms, begun_at)
    VALUES ($1, 'local', 'release', $2, '', '', 'queued', 'cli', '', 0, $3)
)sql"};

constexpr pg::Query read_recorded{"test.recorded", R"sql(
    SELECT concat_ws('; ', d.state, e.current_release,
        (SELECT string_agg(kind || ': ' || summary, '; ') FROM changes WHERE ref = $1::text))
    FROM deployments d LEFT JOIN environments e ON e.name = d.environment WHERE d.id = $2
)sql"};

constexpr pg::Query supersede{
    "test.supersede", "UPDATE deployments SET state = 'superseded', ended_at = now() WHERE id = $1"
};

Task<Wish> no_wish() { co_return Wish(); }
Task<judge::Reads> no_reads() { co_return judge::Reads(); }
Task<Result<std::string>> nothing() { co_return ""; }

struct Stage : testing::Bench {
    explicit Stage(std::string release = "new") {
        wait(balanced.until_all_up());
        for (const char* const name : {"app-1", "app-2", "app-3"}) {
            Instance node{.facts = {}, .is_running = true};
            node.facts.node = name;
            node.facts.role = "serve";
            node.facts.release = release;
            node.facts.known_good = "old";
            node.facts.track = "stable";
            node.facts.address = "127.0.0.1";
            driver.nodes.push_back(std::move(node));
        }
    }
    ~Stage() {
        wait(tasks.join());
        fetch.close();
        wait(balanced.stop());
        fs::remove_all(folder);
    }

    DeploymentId new_id() { return DeploymentId::make(clock.now(), random); }

    Task<> tell(DeploymentId id, std::string kind, boost::json::object data) {
        Journal journal(folder, db, clock, telemetry);
        co_await journal.open(context, id);
        co_await journal.add(context, id, std::move(kind), std::move(data));
    }

    Task<> state(DeploymentId id, std::string name) {
        co_await tell(id, "state", {{"state", std::move(name)}, {"outcome", ""}});
    }

    Task<> begin(DeploymentId id, std::string release, std::int64_t fence) {
        co_await tell(
            id,
            "begun",
            {{"environment", "local"},
             {"kind", "release"},
             {"release", std::move(release)},
             {"known_good", "old"},
             {"actor", "cli"},
             {"fence", fence}}
        );
    }

    Task<> end_in_table(DeploymentId id) { co_await db.run(context, supersede, id); }

    /// Whose controller was lost when its watch had no time left.
    DeploymentId begin_watched(std::int64_t fence) {
        const DeploymentId id = new_id();
        wait(begin(id, "new", fence));
        wait(state(id, "succeeded"));
        wait(tell(id, "sample", {{"remaining_ms", 0}}));
        clock.advance(std::chrono::seconds(1));
        return id;
    }

    static Order order_of(DeploymentId id, bool goes_on) {
        Order order;
        order.id = id;
        order.environment = "local";
        order.release = "new";
        order.actor = "cli";
        order.is_queued = !goes_on;
        order.goes_on = goes_on;
        order.known_good = "old";
        return order;
    }

    Result<Ending> run(DeploymentId id, bool goes_on) { return run(order_of(id, goes_on)); }

    Result<Ending> run(Order order) {
        Judging judging(telemetry, fetch, balancer, driver);
        Journal journal(folder, db, clock, telemetry);
        Controller controller({
            .driver = driver,
            .balancer = balancer,
            .fetch = fetch,
            .journal = journal,
            .judging = judging,
            .telemetry = telemetry,
            .tasks = tasks,
            .hooks = hooks,
        });
        journal.listen([&](const Record& record) {
            if (heard) heard(controller, record);
        });
        auto ending = wait(controller.run(context, std::move(order)));
        wait(tasks.join());
        return ending;
    }

    /// One look of the controller that is always there: whether it carried something out.
    bool look() {
        Takeover takeover(
            {
                .find_ground = [this]() -> Result<Ground> {
                    auto paper = std::make_unique<PaperDriver>();
                    paper->nodes = driver.nodes;
                    Ground ground;
                    ground.balancer = std::make_unique<balancer::Balancer>(balanced.balancer());
                    ground.judging =
                        std::make_unique<Judging>(telemetry, fetch, *ground.balancer, *paper);
                    ground.driver = std::move(paper);
                    return ground;
                },
                .db = db,
                .fetch = fetch,
                .telemetry = telemetry,
                .tasks = tasks,
                .hooks = hooks,
                .journal_folder = folder,
                .environment = "local",
            },
            "app-1"
        );
        const bool was_carried_out = wait(takeover.look(context));
        wait(tasks.join());
        return was_carried_out;
    }

    /// Whose controller was lost behind the canary.
    DeploymentId begin_promoted(std::string is_now) {
        const DeploymentId id = new_id();
        wait(begin(id, "new", 1));
        wait(tell(id, "passed", {{"canary", "app-3"}}));
        wait(state(id, std::move(is_now)));
        return id;
    }

    /// State, current release, and what was told of the change.
    std::string recorded(DeploymentId id) {
        return wait(db.run(context, read_recorded, id.str(), id))[0].text();
    }

    std::string state_of(DeploymentId id) { return wait(deployments.find(context, id))->state; }
    std::size_t told_of(DeploymentId id) {
        return wait(deployments.records(context, id, 0)).size();
    }

    balancer::Admin admin_of(std::string_view name) {
        const auto servers = wait(balancer.servers()).value();
        return std::ranges::find(servers, name, &balancer::ServerNow::name)->admin;
    }

    std::string folder = (fs::temp_directory_path() / ("acme-ctl-" + new_id().str())).string();
    testing::Balanced balanced{loop, log, 3};
    balancer::Balancer balancer = balanced.balancer();
    fetch::Client fetch{telemetry};
    TaskGroup tasks{log};
    Deployments deployments{db};
    PaperDriver driver;
    std::function<void(Controller&, const Record&)> heard;  // each record as it is told
    Hooks hooks{
        .wish = [](auto, auto) { return no_wish(); },
        .may_deploy = [](auto, auto) { return nothing(); },
        .smoke = [](auto, auto) { return nothing(); },
        .reads = [](auto) { return no_reads(); },
    };
};

TEST(Controller, DoesNotBeginWhatWasSupersededAsItTookTheMachines) {
    Stage stage("old");
    const DeploymentId id = stage.new_id();
    stage.wait(stage.db.run(stage.context, add_queued, id, "new", stage.clock.now()));
    stage.driver.before_taken = [&] { return stage.end_in_table(id); };

    const auto ending = stage.run(id, false);

    ASSERT_FALSE(ending);
    EXPECT_EQ(ending.error().code, ErrorCode("deploy.not_queued"));
    EXPECT_EQ(stage.state_of(id), "superseded");
    EXPECT_EQ(stage.told_of(id), 0U);
    EXPECT_EQ(stage.driver.calls.back(), "give_back");
}

TEST(Controller, DoesNotGoOnWithWhatAnotherEndedBeforeItHadTheMachines) {
    Stage stage;
    const DeploymentId id = stage.begin_watched(1);
    stage.driver.before_taken = [&] { return stage.state(id, "good"); };

    const auto ending = stage.run(id, true);

    ASSERT_TRUE(ending);
    EXPECT_EQ(ending->state, "good");
    EXPECT_EQ(stage.told_of(id), 4U);
    EXPECT_EQ(std::ranges::count(stage.driver.calls, "mark_good"), 0);
    EXPECT_EQ(stage.driver.calls.back(), "give_back");
}

TEST(Controller, DoesNotGoOnWithWhatANewerOneTookOverBeforeItHadTheMachines) {
    Stage stage;
    const DeploymentId id = stage.begin_watched(1);
    const DeploymentId newer = stage.new_id();
    stage.driver.before_taken = [&] { return stage.begin(newer, "newer", 2); };

    const auto ending = stage.run(id, true);

    ASSERT_TRUE(ending);
    EXPECT_EQ(ending->state, "superseded");
    EXPECT_EQ(stage.told_of(id), 3U);
}

TEST(Controller, EndsWhatTheOneBeforeItHadNoTimeToEndAndNothingThatWaits) {
    Stage stage;
    const DeploymentId older = stage.new_id();
    stage.wait(stage.begin(older, "older", 1));
    const DeploymentId id = stage.begin_watched(2);
    const DeploymentId waits = stage.new_id();
    stage.wait(stage.db.run(stage.context, add_queued, waits, "newer", stage.clock.now()));

    const auto ending = stage.run(id, true);

    ASSERT_TRUE(ending);
    EXPECT_EQ(ending->state, "good") << ending->outcome;
    EXPECT_EQ(stage.state_of(older), "superseded");
    EXPECT_EQ(stage.state_of(waits), "queued");
}

TEST(Controller, ReadmitsWhatWasLeftDrainedAndNotWhatIsInMaintenance) {
    Stage stage;
    const DeploymentId id = stage.begin_watched(1);
    ASSERT_TRUE(stage.wait(stage.balancer.drain("app-1")));
    ASSERT_TRUE(stage.wait(stage.balancer.maintain("app-2")));

    const auto ending = stage.run(id, true);

    ASSERT_TRUE(ending);
    EXPECT_EQ(ending->state, "good") << ending->outcome;
    EXPECT_EQ(stage.admin_of("app-1"), balancer::Admin::ready);
    EXPECT_EQ(stage.admin_of("app-2"), balancer::Admin::maintenance);
}

TEST(Controller, JudgesNothingAnewWhenOnlyTheEndOfTheWatchWasNotHeard) {
    Stage stage;
    const DeploymentId id = stage.begin_watched(1);
    stage.driver.silences = 2;

    const auto ending = stage.run(id, true);

    ASSERT_TRUE(ending);
    EXPECT_EQ(ending->state, "good") << ending->outcome;
    const auto& calls = stage.driver.calls;
    const auto first = std::ranges::find(calls, "mark_good");
    ASSERT_GE(calls.end() - first, 3);
    EXPECT_EQ(std::vector(first, first + 3), std::vector<std::string>(3, "mark_good"));
}

TEST(Controller, RecordsASuccessAtOnceWithTheReleaseAndTheChange) {
    Stage stage;
    const DeploymentId id = stage.begin_promoted("smoking");
    std::vector<std::string> kinds;
    stage.heard = [&](Controller&, const Record& record) { kinds.push_back(record.kind); };
    Order order = Stage::order_of(id, true);
    order.is_watched_here = false;

    const auto ending = stage.run(std::move(order));

    ASSERT_TRUE(ending);
    EXPECT_EQ(ending->state, "succeeded") << ending->outcome;
    EXPECT_EQ(stage.recorded(id), "succeeded; new; deployment: new is the current release");
    EXPECT_EQ(std::ranges::count(kinds, "current"), 0);
}

TEST(Controller, RecordsAReturnAtOnceWithTheReleaseAndTheChange) {
    Stage stage("old");
    const DeploymentId id = stage.begin_promoted("rolling_back");

    const auto ending = stage.run(id, true);

    ASSERT_TRUE(ending);
    EXPECT_EQ(ending->state, "rolled_back") << ending->outcome;
    EXPECT_EQ(stage.recorded(id), "rolled_back; old; rollback: old is the current release again");
}

TEST(Controller, GivesUpWhenAnotherNodeIsMissingForLongerThanItWaits) {
    Stage stage("old");
    for (Instance& node : stage.driver.nodes) {
        if (node.facts.node != "app-1") node.facts.release = "new";
        if (node.facts.node == "app-3") node.facts.track = "canary";
    }
    const DeploymentId id = stage.begin_promoted("rolling");
    ASSERT_TRUE(stage.wait(stage.balancer.maintain("app-2")));
    std::string waits;
    stage.heard = [&](Controller& controller, const Record& record) {
        if (record.text("text").starts_with("waits")) {
            waits = record.text("text");
            stage.clock.advance(std::chrono::seconds(3));
        }
        if (record.text("result") == "failed")
            controller.leave();  // the way back is not shown here
    };
    Order order = Stage::order_of(id, true);
    order.limits.floor_wait = std::chrono::seconds(2);

    const auto ending = stage.run(std::move(order));

    ASSERT_TRUE(ending);
    EXPECT_EQ(waits, "waits: only 1 other nodes are ready, and 2 must stay");
    EXPECT_EQ(ending->state, "lost");
    EXPECT_EQ(ending->outcome, "Only 1 other nodes are ready, and 2 must stay.");
    EXPECT_EQ(stage.admin_of("app-1"), balancer::Admin::ready);
}

TEST(Takeover, LeavesWhatItsFileSaysHasEndedAlsoWhenTheDatabaseRefusesToHear) {
    Stage stage;
    const DeploymentId id = stage.begin_watched(1);
    stage.wait(stage.state(id, "a state of a later release"));
    stage.wait(stage.state(id, "rolled_back"));
    ASSERT_EQ(stage.state_of(id), "succeeded");

    EXPECT_FALSE(stage.look());
}

TEST(Takeover, GoesOnWithWhatNobodyEnded) {
    Stage stage;
    const DeploymentId id = stage.begin_watched(1);

    EXPECT_TRUE(stage.look());

    EXPECT_EQ(stage.state_of(id), "good");
}

}  // namespace
}  // namespace acme::deploy
