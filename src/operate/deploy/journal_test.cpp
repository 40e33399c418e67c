// The journal on a real PostgreSQL, and without one.
#include "operate/deploy/journal.hpp"

#include "testing/journal_bench.hpp"

#include <algorithm>
#include <array>

namespace acme::deploy {
namespace {

namespace json = boost::json;

using testing::JournalBench;
using testing::nowhere;

constexpr pg::Query count_records{
    "test.count_deployment_records", "SELECT count(*) FROM deployment_records"
};
constexpr pg::Query read_current{
    "test.current_release", "SELECT current_release, known_good FROM environments WHERE name = $1"
};

constexpr pg::Query send_away{"test.send_away", R"sql(
    DO $do$ BEGIN
        CREATE FUNCTION go_away() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE 'the server shuts down' USING ERRCODE = '57P01'; END $$;
        CREATE TRIGGER away BEFORE INSERT ON deployment_records
        FOR EACH ROW EXECUTE FUNCTION go_away();
    END $do$
)sql"};
constexpr pg::Query bring_back{"test.bring_back", "DROP TRIGGER away ON deployment_records"};

constexpr pg::Query count_freezes{
    "test.count_freezes", "SELECT count(*) FROM freezes WHERE source = 'deployment'"
};

// The state of a deployment, what is current, what changed, and how many states were audited.
constexpr pg::Query read_recorded{"test.recorded", R"sql(
    SELECT concat_ws('; ', d.state, e.current_release || ' after ' || e.known_good,
        (SELECT string_agg(kind || ' ' || ref || ': ' || summary || ', by ' || actor, '; ')
         FROM changes),
        (SELECT count(*) || ' audited' FROM audit_entries WHERE action = 'deploy.state'))
    FROM deployments d LEFT JOIN environments e ON e.name = d.environment WHERE d.id = $1
)sql"};

constexpr pg::Query refuse_changes{"test.refuse_changes", R"sql(
    DO $do$ BEGIN
        CREATE FUNCTION refuse_it() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE 'not now'; END $$;
        CREATE TRIGGER refused BEFORE INSERT ON changes
        FOR EACH ROW EXECUTE FUNCTION refuse_it();
    END $do$
)sql"};
constexpr pg::Query let_changes{"test.let_changes", "DROP TRIGGER refused ON changes"};

std::string recorded(JournalBench& bench, DeploymentId id) {
    return bench.wait(bench.db.run(bench.context, read_recorded, id))[0].text();
}

void end_with(JournalBench& bench, Journal& journal, DeploymentId id, std::string state) {
    bench.wait(journal.add(
        bench.context,
        id,
        "state",
        {{"state", std::move(state)},
         {"outcome", ""},
         {"release", "new"},
         {"known_good", "old"},
         {"fence", 1}}
    ));
}

TEST(Journal, TellsADeploymentFromItsBeginningToItsEnd) {
    JournalBench bench;
    Journal journal = bench.fresh_journal();
    const DeploymentId id = bench.new_id();
    bench.begin(journal, id, "new");
    bench.wait(journal.add(
        bench.context,
        id,
        "step_begun",
        {{"number", 1}, {"kind", "canary"}, {"nodes", "app-3"}, {"about", "x"}, {"undo", "y"}}
    ));
    bench.wait(journal.add(
        bench.context, id, "step_ended", {{"number", 1}, {"result", "done"}, {"evidence", "fine"}}
    ));
    bench.wait(journal.add(bench.context, id, "sample", {{"summary", "well"}}));
    bench.wait(journal.add(bench.context, id, "passed", {{"canary", "app-3"}}));
    bench.wait(
        journal.add(bench.context, id, "current", {{"release", "new"}, {"known_good", "old"}})
    );
    bench.state(journal, id, "succeeded");
    bench.wait(journal.add(bench.context, id, "good", {{"release", "new"}}));
    bench.state(journal, id, "good");

    const Deployment deployment = bench.found(id);
    EXPECT_EQ(deployment.state, "good");
    EXPECT_EQ(deployment.reason, "a test");
    EXPECT_TRUE(deployment.canary_passed);
    EXPECT_TRUE(deployment.succeeded_at.has_value());
    EXPECT_TRUE(deployment.has_ended());
    const auto steps = bench.wait(bench.deployments.steps(bench.context, id));
    ASSERT_EQ(steps.size(), 1u);
    EXPECT_EQ(steps[0].evidence, "fine");
    EXPECT_EQ(bench.wait(bench.deployments.samples(bench.context, id, 10)).size(), 1u);
    const auto current =
        bench.wait(bench.db.run(bench.context, read_current, std::string("production")));
    ASSERT_EQ(current.size(), 1);
    EXPECT_EQ(current[0].text(), "new");
    EXPECT_EQ(journal.missing(), 0u);
}

TEST(Journal, WhatHappenedWithoutADatabaseFollowsLaterAndOnce) {
    JournalBench bench;
    pg::Database away(nowhere(), bench.telemetry);
    const DeploymentId id = bench.new_id();
    {
        Journal journal(bench.folder, away, bench.clock, bench.telemetry);
        bench.wait(journal.open(bench.context, id));
        bench.begin(journal, id, "old", "rollback");
        bench.state(journal, id, "rolled_back");
        EXPECT_EQ(journal.missing(), 2u);
    }
    EXPECT_FALSE(bench.wait(bench.deployments.find(bench.context, id)));

    Journal later = bench.fresh_journal();

    EXPECT_EQ(bench.wait(later.merge(bench.context)), 2u);
    EXPECT_EQ(bench.wait(later.merge(bench.context)), 0u);
    EXPECT_EQ(bench.found(id).state, "rolled_back");
    away.close();
}

TEST(Journal, ASuccessIsOneRecordOfStateCurrentReleaseChangeAndAudit) {
    JournalBench bench;
    const DeploymentId id = bench.new_id();
    Journal journal = bench.fresh_journal();
    bench.begin(journal, id, "new");
    bench.wait(bench.db.run(bench.context, refuse_changes));

    end_with(bench, journal, id, "succeeded");

    EXPECT_EQ(recorded(bench, id), "checking; 0 audited");  // all of it or nothing
    bench.wait(bench.db.run(bench.context, let_changes));
    EXPECT_EQ(bench.wait(bench.fresh_journal().merge(bench.context)), 1u);
    EXPECT_EQ(bench.wait(bench.fresh_journal().merge(bench.context)), 0u);
    EXPECT_EQ(
        recorded(bench, id),
        "succeeded; new after old; deployment " + id.str() +
            ": new is the current release, by cli; 1 audited"
    );
}

TEST(Journal, AReturnIsOneRecordTooAndIsToldOnceHoweverOftenItIsMerged) {
    JournalBench bench;
    pg::Database away(nowhere(), bench.telemetry);
    const DeploymentId id = bench.new_id();
    {
        Journal journal(bench.folder, away, bench.clock, bench.telemetry);
        bench.begin(journal, id, "new", "rollback", 1);
        end_with(bench, journal, id, "rolled_back");
    }

    for (int i = 0; i < 3; ++i) bench.wait(bench.fresh_journal().merge(bench.context));

    EXPECT_EQ(
        recorded(bench, id),
        "rolled_back; new after old; rollback " + id.str() +
            ": new is the current release again, by cli; 1 audited"
    );
    away.close();
}

TEST(Journal, AMergeThatTheDatabaseEndsBeginsAgainWithEveryFile) {
    JournalBench bench;
    pg::Database away(nowhere(), bench.telemetry);
    const std::array ids{bench.new_id(), bench.new_id()};
    for (const DeploymentId id : ids) {
        Journal journal(bench.folder, away, bench.clock, bench.telemetry);
        bench.begin(journal, id, "old", "rollback");
        bench.state(journal, id, "rolled_back");
    }
    Journal later = bench.fresh_journal();
    bench.wait(bench.db.run(bench.context, send_away));
    EXPECT_THROW(bench.wait(later.merge(bench.context)), pg::Unreachable);
    bench.wait(bench.db.run(bench.context, bring_back));

    EXPECT_EQ(bench.wait(later.merge(bench.context)), 4u);

    for (const DeploymentId id : ids) EXPECT_EQ(bench.found(id).state, "rolled_back");
    away.close();
}

TEST(Journal, WhatTheDatabaseRefusesOfOneFileHoldsUpNoOther) {
    JournalBench bench;
    pg::Database away(nowhere(), bench.telemetry);
    const std::array ids{bench.new_id(), bench.new_id()};
    const std::array kinds{"no such kind", "rollback"};
    for (std::size_t i = 0; i < ids.size(); ++i) {
        Journal journal(bench.folder, away, bench.clock, bench.telemetry);
        bench.begin(journal, ids.at(i), "old", kinds.at(i));
        bench.state(journal, ids.at(i), "rolled_back");
    }
    bench.lines.clear();
    Journal later = bench.fresh_journal();

    EXPECT_EQ(bench.wait(later.merge(bench.context)), 2u);
    EXPECT_EQ(bench.wait(later.merge(bench.context)), 0u);

    EXPECT_FALSE(bench.wait(bench.deployments.find(bench.context, ids[0])));
    EXPECT_EQ(bench.found(ids[1]).state, "rolled_back");
    EXPECT_EQ(
        std::ranges::count_if(
            bench.lines,
            [](const std::string& line) { return line.contains("deploy.journal_refused"); }
        ),
        1
    );
    away.close();
}

TEST(Journal, WhatANodeSaysInOtherBytesThanTextIsToldAllTheSame) {
    JournalBench bench;
    Journal journal = bench.fresh_journal();
    const DeploymentId id = bench.new_id();
    bench.begin(journal, id, "new");
    const std::string said("half a \xe2\x82, and \0", 16);
    bench.wait(journal.add(bench.context, id, "step_begun", {{"number", 1}, {"kind", "canary"}}));
    bench.wait(journal.add(
        bench.context, id, "step_ended", {{"number", 1}, {"result", "failed"}, {"evidence", said}}
    ));
    bench.wait(journal.add(bench.context, id, "note", {{"deep", json::array{{{"in", said}}}}}));
    bench.state(journal, id, "rolled_back", said);

    EXPECT_EQ(journal.missing(), 0u);
    EXPECT_EQ(bench.found(id).state, "rolled_back");
    EXPECT_EQ(journal.told().at(0).deployment.state, "rolled_back");
    const std::string shown = "half a \xef\xbf\xbd\xef\xbf\xbd, and \xef\xbf\xbd";
    EXPECT_EQ(bench.found(id).outcome, shown);
    EXPECT_EQ(journal.told().at(0).deployment.outcome, shown);
}

TEST(Journal, AControllerAfterADeadOneGoesOnWithTheNumbers) {
    JournalBench bench;
    const DeploymentId id = bench.new_id();
    {
        Journal journal = bench.fresh_journal();
        bench.begin(journal, id, "new");
    }
    Journal next = bench.fresh_journal();
    bench.wait(next.open(bench.context, id));

    bench.state(next, id, "rolling");

    EXPECT_EQ(bench.found(id).state, "rolling");
    EXPECT_EQ(bench.wait(bench.db.run(bench.context, count_records))[0].integer(), 2);
}

TEST(Journal, AControllerAfterADeadOneLearnsHowFarItCameByEitherOfTheTwo) {
    JournalBench bench;
    const DeploymentId id = bench.new_id();
    {
        Journal journal = bench.fresh_journal();
        bench.begin(journal, id, "new");
        bench.wait(journal.add(bench.context, id, "step_begun", {{"number", 1}, {"kind", "x"}}));
        for (int i = 9; i > 6; --i) {
            bench.wait(journal.add(bench.context, id, "sample", {{"remaining_ms", i}}));
        }
    }
    pg::Database away(nowhere(), bench.telemetry);
    Journal by_file(bench.folder, away, bench.clock, bench.telemetry);
    Journal by_database("/nonexistent/journal", bench.db, bench.clock, bench.telemetry);

    for (Journal* const journal : {&by_file, &by_database}) {
        const Told told = bench.wait(journal->open(bench.context, id));
        EXPECT_EQ(told.last_seq, 5);
        EXPECT_EQ(told.open_steps, std::vector<std::int64_t>{1});
        EXPECT_EQ(told.left, std::chrono::milliseconds(7));
        EXPECT_EQ(told.deployment.release, "new");
    }
    away.close();
}

TEST(Journal, WhatIsMergedLateEndsNothingThatCameAfterIt) {
    JournalBench bench;
    pg::Database away(nowhere(), bench.telemetry);
    const DeploymentId rolling = bench.new_id();
    const DeploymentId rollback = bench.new_id();
    {
        Journal first = bench.fresh_journal();
        bench.begin(first, rolling, "new", "release", 1);
        bench.state(first, rolling, "rolling");
        Journal second(bench.folder, away, bench.clock, bench.telemetry);
        bench.begin(second, rollback, "old", "rollback", 2);
        bench.cancel(second, rollback, "cancelled", 2);
        bench.state(second, rollback, "rolled_back");
    }
    bench.clock.advance(-std::chrono::hours(3));
    const DeploymentId newer = bench.new_id();
    Journal third = bench.fresh_journal();
    bench.begin(third, newer, "newer", "release", 3);
    bench.wait(third.add(
        bench.context, newer, "current", {{"release", "newer"}, {"known_good", "old"}, {"fence", 3}}
    ));

    Journal later = bench.fresh_journal();
    EXPECT_EQ(bench.wait(later.merge(bench.context)), 3u);
    EXPECT_EQ(bench.wait(later.merge(bench.context)), 0u);

    EXPECT_EQ(bench.found(rolling).state, "cancelled");
    EXPECT_EQ(bench.found(rollback).state, "rolled_back");
    EXPECT_FALSE(bench.found(newer).has_ended());
    const auto told = later.told();
    ASSERT_EQ(told.size(), 3u);
    EXPECT_EQ(told[0].deployment.state, "cancelled");
    EXPECT_EQ(told[2].deployment.id, newer);
    away.close();
}

TEST(Journal, AnEndedDeploymentLeavesNoStepOpen) {
    JournalBench bench;
    Journal journal = bench.fresh_journal();
    const DeploymentId id = bench.new_id();
    bench.begin(journal, id, "new");
    bench.wait(journal.add(bench.context, id, "step_begun", {{"number", 1}, {"kind", "canary"}}));

    bench.state(journal, id, "rollback_failed", "it broke");

    const auto steps = bench.wait(bench.deployments.steps(bench.context, id));
    EXPECT_EQ(steps.at(0).result, "lost");
    EXPECT_TRUE(steps.at(0).ended_at.has_value());
    const auto freezes = bench.wait(bench.db.run(bench.context, count_freezes));
    EXPECT_EQ(freezes[0].integer(), 1);
}

TEST(Journal, ARollbackEndsWhatItTookOver) {
    JournalBench bench;
    Journal journal = bench.fresh_journal();
    const DeploymentId rolling = bench.new_id();
    bench.begin(journal, rolling, "new");
    bench.state(journal, rolling, "rolling");
    Journal other = bench.fresh_journal();
    const DeploymentId rollback = bench.new_id();
    bench.begin(other, rollback, "old", "rollback");

    bench.wait(other.add(
        bench.context,
        rollback,
        "cancels",
        {{"environment", "production"}, {"outcome", "taken over"}, {"state", "cancelled"}}
    ));

    EXPECT_EQ(bench.found(rolling).state, "cancelled");
    EXPECT_EQ(bench.found(rolling).outcome, "taken over");
    EXPECT_FALSE(bench.found(rollback).has_ended());
}

}  // namespace
}  // namespace acme::deploy
