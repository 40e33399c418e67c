// What is kept for 400 days, what is kept of each day elsewhere, and who removes more than that.
#include "io/loop/task_group.hpp"
#include "platform/audit/retire.hpp"
#include "testing/audit_bench.hpp"
#include "testing/stores.hpp"

#include <fstream>

namespace acme::audit {
namespace {

using std::chrono::days;

std::vector<std::string> about(const Verdict& verdict) {
    std::vector<std::string> all;
    for (const Finding& finding : verdict.first) all.push_back(finding.about);
    return all;
}

std::int64_t retire_now(AuditBench& bench, int batch = retire_batch) {
    return bench.wait(retire(bench.own, bench.context, std::nullopt, batch));
}

bool keep_day(AuditBench& bench, days later = days(0)) {
    const auto kept = bench.wait(
        keep_anchor(bench.own, bench.backend.store(), bench.context, bench.clock.now() + later)
    );
    return kept && *kept;
}

std::vector<DayAnchor> days_of(AuditBench& bench) {
    return *bench.wait(list_anchors(bench.backend.store(), bench.context, bench.clock.now()));
}

/// As retirement does it, by somebody who does not wait for it.
void remove_up_to(AuditBench& bench, int position, const std::string& last_entry_at) {
    const std::string here = std::to_string(position);
    bench.tamper(
        "INSERT INTO audit_beginnings SELECT position, hash, " + last_entry_at +
        ", now() FROM audit_seals WHERE position = " + here
    );
    bench.tamper(
        "DELETE FROM audit_entries USING audit_seals WHERE id = entry_id AND position <= " + here
    );
    bench.tamper("DELETE FROM audit_seals WHERE position <= " + here);
}

TEST(AuditRetention, EntriesGoAfterTheirTimeAndTheChainBeginsBehindThem) {
    AuditBench bench;
    bench.fill_old(3, 402);
    bench.fill(2);

    EXPECT_EQ(retire_now(bench), 3);
    EXPECT_EQ(retire_now(bench), 0);
    bench.seal_all();

    const Verdict verdict = bench.look();
    EXPECT_TRUE(verdict.is_whole());
    EXPECT_EQ(verdict.retired, 3);
    EXPECT_EQ(verdict.sealed, 3) << "two that are young, and one that tells of it";
    EXPECT_EQ(verdict.end.position, 6);
    const auto told =
        bench.wait(list(bench.own, bench.context, {.action = "audit.retire"}, std::nullopt, 10));
    ASSERT_EQ(told.size(), 1);
    EXPECT_EQ(told[0].target, "3");
    EXPECT_NE(told[0].after.find("\"entries\" : 3"), std::string::npos) << told[0].after;
    EXPECT_EQ(bench.run({"audit", "verify"}), 0);
    EXPECT_EQ(bench.printed[1], "It begins after position 3: entries are kept 400 days.");
}

TEST(AuditRetention, OneIsKeptToTheEndOfItsLastDayAndNoClockMakesItOlder) {
    AuditBench bench;
    const auto retire_at = [&](days later) {
        return bench.wait(retire(bench.own, bench.context, bench.clock.now() + later));
    };
    bench.fill_old(1, 405);
    bench.fill(2);

    EXPECT_EQ(retire_at(-days(5)), 0);
    EXPECT_EQ(retire_at(-days(4)), 1);
    EXPECT_EQ(retire_at(days(10'000)), 0) << "the server's clock does not say so";
}

TEST(AuditRetention, ItStopsBeforeTheFirstThatIsYoungerAndLeavesTheNewestSeal) {
    AuditBench bench;
    bench.fill_old(2, 402);
    bench.fill(1);
    bench.fill_old(2, 402);
    EXPECT_EQ(retire_now(bench), 2);

    AuditBench quiet;
    quiet.fill_old(3, 402);
    EXPECT_EQ(retire_now(quiet), 2);
    quiet.seal_all();

    EXPECT_TRUE(bench.look().is_whole());
    const Verdict verdict = quiet.look();
    EXPECT_TRUE(verdict.is_whole());
    EXPECT_EQ(verdict.end.position, 4) << "the chain goes on from the seal that stayed";
}

TEST(AuditRetention, ItGoesInBatchesEachOfWhichLeavesAChainThatFits) {
    AuditBench bench;
    bench.fill_old(25, 402);
    bench.fill(1);
    for (const std::int64_t expected : {10, 10, 5, 0}) {
        EXPECT_EQ(retire_now(bench, 10), expected);
        EXPECT_TRUE(bench.look().is_whole());
    }
}

TEST(AuditRetention, NothingButItRemovesAnEntryHoweverOldItIs) {
    AuditBench bench;
    bench.fill_old(2, 402);
    bench.fill(1);
    for (const char* statement :
         {"DELETE FROM audit_seals",
          "DELETE FROM audit_entries WHERE created_at < now() - interval '400 days'",
          "DO $$ BEGIN DELETE FROM audit_seals WHERE position = 1; END $$",
          "DO $$ BEGIN DELETE FROM audit_seals /* PL/pgSQL function audit_retire(timestamp with "
          "time zone,integer) line 1 */; END $$",
          "INSERT INTO audit_beginnings VALUES (1, '', now(), now())",
          "UPDATE audit_beginnings SET hash = ''",
          "DELETE FROM audit_beginnings",
          "TRUNCATE audit_beginnings"}) {
        EXPECT_THROW(bench.sql.execute(statement), pg::Fault) << statement;
    }
    EXPECT_EQ(bench.look().sealed, 3);
    EXPECT_EQ(retire_now(bench), 2);
}

TEST(AuditRetention, OneThatIsKilledAnywhereHasRemovedNothing) {
    AuditBench bench;
    bench.fill_old(3, 402);
    bench.fill(1);
    bench.sql.execute(
        "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$"
    );
    for (const char* moment :
         {"audit_seals AFTER DELETE ON audit_seals FOR EACH STATEMENT",
          "audit_entries AFTER DELETE ON audit_entries FOR EACH STATEMENT",
          "audit_beginnings AFTER INSERT ON audit_beginnings FOR EACH STATEMENT",
          "audit_entries AFTER INSERT ON audit_entries FOR EACH STATEMENT",
          "audit_unsealed AFTER INSERT ON audit_unsealed FOR EACH STATEMENT"}) {
        const std::string words(moment);
        const std::string table = words.substr(0, words.find(' '));
        bench.sql.execute(
            "CREATE TRIGGER killer" + words.substr(table.size()) + " EXECUTE FUNCTION die()"
        );
        EXPECT_THROW(retire_now(bench), pg::Fault) << moment;
        bench.sql.execute("DROP TRIGGER killer ON " + table);
        const Verdict verdict = bench.look();
        EXPECT_TRUE(verdict.is_whole()) << moment;
        EXPECT_EQ(verdict.sealed, 4) << moment;
        EXPECT_EQ(verdict.retired, 0) << moment;
    }
    EXPECT_EQ(retire_now(bench), 3);
    EXPECT_TRUE(bench.look().is_whole());
}

Task<> retire_until_none(pg::Database& db, trace::Context context, std::int64_t& sum) {
    while (const auto gone = co_await retire(db, context, std::nullopt, 7)) sum += gone;
}

TEST(AuditRetention, TwoAtOnceRemoveEachEntryOnce) {
    AuditBench bench;
    bench.fill_old(40, 402);
    bench.fill(1);
    std::int64_t sum = 0;
    std::vector<std::unique_ptr<pg::Database>> nodes;
    TaskGroup group(bench.log);
    for (int i = 0; i < 3; ++i) {
        nodes.push_back(std::make_unique<pg::Database>(
            pg::Options{.conninfo = bench.conninfo.clone()}, bench.telemetry
        ));
        group.spawn(
            bench.loop.get_executor(),
            "retire",
            retire_until_none(*nodes.back(), bench.context, sum)
        );
    }
    bench.wait(group.join());

    EXPECT_EQ(sum, 40);
    EXPECT_TRUE(bench.look().is_whole());
}

TEST(AuditRetention, AVerifyGoesOnWhileEntriesGo) {
    AuditBench bench;
    bench.fill_old(2500, 402);
    bench.fill(1);
    int calls = 0;
    const Verdict verdict = bench.look({.tell = [&](std::int64_t) {
        // After its first 1000 rows the next 500 are gone too, and then all that are old.
        ++calls;
        if (calls == 1) bench.sql.execute("SELECT audit_retire(NULL, 1500)");
        if (calls == 2) bench.sql.execute("SELECT audit_retire(NULL, 5000)");
    }});

    EXPECT_TRUE(verdict.is_whole()) << about(verdict).front();
    EXPECT_EQ(verdict.retired, 2500);
    EXPECT_TRUE(bench.look().is_whole());
}

TEST(AuditRetention, ABeginningThatDoesNotFitIsNamed) {
    AuditBench bench;
    bench.fill_old(2, 402);
    bench.fill(2);
    retire_now(bench);
    bench.seal_all();
    bench.tamper("UPDATE audit_beginnings SET hash = repeat('0', 64)");

    const Verdict verdict = bench.look();

    ASSERT_EQ(verdict.wrong, 1);
    EXPECT_EQ(verdict.first[0].position, 3);
    EXPECT_NE(about(verdict)[0].find("of the beginning"), std::string::npos);

    bench.tamper("DELETE FROM audit_beginnings");
    const Verdict without = bench.look();
    EXPECT_EQ(without.wrong, 2) << "two seals are gone, and nothing says that they had to";
}

TEST(AuditRetention, WhatWasRemovedBeforeItsTimeIsNamedByTheDayThatKnewIt) {
    AuditBench bench;
    bench.fill(3);
    ASSERT_TRUE(keep_day(bench));
    bench.fill(2);
    remove_up_to(bench, 3, "now() - interval '401 days'");

    EXPECT_TRUE(bench.look().is_whole()) << "nothing in the database tells of it";
    const auto kept = days_of(bench);
    const Verdict verdict = bench.look({.days = kept});
    ASSERT_EQ(verdict.wrong, 1);
    EXPECT_EQ(name_of(verdict.first[0].wrong), "missing");
    EXPECT_EQ(verdict.first[0].position, 3);
    EXPECT_EQ(
        about(verdict)[0],
        "It was removed before its time, and all before it: it is the anchor of " + kept[0].day +
            "."
    );
    EXPECT_EQ(bench.look({.anchor = kept[0].anchor}).wrong, 1);
}

TEST(AuditRetention, ABeginningThatSaysItselfThatItIsTooEarlyIsNamedWithoutAnyAnchor) {
    AuditBench bench;
    bench.fill(3);
    remove_up_to(bench, 2, "now()");

    const Verdict verdict = bench.look();

    ASSERT_EQ(verdict.wrong, 1);
    EXPECT_EQ(about(verdict)[0], "The entries up to here were removed before their time.");
}

TEST(AuditRetention, AnAnchorOfTodayForgivesThatItsEntryIsOld) {
    AuditBench bench;
    bench.fill_old(3, 402);
    ASSERT_TRUE(keep_day(bench));
    bench.fill(1);
    retire_now(bench);

    const auto kept = days_of(bench);
    EXPECT_TRUE(bench.look({.days = kept}).is_whole());
    bench.tamper("UPDATE audit_beginnings SET hash = repeat('0', 64)");
    const Verdict verdict = bench.look({.days = kept});
    ASSERT_EQ(verdict.wrong, 2) << "the seal behind it, and the anchor";
    EXPECT_EQ(
        about(verdict)[1], "The beginning of the chain is not the anchor of " + kept[0].day + "."
    );
}

class AuditAnchors : public ::testing::TestWithParam<testing::Driver> {};

TEST_P(AuditAnchors, ADayKeepsOneThatIsNeverWrittenOver) {
    AuditBench bench;
    const auto backend = GetParam().make(bench);
    objects::Store& store = backend->store();
    const auto keep = [&](days later) {
        return bench.wait(keep_anchor(bench.own, store, bench.context, bench.clock.now() + later))
            .value();
    };
    const auto kept = [&] {
        return bench.wait(list_anchors(store, bench.context, bench.clock.now())).value();
    };
    EXPECT_FALSE(keep(days(0))) << "there is no chain yet";
    EXPECT_TRUE(kept().empty());
    bench.fill(2);
    const Anchor first = bench.look().end;
    EXPECT_TRUE(keep(days(0)));
    bench.fill(1);
    EXPECT_FALSE(keep(days(0)));
    EXPECT_TRUE(keep(days(1)));
    EXPECT_TRUE(keep(-days(500))) << "of a day whose entries are not kept any more";

    const auto all = kept();
    ASSERT_EQ(all.size(), 2);
    EXPECT_EQ(all[0].day, to_rfc3339(bench.clock.now()).substr(0, 10));
    EXPECT_EQ(all[0].anchor->str(), first.str());
    EXPECT_EQ(all[1].anchor->position, 3);
    EXPECT_TRUE(bench.look({.days = all}).is_whole());
    bench.wait(store.close());
}

INSTANTIATE_TEST_SUITE_P(
    Stores,
    AuditAnchors,
    ::testing::ValuesIn(testing::drivers),
    [](const auto& made) { return std::string(made.param.name); }
);

TEST(AuditAnchor, AnEndThatWasCutOffIsNamedByTheDayThatKeptItWithoutAnyArgument) {
    AuditBench bench;
    bench.fill(3);
    keep_day(bench, -days(1));
    keep_day(bench);
    EXPECT_EQ(bench.run({"audit", "verify"}), 0);
    const std::string today = to_rfc3339(bench.clock.now()).substr(0, 10);
    EXPECT_EQ(
        bench.printed[1],
        "It goes through the anchors that the object store has of 2 days, the last of " + today +
            "."
    );
    bench.tamper("DELETE FROM audit_entries USING audit_seals WHERE id = entry_id AND position = 3"
    );
    bench.tamper("DELETE FROM audit_seals WHERE position = 3");

    EXPECT_EQ(bench.run({"audit", "verify"}), cli::exit_refused);
    EXPECT_EQ(
        bench.printed[0],
        "missing   position 3  The chain ends before the anchor of " + today + ": 1 seal is gone."
    );

    bench.fill(1);
    EXPECT_EQ(bench.run({"audit", "verify"}), cli::exit_refused);
    ASSERT_EQ(bench.printed.size(), 2) << "of both days the first";
    EXPECT_NE(bench.printed[0].find("has another hash here"), std::string::npos);
    EXPECT_EQ(bench.run({"audit", "verify", "--without-store"}), 0);
}

TEST(AuditAnchor, OneThatWasWrittenOverIsNamed) {
    AuditBench bench;
    bench.fill(1);
    keep_day(bench);
    const std::string day = days_of(bench)[0].day;
    std::ofstream(bench.backend.folder() / "objects" / anchors_prefix / day) << "1:00\n";

    const Verdict verdict = bench.look({.days = days_of(bench)});

    ASSERT_EQ(verdict.wrong, 1);
    EXPECT_NE(about(verdict)[0].find("anchor of " + day), std::string::npos);
}

TEST(AuditAnchor, AStoreThatIsAwayIsToldAndNotTakenForOneWithoutAnchors) {
    AuditBench bench;
    bench.fill(1);
    std::filesystem::remove_all(bench.backend.folder());

    EXPECT_EQ(bench.run({"audit", "verify"}), cli::exit_temporary);
    ASSERT_EQ(bench.printed.size(), 1);
    EXPECT_NE(bench.printed[0].find("(audit.store_away)"), std::string::npos);
    EXPECT_EQ(bench.run({"audit", "verify", "--without-store"}), 0);
    EXPECT_EQ(bench.printed.size(), 3);
}

}  // namespace
}  // namespace acme::audit
