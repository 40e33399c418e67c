#include "operate/changes/freezes.hpp"

#include "operate/changes/changes.hpp"
#include "testing/freezes_bench.hpp"

namespace acme::changes {
namespace {

using std::chrono::hours;

TEST(Freezes, ADeploymentIsRefusedWithWhoWhyAndUntilWhen) {
    FreezesBench bench;
    EXPECT_TRUE(bench.check());

    const auto begun = bench.begin(hours(8));

    ASSERT_TRUE(begun);
    EXPECT_TRUE(begun->is_active);
    const auto refused = bench.check();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code.text(), "deploy.frozen");
    EXPECT_EQ(
        refused.error().message,
        "Nothing is deployed: production is frozen until 2026-11-23 18:00 UTC by anna: the sale. A "
        "rollback goes through. An emergency passes with another person: acme freeze pass 4f2a91c "
        "--reason TEXT; or alone, told to all: --break-glass REASON."
    );
    EXPECT_EQ(refused.error().fields.at(0).pointer, "/" + begun->id.str());
    EXPECT_TRUE(bench.check("staging"));
}

TEST(Freezes, OneEndsByItsTimeAndOneWithoutAnEndDoesNot) {
    FreezesBench bench;
    ASSERT_TRUE(bench.begin(hours(1)));

    bench.clock.advance(hours(1));

    EXPECT_TRUE(bench.check());
    ASSERT_TRUE(bench.begin(std::nullopt, "the way back failed"));
    bench.clock.advance(hours(24 * 1000));
    const auto refused = bench.check();
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("until somebody lifts it"), std::string::npos);
}

TEST(Freezes, TheOneThatLastsLongestIsToldFirstAndAllAreTold) {
    FreezesBench bench;
    ASSERT_TRUE(bench.begin(hours(2), "two"));
    ASSERT_TRUE(bench.begin(hours(5), "five"));
    ASSERT_TRUE(bench.begin(hours(3), "three"));

    const auto refused = bench.check();

    ASSERT_FALSE(refused);
    ASSERT_EQ(refused.error().fields.size(), 3);
    EXPECT_NE(refused.error().message.find("five"), std::string::npos);
}

TEST(Freezes, OneThatIsLiftedRefusesNothingAndSaysWhoLiftedItAndWhy) {
    FreezesBench bench;
    const Freeze begun = bench.begin(hours(8)).value();

    const auto lifted = bench.lift(begun.id);

    ASSERT_TRUE(lifted);
    EXPECT_FALSE(lifted->is_active);
    EXPECT_EQ(lifted->lifted_by, "berta");
    EXPECT_EQ(lifted->lift_reason, "it is over");
    EXPECT_TRUE(bench.check());
    EXPECT_EQ(bench.lift(begun.id).error().code.text(), "changes.freeze_over");
    EXPECT_EQ(bench.lift({}).error().code.text(), "changes.no_freeze");
}

TEST(Freezes, OneThatIsOverIsNotLifted) {
    FreezesBench bench;
    const Freeze begun = bench.begin(hours(1)).value();
    bench.clock.advance(hours(2));

    EXPECT_EQ(bench.lift(begun.id).error().code.text(), "changes.freeze_over");
}

TEST(Freezes, AllThatIsWrongWithOneIsToldAtOnceAndNothingIsKept) {
    FreezesBench bench;

    const auto refused = bench.begin(hours(-1), "  ");

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code.text(), "changes.freeze_invalid");
    ASSERT_EQ(refused.error().fields.size(), 2);
    EXPECT_EQ(refused.error().fields[0].pointer, "/reason");
    EXPECT_EQ(refused.error().fields[1].pointer, "/until");
    EXPECT_FALSE(bench.begin(hours(1), std::string(501, 'x')));
    EXPECT_TRUE(bench.begin(hours(1), std::string(500, 'x')));
    EXPECT_FALSE(bench.begin(hours(24 * 367)));
    EXPECT_EQ(bench.sql.value("SELECT count(*) FROM freezes"), "1");
}

TEST(Freezes, EachChangeIsAudited) {
    FreezesBench bench;
    const Freeze begun = bench.begin(hours(8)).value();
    ASSERT_TRUE(bench.lift(begun.id));

    EXPECT_EQ(bench.audited(), "freezes.begin freezes.lift");
    EXPECT_EQ(bench.sql.value("SELECT string_agg(actor, ' ') FROM audit_entries"), "anna berta");
    EXPECT_EQ(bench.sql.value("SELECT min(target) FROM audit_entries"), begun.id.str());
}

TEST(Freezes, WhoBreaksTheGlassIsToldOfAndTheFreezeStays) {
    FreezesBench bench;
    ASSERT_TRUE(bench.begin(hours(8)));
    Entrance alone = bench.entrance();
    alone.break_glass = "sign-in is down";

    const auto passed = bench.wait(bench.freezes.admit(bench.context, alone));

    ASSERT_TRUE(passed);
    EXPECT_EQ(
        *passed, "The glass was broken by carla: deployed although it is frozen: sign-in is down"
    );
    EXPECT_EQ(bench.audited(), "freezes.begin freezes.break_glass");
    const auto changes = bench.wait(list(bench.own, bench.context, "production", 10));
    ASSERT_EQ(changes.size(), 1);
    EXPECT_EQ(changes[0].kind, "break_glass");
    EXPECT_EQ(changes[0].ref, "dpl_1");
    EXPECT_EQ(bench.check().value(), *passed) << "it waited, and is begun now";
    Entrance other = bench.entrance();
    other.deployment = "dpl_2";
    EXPECT_FALSE(bench.wait(bench.freezes.admit(bench.context, other)));
    other.break_glass = " ";
    EXPECT_EQ(
        bench.wait(bench.freezes.admit(bench.context, other)).error().code.text(),
        "changes.freeze_invalid"
    );
}

TEST(Freezes, WhereNothingIsFrozenNoGlassIsBroken) {
    FreezesBench bench;
    Entrance alone = bench.entrance();
    alone.break_glass = "sign-in is down";

    EXPECT_EQ(bench.wait(bench.freezes.admit(bench.context, alone)).value(), "");

    EXPECT_EQ(bench.sql.value("SELECT count(*) FROM changes"), "0");
}

TEST(Freezes, AReleasePassesWithASecondPersonThroughEachFreezeAndNoOtherDoes) {
    FreezesBench bench;
    const Freeze sale = bench.begin(hours(8)).value();
    const Freeze move = bench.begin(hours(2), "the move").value();

    ASSERT_TRUE(bench.let_through(sale.id, "anna"));
    EXPECT_FALSE(bench.check()) << "the other freeze is still in force";
    ASSERT_TRUE(bench.let_through(move.id, "carla"));
    EXPECT_FALSE(bench.check()) << "carla deploys it herself";
    ASSERT_TRUE(bench.let_through(move.id, "berta"));

    EXPECT_EQ(
        bench.check().value(),
        "production is frozen, and this was let through by anna: sign-in is down; let through by "
        "berta: sign-in is down"
    );
    Entrance other = bench.entrance();
    other.release = "8c1d004";
    EXPECT_FALSE(bench.wait(bench.freezes.admit(bench.context, other)));
    EXPECT_EQ(
        bench.audited(),
        "freezes.begin freezes.begin freezes.let_through freezes.let_through freezes.let_through"
    );
}

TEST(Freezes, OnlyWhatIsInForceLetsAnythingThrough) {
    FreezesBench bench;
    const Freeze begun = bench.begin(hours(8)).value();
    EXPECT_EQ(bench.let_through({}, "anna").error().code.text(), "changes.no_freeze");
    EXPECT_EQ(bench.let_through(begun.id, "anna", "").error().code.text(), "changes.release");
    ASSERT_TRUE(bench.let_through(begun.id, "anna"));
    ASSERT_TRUE(bench.let_through(begun.id, "anna")) << "twice is once";
    EXPECT_EQ(bench.sql.value("SELECT count(*) FROM freeze_passes"), "1");

    ASSERT_TRUE(bench.lift(begun.id));

    EXPECT_EQ(bench.let_through(begun.id, "anna").error().code.text(), "changes.freeze_over");
}

Task<> record_and_drop(pg::Database& db, trace::Context context, Change change) {
    auto transaction = co_await db.begin(context);
    co_await record(transaction, context, std::move(change));
}

Task<> record_all(pg::Database& db, trace::Context context, std::vector<Change> changes) {
    auto transaction = co_await db.begin(context);
    for (Change& change : changes) co_await record(transaction, context, std::move(change));
    co_await transaction.commit(context);
}

TEST(Changes, AreListedNewestFirstAndOneOfADroppedTransactionNeverWas) {
    FreezesBench bench;
    const auto change = [&](std::string ref, hours age, std::string environment = "production") {
        return Change{
            .kind = "deployment",
            .ref = std::move(ref),
            .summary = "4f2a91c is current",
            .environment = std::move(environment),
            .actor = "anna",
            .at = bench.clock.now() - age,
        };
    };

    bench.wait(record_and_drop(bench.own, bench.context, change("dropped", hours(0))));
    bench.wait(record_all(
        bench.own,
        bench.context,
        {change("old", hours(2)), change("new", hours(1)), change("other", hours(0), "staging")}
    ));

    const auto all = bench.wait(list(bench.own, bench.context, "production", 10));
    ASSERT_EQ(all.size(), 2);
    EXPECT_EQ(all[0].ref, "new");
    EXPECT_EQ(all[1].ref, "old");
    EXPECT_EQ(all[1].at, bench.clock.now() - hours(2));
}

}  // namespace
}  // namespace acme::changes
