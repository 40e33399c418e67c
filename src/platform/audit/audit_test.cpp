// The chain on a real PostgreSQL, before somebody who may do there what they like.
#include "io/loop/task_group.hpp"
#include "testing/audit_bench.hpp"

namespace acme::audit {
namespace {

void expect_finding(
    const Verdict& verdict,
    std::size_t index,
    Wrong wrong,
    std::optional<std::int64_t> position,
    std::optional<AuditId> entry
) {
    ASSERT_GT(verdict.first.size(), index);
    EXPECT_EQ(name_of(verdict.first[index].wrong), name_of(wrong)) << verdict.first[index].about;
    EXPECT_EQ(verdict.first[index].position, position) << verdict.first[index].about;
    EXPECT_EQ(verdict.first[index].entry, entry) << verdict.first[index].about;
}

TEST(Audit, AChainGoesOnWhereItEndedAndIsWhole) {
    AuditBench bench;
    EXPECT_TRUE(bench.look().is_whole());
    bench.fill(2);
    bench.write("thing-3");

    const Verdict before = bench.look();
    bench.seal_all();
    const Verdict after = bench.look({.anchor = before.end});

    EXPECT_TRUE(before.is_whole() && after.is_whole());
    EXPECT_EQ(before.sealed, 2);
    EXPECT_EQ(before.waiting, 1);
    EXPECT_EQ(after.sealed, 3);
    EXPECT_EQ(after.waiting, 0);
    EXPECT_EQ(after.end.position, 3);
    EXPECT_FALSE(bench.wait(seal(bench.own, bench.context)));
}

TEST(Audit, TheProgramItselfCanNeitherChangeNorRemoveARow) {
    AuditBench bench;
    bench.fill(1);
    for (const char* statement :
         {"UPDATE audit_entries SET actor = 'nobody'",
          "DELETE FROM audit_entries",
          "TRUNCATE audit_entries, audit_seals, audit_unsealed",
          "UPDATE audit_seals SET hash = ''",
          "DELETE FROM audit_seals",
          "TRUNCATE audit_seals"}) {
        EXPECT_THROW(bench.sql.execute(statement), pg::Fault) << statement;
    }
    EXPECT_TRUE(bench.look().is_whole());
}

TEST(Audit, AnEntryThatWasChangedIsNamedWhateverOfItWasChanged) {
    for (const char* change :
         {"actor = 'nobody'",
          "action = 'test.other'",
          "target = 'other'",
          "before = '{}'",
          "after = ''",
          "request_id = 'x'",
          "ip = ''",
          "created_at = created_at + interval '1 microsecond'",
          "org_id = gen_random_uuid()"}) {
        AuditBench bench;
        bench.fill(3);
        const AuditId changed = bench.entry_at(2);
        bench.tamper(
            "UPDATE audit_entries SET " + std::string(change) + " WHERE id = '" +
            to_text(changed.uuid) + "'"
        );

        const Verdict verdict = bench.look();

        EXPECT_EQ(verdict.wrong, 1) << change;
        expect_finding(verdict, 0, Wrong::changed, 2, changed);
    }
}

TEST(Audit, AnEntryThatWasRemovedIsNamedAlsoTheNewest) {
    AuditBench bench;
    bench.fill(3);
    const AuditId second = bench.entry_at(2);
    const AuditId last = bench.entry_at(3);
    bench.tamper("DELETE FROM audit_entries WHERE id <> '" + bench.id_at(1) + "'");

    const Verdict verdict = bench.look();

    EXPECT_EQ(verdict.wrong, 2);
    expect_finding(verdict, 0, Wrong::missing, 2, second);
    expect_finding(verdict, 1, Wrong::missing, 3, last);
}

TEST(Audit, AnEntryThatWasRemovedWithItsSealLeavesAGapBetweenItsNeighbours) {
    AuditBench bench;
    bench.fill(4);
    const std::string neighbours =
        "after " + bench.entry_at(1).str() + ", before " + bench.entry_at(4).str();
    bench.tamper(
        "DELETE FROM audit_entries USING audit_seals WHERE id = entry_id AND position IN (2, 3)"
    );
    bench.tamper("DELETE FROM audit_seals WHERE position IN (2, 3)");

    const Verdict verdict = bench.look();

    EXPECT_EQ(verdict.wrong, 2);
    expect_finding(verdict, 0, Wrong::missing, 2, std::nullopt);
    EXPECT_NE(verdict.first[0].about.find(neighbours), std::string::npos);
}

TEST(Audit, AnEndThatWasCutOffIsSeenByWhoeverKeptAnAnchor) {
    AuditBench bench;
    bench.fill(3);
    const Anchor kept = bench.look().end;
    bench.tamper("DELETE FROM audit_entries USING audit_seals WHERE id = entry_id AND position = 3"
    );
    bench.tamper("DELETE FROM audit_seals WHERE position = 3");

    EXPECT_TRUE(bench.look().is_whole()) << "nothing in the database tells of it";
    const Verdict verdict = bench.look({.anchor = kept});
    expect_finding(verdict, 0, Wrong::missing, 3, std::nullopt);

    bench.fill(1);
    const Verdict grown = bench.look({.anchor = kept});
    EXPECT_EQ(grown.wrong, 1);
    expect_finding(grown, 0, Wrong::changed, 3, bench.entry_at(3));
}

TEST(Audit, ASealThatWasWrittenAnewDoesNotFitItsNeighbour) {
    AuditBench bench;
    bench.fill(3);
    bench.tamper("UPDATE audit_entries SET actor = 'nobody' WHERE id = '" + bench.id_at(2) + "'");
    const auto all = bench.wait(list_exported(bench.own, bench.context, {}, std::nullopt, 10));
    const auto forged = std::ranges::find(all, std::optional<std::int64_t>(2), &Exported::position);
    const std::string hash = hash_of(forged->prev_hash, forged->entry);
    bench.tamper("UPDATE audit_seals SET hash = '" + hash + "' WHERE position = 2");

    const Verdict verdict = bench.look();

    EXPECT_EQ(verdict.wrong, 1);
    expect_finding(verdict, 0, Wrong::changed, 3, bench.entry_at(3));
    EXPECT_NE(verdict.first[0].about.find(bench.entry_at(2).str()), std::string::npos);
}

TEST(Audit, AnEntryThatWasPutInBesideTheLineIsNamed) {
    AuditBench bench;
    bench.fill(1);
    bench.sql.execute(
        "INSERT INTO audit_entries (id, actor, action, target, before, after, request_id, ip) "
        "VALUES ('00000000-0000-0000-0000-000000000000', 'eve', 'test.change', 'x', '', '', '', '')"
    );

    const Verdict verdict = bench.look();

    EXPECT_EQ(verdict.wrong, 1);
    expect_finding(verdict, 0, Wrong::inserted, std::nullopt, AuditId{});
}

TEST(Audit, WhatWasDoneToTheLineIsNamed) {
    AuditBench bench;
    bench.fill(1);
    const AuditId sealed = bench.entry_at(1);
    bench.sql.execute("INSERT INTO audit_unsealed SELECT entry_id FROM audit_seals");
    bench.tamper("INSERT INTO audit_unsealed VALUES ('ffffffff-ffff-7fff-bfff-ffffffffffff')");
    bench.tamper(
        "INSERT INTO audit_seals SELECT 0, gen_random_uuid(), prev_hash, hash FROM audit_seals"
    );

    const Verdict verdict = bench.look();

    EXPECT_EQ(verdict.wrong, 3);
    ASSERT_EQ(verdict.first.size(), 3);
    EXPECT_EQ(verdict.first[0].wrong, Wrong::inserted);
    EXPECT_EQ(verdict.first[0].position, 0);
    expect_finding(verdict, 1, Wrong::inserted, std::nullopt, sealed);
    EXPECT_EQ(verdict.first[2].wrong, Wrong::missing);
}

TEST(Audit, WhoIsCommittedLateIsSealedLateAndNotLeftOut) {
    AuditBench bench;
    auto slow = bench.wait(bench.own.begin(bench.context));
    bench.write_in(slow, "slow");
    bench.fill(1);
    EXPECT_EQ(bench.look().sealed, 1);

    bench.wait(slow.commit(bench.context));
    bench.seal_all();

    const Verdict verdict = bench.look();
    EXPECT_TRUE(verdict.is_whole());
    EXPECT_EQ(verdict.sealed, 2);
    EXPECT_LT(bench.entry_at(2), bench.entry_at(1)) << "the older id has the later place";
}

TEST(Audit, ASealerThatIsKilledAnywhereLeavesAChainThatFits) {
    AuditBench bench;
    bench.fill(2);
    for (int i = 3; i <= 5; ++i) bench.write("thing-" + std::to_string(i));
    bench.sql.execute(
        "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.position = "
        "TG_ARGV[0]::int THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NEW; "
        "END $$"
    );
    // While it writes each of the seals, after it has, and while it commits.
    for (const char* moment :
         {"TRIGGER killer BEFORE INSERT ON audit_seals FOR EACH ROW EXECUTE FUNCTION die(3)",
          "TRIGGER killer BEFORE INSERT ON audit_seals FOR EACH ROW EXECUTE FUNCTION die(4)",
          "TRIGGER killer AFTER INSERT ON audit_seals FOR EACH ROW EXECUTE FUNCTION die(5)",
          "CONSTRAINT TRIGGER killer AFTER INSERT ON audit_seals DEFERRABLE INITIALLY DEFERRED "
          "FOR EACH ROW EXECUTE FUNCTION die(5)"}) {
        bench.sql.execute("CREATE " + std::string(moment));
        EXPECT_THROW(bench.wait(seal(bench.own, bench.context)), pg::Fault) << moment;
        bench.sql.execute("DROP TRIGGER killer ON audit_seals");
        const Verdict verdict = bench.look();
        EXPECT_TRUE(verdict.is_whole()) << moment;
        EXPECT_EQ(verdict.sealed, 2) << moment;
        EXPECT_EQ(verdict.waiting, 3) << moment;
    }

    bench.seal_all();

    const Verdict verdict = bench.look();
    EXPECT_TRUE(verdict.is_whole());
    EXPECT_EQ(verdict.sealed, 5);
}

Task<> seal_until_none(pg::Database& db, trace::Context context) {
    while (co_await seal(db, context)) {
    }
}

TEST(Audit, TwoSealersAtOnceSealEachEntryOnce) {
    AuditBench bench;
    for (int i = 0; i < 20; ++i) bench.write("thing");
    TaskGroup group(bench.log);
    for (int i = 0; i < 3; ++i) {
        group.spawn(bench.loop.get_executor(), "seal", seal_until_none(bench.own, bench.context));
    }
    bench.wait(group.join());

    const Verdict verdict = bench.look();
    EXPECT_TRUE(verdict.is_whole());
    EXPECT_EQ(verdict.sealed, 20);
}

TEST(Audit, ALongChainIsReadInPartsAndTellsHowFarItIs) {
    AuditBench bench;
    bench.fill_quickly(2500);
    bench.tamper("UPDATE audit_entries SET actor = 'nobody' WHERE action = 'test.many'");
    std::vector<std::int64_t> told;

    const Verdict verdict = bench.look({.tell = [&](std::int64_t rows) { told.push_back(rows); }});

    EXPECT_EQ(verdict.wrong, 2500);
    EXPECT_EQ(verdict.first.size(), findings_max);
    EXPECT_EQ(verdict.sealed, 2500);
    ASSERT_GE(told.size(), 6);
    EXPECT_EQ(told.front(), 1000);
    EXPECT_EQ(told.back(), 5000);
}

}  // namespace
}  // namespace acme::audit
