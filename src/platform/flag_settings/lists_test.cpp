// Segments, exports, signs that a flag is done with, counts.
#include "base/gzip.hpp"
#include "base/moment.hpp"
#include "platform/flag_settings/counts.hpp"
#include "platform/flag_settings/members.hpp"
#include "platform/flag_settings/rulesets.hpp"
#include "platform/flag_settings/settings.hpp"
#include "platform/flag_settings/settings_http.hpp"
#include "platform/flag_settings/words.hpp"
#include "platform/flags/ruleset.hpp"
#include "testing/organizations_bench.hpp"

#include <boost/json/parse.hpp>

namespace acme::flag_settings {
namespace {

using testing::column_of;
using testing::header;
using testing::text_in;

constexpr pg::Query drop_own_targeting{"test.flag_own_targeting", "DELETE FROM flag_targeting"};
constexpr pg::Query forget_lists{"test.flag_forget", "UPDATE flag_segments SET list = ''"};
constexpr pg::Query drop_own{"test.flag_own", "DELETE FROM flags"};  // those of the program itself

constexpr std::string_view staff = "/v1/admin/segments/staff";

struct ListsBench : testing::OrganizationsBench {
    ListsBench() {
        wait(db.run(context, drop_own_targeting));
        wait(db.run(context, drop_own));
        add_user("op@example.com", PlatformRole::operator_);
        add_routes(node.router, {settings, idempotency, node.cursors, node.trusted_proxies, false});
        op = signed_in("op@example.com");
        op.post("/v1/admin/flags", R"({"key":"checkout","description":"New."})");
    }

    http::Response upload(std::string_view lines) {
        return op.send(
            http::Method::put,
            "/v1/admin/segments/staff/members?kind=user",
            lines,
            {{"Content-Type", "text/plain"}}
        );
    }

    http::Response import(const std::string& document, bool is_dry) {
        return op.post(
            std::string("/v1/admin/flags:import?environment=staging") +
                (is_dry ? "&dry_run=1" : ""),
            document
        );
    }

    flags::Ruleset published() {
        const auto newest = wait(newest_ruleset(db, context, "production"));
        const std::string& text = newest.value().payload;
        const auto plain = inflated(text, payload_bytes_max);
        return flags::parse_ruleset(plain.value_or(text)).value();
    }

    bool has_list(const std::string& id) { return wait(find_list(db, context, id)).has_value(); }

    flags::Segment list(const std::string& id) {
        const auto packed = wait(find_list(db, context, id));
        const auto text = inflated(packed.value(), payload_bytes_max);
        return flags::parse_segment(boost::json::parse(text.value()).as_object()).value();
    }

    Settings settings{{db, loop, telemetry, node.accounts}, nullptr};
    testing::Browser op = browser();
};

boost::json::value json_of(const http::Response& response) {
    return boost::json::parse(response.body);
}

TEST(FlagSegments, AreMadeFilledNamedAndNotDeletedWhileTheyAreUsed) {
    ListsBench bench;
    const auto made = bench.op.send(http::Method::put, staff, R"({"name":"Staff"})");
    EXPECT_EQ(made.status, 201) << made.body;
    const auto filled = bench.op.post(
        "/v1/admin/segments/staff/members:batch",
        R"({"add":[{"kind":"user","id":"usr_1"},{"kind":"org","id":"org_1"}]})"
    );
    EXPECT_EQ(json_of(filled).at("users").as_int64(), 1) << filled.body;
    const auto used = bench.op.send(
        http::Method::put,
        "/v1/admin/flags/checkout/environments/production",
        R"({"enabled":true,"fallthrough":{"variant":"off"},"rules":[{"serve":{"variant":"on"},
            "if":[{"op":"segment","values":["staff"]}]}]})",
        {{"If-Match", "\"1\""}}
    );
    EXPECT_EQ(used.status, 200) << used.body;
    EXPECT_EQ(bench.published().segments.at(0).users.at(0), "usr_1");
    EXPECT_EQ(text_in(bench.op.send(http::Method::del, staff), "code"), "flags.segment_in_use");
    EXPECT_EQ(json_of(bench.op.get(staff)).at("used_by").at(0).as_string(), "checkout");
    EXPECT_EQ(bench.op.send(http::Method::put, staff, R"({"name":"Staff"})").status, 428);
    EXPECT_EQ(bench.op.send(http::Method::del, "/v1/admin/segments/nobody").status, 404);
}

TEST(FlagSegments, TakeLinesAndKeepNoneOfThoseThatHaveOneWrong) {
    ListsBench bench;
    bench.op.send(http::Method::put, staff, R"({"name":"Staff"})");
    const auto filled = bench.upload("usr_1\r\nusr_2\n\nusr_3");
    EXPECT_EQ(json_of(filled).at("users").as_int64(), 3) << filled.body;
    const auto refused = bench.upload("usr_4\n" + std::string(300, 'x') + "\n");
    EXPECT_EQ(refused.status, 422) << refused.body;
    EXPECT_EQ(json_of(refused).at("errors").at(0).at("pointer").as_string(), "/lines/1");
    EXPECT_EQ(column_of(bench.op.get(std::string(staff) + "/members"), "id"), "usr_1 usr_2 usr_3");
}

constexpr std::string_view for_staff = R"({"enabled":true,"fallthrough":{"variant":"off"},
    "rules":[{"id":"a","serve":{"variant":"on"},"if":[{"op":"segment","values":["staff"]}]}]})";

std::string lines_of(int users) {
    std::string lines;
    for (int i = 0; i < users; ++i) lines += "usr_" + std::to_string(i) + "\n";
    return lines;
}

TEST(FlagSegments, ALongListIsNamedByTheRuleSetsThatNeedIt) {
    ListsBench bench;
    bench.op.send(http::Method::put, staff, R"({"name":"Staff"})");
    EXPECT_EQ(json_of(bench.upload(lines_of(60'000))).at("users").as_int64(), 60'000);
    EXPECT_TRUE(bench.published().segments.empty());
    const auto previewed = bench.op.post(
        "/v1/admin/flags/checkout/environments/production:preview",
        R"({"draft":)" + std::string(for_staff) + R"(,"subject":{"user_id":"usr_777"}})"
    );
    EXPECT_EQ(json_of(previewed).at("draft").at("value").as_bool(), true) << previewed.body;
    bench.op.send(
        http::Method::put,
        "/v1/admin/flags/checkout/environments/production",
        for_staff,
        {{"If-Match", "\"1\""}}
    );
    const flags::Segment named = bench.published().segments.at(0);
    EXPECT_TRUE(named.users.empty());
    EXPECT_EQ(bench.list(named.list).users.size(), 60'000);
    const auto read =
        bench.wait(members_after(bench.db, bench.context, "staff", {"user", "usr_59998"}, 10));
    ASSERT_EQ(read.size(), 10);
    EXPECT_EQ(read.front().id, "usr_59999");
}

TEST(FlagSegments, AListIsAnotherOnceItsMembersAreAndGoesWhenNobodyHasIt) {
    ListsBench bench;
    bench.op.send(http::Method::put, staff, R"({"name":"Staff"})");
    bench.upload(lines_of(20'000));
    bench.op.send(
        http::Method::put,
        "/v1/admin/flags/checkout/environments/production",
        for_staff,
        {{"If-Match", "\"1\""}}
    );
    const std::string first = bench.published().segments.at(0).list;
    bench.op.post(
        "/v1/admin/segments/staff/members:batch", R"({"add":[{"kind":"org","id":"org_1"}]})"
    );
    const std::string second = bench.published().segments.at(0).list;
    EXPECT_NE(second, first);
    EXPECT_EQ(bench.list(second).orgs, std::vector<std::string>{"org_1"});
    const auto prune = [&] {
        bench.wait(prune_rulesets(bench.db, bench.context, bench.clock.now()));
    };
    prune();
    EXPECT_TRUE(bench.has_list(first)) << "a transaction may be about to name it";
    bench.clock.advance(std::chrono::hours(2));
    prune();
    EXPECT_FALSE(bench.has_list(first));
    EXPECT_TRUE(bench.has_list(second));
    bench.upload(lines_of(3));
    EXPECT_EQ(bench.published().segments.at(0).list, "");
    EXPECT_EQ(bench.published().segments.at(0).users.size(), 3);
    prune();
    EXPECT_FALSE(bench.has_list(second));
}

TEST(FlagSegments, AListOfBeforeThereWereAnyIsInTheRuleSetsUntilTheSegmentChanges) {
    ListsBench bench;
    bench.op.send(http::Method::put, staff, R"({"name":"Staff"})");
    bench.upload(lines_of(20'000));
    bench.wait(bench.db.run(bench.context, forget_lists));
    bench.op.send(
        http::Method::put,
        "/v1/admin/flags/checkout/environments/production",
        for_staff,
        {{"If-Match", "\"1\""}}
    );
    EXPECT_EQ(bench.published().segments.at(0).users.size(), 20'000);
    const auto changed = bench.op.send(
        http::Method::put, staff, R"({"name":"All of the staff"})", {{"If-Match", "\"3\""}}
    );
    EXPECT_EQ(changed.status, 200) << changed.body;
    EXPECT_EQ(bench.list(bench.published().segments.at(0).list).users.size(), 20'000);
}

TEST(FlagExchange, WhatIsExportedComesBackAsItWas) {
    ListsBench bench;
    bench.op.send(http::Method::put, staff, R"({"name":"Staff"})");
    bench.op.post(
        "/v1/admin/segments/staff/members:batch", R"({"add":[{"kind":"user","id":"usr_1"}]})"
    );
    bench.op.send(
        http::Method::put,
        "/v1/admin/flags/checkout/environments/production",
        R"({"enabled":true,"fallthrough":{"variant":"off"},"rules":[{"id":"r_1","rollout":500,
            "serve":{"variant":"on"},"if":[{"op":"segment","values":["staff"]}]}]})",
        {{"If-Match", "\"1\""}}
    );
    const auto exported = bench.op.get("/v1/admin/flags:export?environment=production");
    EXPECT_EQ(exported.status, 200) << exported.body;
    const auto dry = bench.import(exported.body, true);
    EXPECT_EQ(dry.status, 200) << dry.body;
    EXPECT_EQ(json_of(dry).at("changed").at(0).as_string(), "checkout");
    EXPECT_EQ(json_of(bench.import(exported.body, false)).at("version").as_int64(), 4);
    const auto again = json_of(bench.import(exported.body, false));
    EXPECT_EQ(again.at("unchanged").as_int64(), 1);
    EXPECT_EQ(again.at("version").as_int64(), 4);
    auto staging = json_of(bench.op.get("/v1/admin/flags:export?environment=staging"));
    auto production = json_of(exported);
    EXPECT_EQ(staging.at("flags"), production.at("flags"));
    EXPECT_EQ(staging.at("segments"), production.at("segments"));
}

TEST(FlagExchange, ADocumentIsTakenWholeOrNotAtAll) {
    ListsBench bench;
    const auto refused = bench.import(
        R"({"format":"acme-flags-1","flags":[{"key":"fine"},
            {"key":"bad","enabled":true,"fallthrough":{"variant":"x"}}]})",
        false
    );
    EXPECT_EQ(refused.status, 422) << refused.body;
    EXPECT_NE(refused.body.find("/flags/1/fallthrough"), std::string::npos) << refused.body;
    EXPECT_EQ(column_of(bench.op.get("/v1/admin/flags"), "key"), "checkout");
}

TEST(FlagOverview, CountsAreAddedUpAndShown) {
    ListsBench bench;
    const WallTime now = bench.clock.now();
    const auto environments = bench.wait(versions(bench.db, bench.context));
    const std::int64_t production = environments.at(0).environment_id;
    for (int i = 0; i < 2; ++i) {
        bench.wait(add_counts(
            bench.db,
            bench.context,
            {{.flag = "checkout", .environment_id = production, .variant = "on", .count = 3}},
            now
        ));
    }
    for (const char* const variant : {"on", "off"}) {
        bench.wait(add_exposures(
            bench.db,
            bench.context,
            "production",
            {{.flag = "checkout", .unit_hash = "one", .variant = variant}},
            now
        ));
    }
    const auto chart = json_of(bench.op.get("/v1/admin/flags/checkout/evaluations"));
    EXPECT_EQ(chart.at("series").at(0).at("counts").as_array().back().as_int64(), 6);
    EXPECT_EQ(chart.at("exposures").as_array().size(), 1);
    EXPECT_EQ(chart.at("exposures").at(0).at("variant").as_string(), "on");
    const auto line = json_of(bench.op.get("/v1/admin/flags")).at("data").at(0);
    EXPECT_EQ(line.at("evaluations_24h").as_int64(), 6);
    EXPECT_EQ(line.at("hours_24h").as_array().size(), 24);
}

TEST(FlagOverview, WhatADraftThatIsOffWouldDoIsCountedAsIfItWereOnToo) {
    ListsBench bench;
    const auto weighed = [&](const std::string& draft) {
        return json_of(bench.op.post(
            "/v1/admin/flags/checkout/environments/production:impact",
            R"({"draft":{"fallthrough":{"variant":"on"},"enabled":)" + draft + "}}"
        ));
    };
    const auto on = weighed("true");
    EXPECT_TRUE(on.at("if_on").is_null());
    const auto off = weighed("false");
    EXPECT_EQ(off.at("kept"), off.at("units"));
    EXPECT_TRUE(off.at("moves").as_array().empty());
    EXPECT_EQ(off.at("if_on").at("kept").as_int64(), 0);
    EXPECT_EQ(off.at("if_on").at("moves"), on.at("moves"));
}

TEST(FlagOverview, SignsSayThatAFlagIsDoneWith) {
    const WallTime now = testing::start;
    const WallTime long_ago = now - std::chrono::days(40);
    Flag flag{
        .facts =
            {.key = "a",
             .name = "a",
             .description = "a",
             .expected_removal_at = "2026-11-22",
             .variants = R"([{"key":"on","value":true},{"key":"off","value":false}])",
             .created_at = long_ago,
             .updated_at = long_ago,
             .updated_by = ""},
        .targeting =
            {.is_enabled = true,
             .salt = "a:",
             .rules = R"({"fallthrough":{"variant":"on"}})",
             .updated_at = long_ago,
             .updated_by = ""}
    };
    const auto names = [&](const Traces& traces) {
        std::string text;
        for (const Signal& each : signals_of(flag, traces, now))
            text += std::string(each.name) + " ";
        return text;
    };
    EXPECT_EQ(names({.is_scanned = true}), "not_evaluated one_variant past_removal no_reference ");
    EXPECT_EQ(names({.evaluated_at = now}), "one_variant past_removal ");
    flag.targeting.rules = R"({"fallthrough":{"split":[{"variant":"on","weight":99999},
        {"variant":"off","weight":1}]}})";
    flag.facts.expected_removal_at = "2026-11-23";
    EXPECT_EQ(names({.evaluated_at = now}), "");
    flag.facts.is_permanent = true;
    EXPECT_EQ(names({}), "");
    flag.facts.is_permanent = false;
    flag.facts.kind = "ops";
    EXPECT_EQ(names({}), "");
}

TEST(FlagReferences, AReportReplacesThatOfItsRepository) {
    ListsBench bench;
    const auto report = [&](std::string_view query, std::string_view repo) {
        return bench.op.send(
            http::Method::put,
            "/v1/flags/checkout/references" + std::string(query),
            R"({"data":[{"repo":")" + std::string(repo) +
                R"(","path":"a.ts","line":3,"commit":"f00"}]})"
        );
    };
    EXPECT_EQ(report("?repo=web", "web").status, 200);
    EXPECT_EQ(column_of(report("?repo=api", "api"), "repo"), "api web");
    EXPECT_EQ(report("?repo=api", "web").status, 422);
    EXPECT_EQ(column_of(report("", "all"), "repo"), "all");
}

}  // namespace
}  // namespace acme::flag_settings
