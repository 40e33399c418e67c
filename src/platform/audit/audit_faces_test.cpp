// The audit as commands and as a list.
#include "testing/audit_bench.hpp"

#include <boost/json/parse.hpp>

namespace acme::audit {
namespace {

TEST(Audit, VerifySaysItInWordsOrInJsonAndByItsExitCode) {
    AuditBench bench;
    bench.fill(2);
    EXPECT_EQ(bench.run({"audit", "verify"}), 0);
    ASSERT_EQ(bench.printed.size(), 4);
    EXPECT_EQ(bench.printed[0], "The chain of 2 entries is whole; 0 wait for their seal.");
    EXPECT_EQ(bench.printed[1], "The object store has no anchor yet: it gets one a day.");
    const std::string end = bench.printed[3];
    EXPECT_EQ(bench.run({"audit", "verify", "--anchor", end}), 0);
    EXPECT_EQ(bench.run({"audit", "verify", "--anchor", "2"}), cli::exit_usage);

    const std::string forged = bench.entry_at(1).str();
    bench.tamper("UPDATE audit_entries SET ip = '' WHERE id = '" + bench.id_at(1) + "'");
    EXPECT_EQ(bench.run({"audit", "verify"}), cli::exit_refused);
    ASSERT_EQ(bench.printed.size(), 2);
    EXPECT_EQ(bench.printed[0], "changed   position 1  " + forged + "  It is not what was sealed.");
    EXPECT_EQ(bench.printed[1], "acme: 1 row does not fit.  (audit.broken)");

    EXPECT_EQ(bench.run({"audit", "verify", "--json"}), cli::exit_refused);
    ASSERT_EQ(bench.printed.size(), 1);
    const auto told = boost::json::parse(bench.printed[0]);
    EXPECT_FALSE(told.at("whole").as_bool());
    EXPECT_EQ(told.at("anchor").as_string(), end);
    EXPECT_EQ(told.at("findings").at(0).at("entry").as_string(), forged);
}

TEST(Audit, AnExportHasEveryEntryOnceOldestFirstWithItsSeal) {
    AuditBench bench;
    bench.fill_quickly(1200);
    bench.write("not sealed yet");

    EXPECT_EQ(bench.run({"audit", "export", "--format", "jsonl"}), 0);

    ASSERT_EQ(bench.printed.size(), 1201);
    std::string last;
    for (const std::string& line : bench.printed) {
        const auto row = boost::json::parse(line);
        const std::string id(row.at("id").as_string());
        EXPECT_LT(last, id);
        last = id;
    }
    const auto first = boost::json::parse(bench.printed.front());
    EXPECT_EQ(first.at("hash").as_string().size(), first_hash.size());
    const auto newest = boost::json::parse(bench.printed.back());
    EXPECT_TRUE(newest.at("position").is_null() && newest.at("hash").is_null());
    EXPECT_EQ(newest.at("after").at("name").as_string(), "a \"b\", c");
}

TEST(Audit, AnExportIsOfOneOrganizationOrOfATime) {
    AuditBench bench;
    const OrgId org = OrgId::make(bench.clock.now(), bench.random);
    bench.write("theirs", org);
    bench.write("the platform's");
    const auto exported = [&](std::vector<std::string> more) {
        std::vector<std::string> words{"audit", "export", "--format", "csv"};
        words.insert(words.end(), more.begin(), more.end());
        EXPECT_EQ(bench.run(words), 0);
        return bench.printed.size() - 1;  // its first line names the columns
    };
    EXPECT_EQ(exported({}), 2);
    EXPECT_EQ(exported({"--org", org.str()}), 1);
    EXPECT_NE(bench.printed[1].find(",ada,test.change,theirs,,"), std::string::npos);
    EXPECT_NE(bench.printed[1].find(R"(,"{""name"":""a \""b\"", c""}",)"), std::string::npos);
    EXPECT_EQ(exported({"--since", "2999-01-01T00:00Z"}), 0);
    EXPECT_EQ(exported({"--until", "2000-01-01T00:00Z"}), 0);
    EXPECT_EQ(exported({"--since", "2000-01-01T00:00Z", "--until", "2999-01-01T00:00Z"}), 2);
    const std::string moment = bench.sql.value(
        "SELECT to_char(max(created_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') "
        "FROM audit_entries"
    );
    EXPECT_EQ(exported({"--since", moment}), 1);
    EXPECT_EQ(exported({"--until", moment}), 1);
    EXPECT_EQ(bench.run({"audit", "export", "--format", "xml"}), cli::exit_usage);
    EXPECT_EQ(
        bench.run({"audit", "export", "--format", "csv", "--since", "then", "--org", "x"}),
        cli::exit_usage
    );
    EXPECT_EQ(bench.printed.size(), 3) << "both mistakes at once";
}

TEST(Audit, AFilterIsWhatAllOfItsWordsSay) {
    AuditBench bench;
    bench.fill(3);
    const auto found = [&](Filter filter) {
        return bench.wait(list(bench.own, bench.context, std::move(filter), std::nullopt, 10))
            .size();
    };
    EXPECT_EQ(found({}), 3);
    EXPECT_EQ(found({.actor = "ada"}), 3);
    EXPECT_EQ(found({.actor = "eve"}), 0);
    EXPECT_EQ(found({.action = "test.change", .target = "thing-2"}), 1);
    EXPECT_EQ(found({.action = "test.other", .target = "thing-2"}), 0);
    const auto wrong = read_filter({.org = "usr_1", .actor = "", .until = "2026"});
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().fields.size(), 3);
}

}  // namespace
}  // namespace acme::audit
