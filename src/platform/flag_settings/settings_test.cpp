// Flags over HTTP on a real database: made, set, published, killed, undone; and refused, with
// nothing published.
#include "platform/flag_settings/settings.hpp"

#include "io/loop/loop.hpp"
#include "platform/flag_settings/rulesets.hpp"
#include "platform/flag_settings/settings_http.hpp"
#include "platform/flags/ruleset.hpp"
#include "testing/organizations_bench.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace acme::flag_settings {
namespace {

using testing::column_of;
using testing::header;
using testing::text_in;

constexpr pg::Query list_actions{"test.flag_actions", R"sql(
    SELECT coalesce(string_agg(action, ' ' ORDER BY id), '') FROM audit_entries
    WHERE action LIKE 'flags.%'
)sql"};
constexpr pg::Query count_events{
    "test.flag_events", "SELECT count(*) FROM events WHERE topic = 'flags'"
};
constexpr pg::Query count_rulesets{"test.flag_rulesets", "SELECT count(*) FROM flag_rulesets"};
constexpr pg::Query insert_old{"test.flag_old_rulesets", R"sql(
    INSERT INTO flag_rulesets (environment_id, version, etag, payload, created_by)
    SELECT 1, v, '', '', 'test' FROM generate_series(1001, 1300) AS v
)sql"};
constexpr pg::Query raise{
    "test.flag_raise", "UPDATE flag_environments SET version = 1300 WHERE id = 1"
};

constexpr pg::Query drop_own_targeting{"test.flag_own_targeting", "DELETE FROM flag_targeting"};
constexpr pg::Query drop_own{"test.flag_own", "DELETE FROM flags"};  // those of the program itself

constexpr std::string_view flags_path = "/v1/admin/flags";
constexpr std::string_view in_production = "/v1/admin/flags/checkout/environments/production";
constexpr std::string_view on_for_europe = R"({
  "enabled": true, "fallthrough": {"variant": "off"},
  "rules": [{"id": "r_1", "name": "Europe", "serve": {"variant": "on"}, "rollout": 25000,
             "if": [{"attribute": "region", "op": "in", "values": ["eu-west"]}]}]
})";

struct FlagsBench : testing::OrganizationsBench {
    FlagsBench() {
        wait(db.run(context, drop_own_targeting));
        wait(db.run(context, drop_own));
        add_user("admin@example.com", PlatformRole::admin);
        add_user("op@example.com", PlatformRole::operator_);
        add_routes(node.router, {settings, idempotency, node.cursors, node.trusted_proxies, true});
        admin = signed_in("admin@example.com");
        op = signed_in("op@example.com");
    }

    http::Response make(std::string_view text = R"({"key":"checkout","description":"New."})") {
        return op.post(flags_path, text);
    }

    http::Response put(
        std::string_view text, std::string_view version, std::string_view path = in_production
    ) {
        return op.send(http::Method::put, path, text, {{"If-Match", version}});
    }

    flags::Ruleset published(const std::string& environment = "production") {
        const auto newest = wait(newest_ruleset(db, context, environment));
        return flags::parse_ruleset(newest.value().payload).value();
    }

    std::int64_t version() { return static_cast<std::int64_t>(published().version); }

    std::string actions() { return wait(db.run(context, list_actions))[0].text(); }

    Settings settings{{db, loop, telemetry, node.accounts}, nullptr};
    testing::Browser admin = browser();
    testing::Browser op = browser();
};

boost::json::value json_of(const http::Response& response) {
    return boost::json::parse(response.body);
}

std::string errors_of(const http::Response& response) {
    std::string errors;
    for (const auto& error : json_of(response).at("errors").as_array()) {
        errors += (errors.empty() ? "" : " ") + std::string(error.at("pointer").as_string()) + "=" +
                  std::string(error.at("code").as_string());
    }
    return errors;
}

TEST(FlagSettings, AFlagIsMadeOffEverywhereAndPublishedWithItsTargeting) {
    FlagsBench bench;
    const auto made = bench.make();
    EXPECT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(json_of(made).at("environments").as_array().size(), 3);
    EXPECT_FALSE(bench.published("staging").flags.at(0).is_enabled);
    const auto before = bench.op.get(in_production);
    EXPECT_EQ(header(before, "ETag"), "\"1\"");
    const auto set = bench.put(on_for_europe, "\"1\"");
    EXPECT_EQ(set.status, 200) << set.body;
    EXPECT_EQ(header(set, "ETag"), "\"2\"");
    const flags::Ruleset ruleset = bench.published();
    EXPECT_EQ(ruleset.version, 2);
    EXPECT_EQ(ruleset.flags.at(0).rules.at(0).rollout, 25000);
    EXPECT_EQ(bench.actions(), "flags.create flags.target");
    EXPECT_EQ(bench.wait(bench.db.run(bench.context, count_events))[0].integer(), 4);
    const auto listed = bench.op.get("/v1/admin/flags?environment=production");
    EXPECT_EQ(column_of(listed, "serves"), "25 % of region eu-west: on; else off");
    EXPECT_EQ(json_of(bench.op.get("/v1/admin/flags:summary")).at("on").as_int64(), 1);
}

TEST(FlagSettings, OfTwoEditorsTheSecondIsToldThatItHasChanged) {
    FlagsBench bench;
    bench.make();
    EXPECT_EQ(bench.put(on_for_europe, "\"1\"").status, 200);
    const auto late = bench.put(on_for_europe, "\"1\"");
    EXPECT_EQ(late.status, 412) << late.body;
    EXPECT_EQ(bench.op.send(http::Method::put, in_production, on_for_europe).status, 428);
    EXPECT_EQ(header(bench.op.get(in_production), "ETag"), "\"2\"");
    const auto renamed = [&](std::string_view version) {
        return bench.op
            .send(
                http::Method::patch,
                "/v1/admin/flags/checkout",
                R"({"name":"Checkout"})",
                {{"If-Match", version}}
            )
            .status;
    };
    EXPECT_EQ(renamed("\"1\""), 200);
    EXPECT_EQ(renamed("\"1\""), 412);
    EXPECT_EQ(bench.version(), 2);  // a name publishes nothing
}

TEST(FlagSettings, WhatIsWrongIsToldWithItsPlaceAndNothingIsPublished) {
    FlagsBench bench;
    bench.make();
    bench.make(R"({"key":"cart","description":"The other."})");
    const std::int64_t version = bench.version();
    const auto refused = [&](std::string_view text) {
        const auto response = bench.put(text, "\"1\"");
        EXPECT_EQ(response.status, 422) << response.body;
        return errors_of(response);
    };
    EXPECT_EQ(
        refused(R"({"enabled":true,"fallthrough":{"split":[{"variant":"on","weight":60000},
                    {"variant":"off","weight":30000}]}})"),
        "/fallthrough/split=flags.weights"
    );
    EXPECT_EQ(
        refused(R"({"enabled":true,"fallthrough":{"variant":"off"},"rules":[{"id":"a",
                    "serve":{"variant":"on"},
                    "if":[{"attribute":"email","op":"matches","values":["(a"]}]}]})"),
        "/rules/0/if/0/values/0=flags.regex"
    );
    EXPECT_EQ(
        refused(R"({"enabled":true,"fallthrough":{"variant":"maybe"}})"),
        "/fallthrough/variant=flags.unknown_variant"
    );
    EXPECT_EQ(
        refused(R"({"enabled":true,"fallthrough":{"variant":"off"},
                    "prerequisites":[{"flag":"nobody","variants":["on"]}]})"),
        "/prerequisites/0/flag=flags.unknown_flag"
    );
    EXPECT_EQ(bench.version(), version);
    EXPECT_EQ(header(bench.op.get(in_production), "ETag"), "\"1\"");
}

TEST(FlagSettings, FlagsThatNeedEachOtherInACircleAreRefused) {
    FlagsBench bench;
    bench.make();
    bench.make(R"({"key":"cart","description":"The other."})");
    const auto needs = [&](std::string_view path, const std::string& other) {
        return bench.put(
            R"({"enabled":true,"fallthrough":{"variant":"on"},"prerequisites":[{"flag":")" + other +
                R"(","variants":["on"]}]})",
            "\"1\"",
            path
        );
    };
    EXPECT_EQ(needs("/v1/admin/flags/cart/environments/production", "checkout").status, 200);
    const std::int64_t version = bench.version();
    const auto refused = needs(in_production, "cart");
    EXPECT_EQ(refused.status, 422) << refused.body;
    EXPECT_NE(errors_of(refused).find("flags.cycle"), std::string::npos) << refused.body;
    EXPECT_EQ(bench.version(), version);
    // What another one needs is not archived under it.
    const auto archived = bench.op.post("/v1/admin/flags/checkout:archive");
    EXPECT_EQ(archived.status, 422) << archived.body;
    EXPECT_EQ(errors_of(archived), "/flags/cart/prerequisites/0/flag=flags.unknown_flag");
}

TEST(FlagSettings, AMegabyteOfRulesIsRefusedWithItsPlace) {
    FlagsBench bench;
    bench.make();
    const std::string text = R"({"enabled":true,"fallthrough":{"variant":"off"},"rules":[{"id":"a",
        "serve":{"variant":"on"},"if":[{"attribute":"user_id","op":"in","values":[")" +
                             std::string(std::size_t{1024} * 1024, 'x') + R"("]}]}]})";
    const auto refused = bench.put(text, "\"1\"");
    EXPECT_EQ(refused.status, 413) << refused.body;
    EXPECT_EQ(errors_of(refused), "/rules=flags.too_large");
    EXPECT_EQ(bench.version(), 1);
}

TEST(FlagSettings, AKeyIsNeverUsedTwiceUnseen) {
    FlagsBench bench;
    bench.make();
    EXPECT_EQ(text_in(bench.make(), "code"), "flags.taken");
    EXPECT_EQ(bench.op.post("/v1/admin/flags/checkout:archive").status, 200);
    EXPECT_TRUE(bench.published().flags.empty());
    const auto taken = bench.make();
    EXPECT_EQ(taken.status, 409);
    EXPECT_NE(taken.body.find("archived"), std::string::npos);
    EXPECT_EQ(bench.put(on_for_europe, "\"1\"").status, 409);
    EXPECT_EQ(column_of(bench.op.get(flags_path), "key"), "");
    EXPECT_EQ(column_of(bench.op.get("/v1/admin/flags?state=archived"), "key"), "checkout");
    EXPECT_EQ(bench.op.post("/v1/admin/flags/checkout:restore").status, 200);
    EXPECT_EQ(bench.published().flags.size(), 1);
    EXPECT_EQ(
        errors_of(bench.make(R"({"key":"Bad Key","description":"x","tags":["A"],"kind":"other"})")),
        "/kind=http.field_choice"
    );
}

TEST(FlagSettings, WhatIsNoTextIsNotThere) {
    FlagsBench bench;
    bench.make();
    for (const std::string bytes : {"%FF", "%00"}) {
        const std::string in_none = "/v1/admin/flags/checkout/environments/" + bytes;
        EXPECT_EQ(bench.op.get("/v1/admin/flags/" + bytes).status, 404);
        EXPECT_EQ(bench.op.get(in_none).status, 404);
        EXPECT_EQ(bench.put(on_for_europe, "\"1\"", in_none).status, 404);
        EXPECT_EQ(bench.op.get("/v1/admin/flags?environment=" + bytes).status, 404);
        EXPECT_EQ(bench.op.get("/v1/admin/flags?q=" + bytes).status, 200);
        EXPECT_EQ(
            bench.op.get("/v1/admin/flags/checkout/history?environment=" + bytes).status, 200
        );
        EXPECT_EQ(bench.op.get("/v1/admin/segments/" + bytes).status, 404);
        EXPECT_EQ(
            bench.op
                .send(
                    http::Method::put,
                    "/v1/flags/checkout/references?repo=" + bytes,
                    R"({"data":[]})"
                )
                .status,
            200
        );
    }
}

TEST(FlagSettings, AKillTakesAReasonAndNoVersionAndIsUndone) {
    FlagsBench bench;
    bench.make();
    bench.put(on_for_europe, "\"1\"");
    const std::string kill = std::string(in_production) + ":kill";
    EXPECT_EQ(errors_of(bench.op.post(kill)), "/reason=flags.reason_required");
    const auto killed = bench.op.post(kill, R"({"reason":"payments fail"})");
    EXPECT_EQ(killed.status, 200) << killed.body;
    EXPECT_EQ(text_in(killed, "disabled_reason"), "payments fail");
    EXPECT_FALSE(bench.published().flags.at(0).is_enabled);
    EXPECT_EQ(bench.op.post(kill, R"({"reason":"again"})").body, killed.body);

    const auto history = json_of(bench.op.get("/v1/admin/flags/checkout/history"));
    const auto& newest = history.at("data").at(0);
    EXPECT_EQ(newest.at("action").as_string(), "kill");
    EXPECT_EQ(newest.at("diff").at(0).at("pointer").as_string(), "/enabled");
    const std::string undo =
        "/v1/admin/flags/checkout/history/" + std::string(newest.at("id").as_string()) + ":undo";
    EXPECT_EQ(bench.op.post(undo).status, 428);
    const auto undone =
        bench.op.send(http::Method::post, undo, "", {{"If-Match", header(killed, "ETag")}});
    EXPECT_EQ(undone.status, 200) << undone.body;
    EXPECT_TRUE(bench.published().flags.at(0).is_enabled);
    EXPECT_EQ(bench.actions(), "flags.create flags.target flags.kill flags.undo");
}

TEST(FlagSettings, AnUndoKeepsWhatWasDoneSinceOrSaysThatItCannot) {
    FlagsBench bench;
    bench.make();
    bench.put(on_for_europe, "\"1\"");
    bench.put(R"({"enabled":true,"fallthrough":{"variant":"on"}})", "\"2\"");
    const auto history = json_of(bench.op.get("/v1/admin/flags/checkout/history"));
    const auto undo = [&](std::size_t place) {
        const std::string id(history.at("data").as_array().at(place).at("id").as_string());
        return bench.op.send(
            http::Method::post,
            "/v1/admin/flags/checkout/history/" + id + ":undo",
            "",
            {{"If-Match", "\"3\""}}
        );
    };
    const auto refused = undo(1);
    EXPECT_EQ(refused.status, 409) << refused.body;
    EXPECT_EQ(errors_of(refused), "/rules=flags.undo_conflict");
    const auto undone = undo(0);
    EXPECT_EQ(undone.status, 200) << undone.body;
    EXPECT_EQ(bench.published().flags.at(0).rules.size(), 1);
    EXPECT_EQ(text_in(undo(2), "code"), "flags.not_undoable");
}

TEST(FlagSettings, AProtectedEnvironmentTakesAnAdministratorAndAReason) {
    FlagsBench bench;
    bench.make();
    EXPECT_EQ(
        bench.admin
            .send(
                http::Method::patch,
                "/v1/admin/flag-environments/production",
                R"({"protected":true})"
            )
            .status,
        200
    );
    EXPECT_EQ(text_in(bench.put(on_for_europe, "\"1\""), "code"), "flags.protected");
    const std::string enable = std::string(in_production) + ":enable";
    EXPECT_EQ(text_in(bench.op.post(enable, R"({"reason":"now"})"), "code"), "flags.protected");
    EXPECT_EQ(errors_of(bench.admin.post(enable)), "/reason=flags.reason_required");
    EXPECT_EQ(bench.admin.post(enable, R"({"reason":"now"})").status, 200);
    // Whoever operates may always kill.
    const std::string kill = std::string(in_production) + ":kill";
    EXPECT_EQ(bench.op.post(kill, R"({"reason":"it burns"})").status, 200);
    EXPECT_EQ(
        bench.put(on_for_europe, "\"1\"", "/v1/admin/flags/checkout/environments/staging").status,
        200
    );
}

TEST(FlagSettings, APreviewTellsWhoGetsWhatByTheDraftAndLive) {
    FlagsBench bench;
    bench.make();
    const auto ask = R"({"draft":)" + std::string(on_for_europe) +
                     R"(,"subject":{"user_id":"usr_1","region":"us-east"}})";
    const auto previewed = bench.op.post(std::string(in_production) + ":preview", ask);
    EXPECT_EQ(previewed.status, 200) << previewed.body;
    EXPECT_EQ(json_of(previewed).at("live").at("reason").as_string(), "DISABLED");
    EXPECT_EQ(json_of(previewed).at("draft").at("reason").as_string(), "DEFAULT");
    EXPECT_EQ(json_of(previewed).at("draft").at("value").as_bool(), false);
    const auto impact = bench.op.post(
        std::string(in_production) + ":impact",
        R"({"draft":{"enabled":true,"fallthrough":{"variant":"on"}}})"
    );
    EXPECT_EQ(impact.status, 200) << impact.body;
    EXPECT_EQ(json_of(impact).at("units").as_int64(), 2);
    EXPECT_EQ(json_of(impact).at("moves").at(0).at("to").as_string(), "on");
    const auto wrong = bench.op.post(
        std::string(in_production) + ":preview",
        R"({"draft":{"enabled":true,"fallthrough":{"variant":"x"}},"subject":{}})"
    );
    EXPECT_EQ(errors_of(wrong), "/draft/fallthrough/variant=flags.unknown_variant");
    EXPECT_EQ(bench.version(), 1);
}

TEST(FlagSettings, OnlyTheNewestRuleSetsAreKept) {
    FlagsBench bench;
    bench.make();
    bench.wait(bench.db.run(bench.context, insert_old));
    bench.wait(bench.db.run(bench.context, raise));
    bench.wait(prune_rulesets(bench.db, bench.context, bench.clock.now()));
    // 200 of production, and the one of each of the others.
    EXPECT_EQ(bench.wait(bench.db.run(bench.context, count_rulesets))[0].integer(), 202);
}

TEST(FlagSettings, ANewEnvironmentHasEveryFlagOff) {
    FlagsBench bench;
    bench.make();
    const auto made =
        bench.admin.post("/v1/admin/flag-environments", R"({"key":"qa","name":"Quality"})");
    EXPECT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(json_of(made).at("version").as_int64(), 1);
    EXPECT_FALSE(bench.published("qa").flags.at(0).is_enabled);
    EXPECT_EQ(
        column_of(bench.op.get("/v1/admin/flag-environments"), "key"),
        "production staging development qa"
    );
    EXPECT_EQ(
        bench.op.post("/v1/admin/flag-environments", R"({"key":"x","name":"X"})").status, 403
    );
    const auto told = [&] {
        return bench.wait(bench.db.run(bench.context, count_events))[0].integer();
    };
    const std::int64_t before = told();
    const auto renamed =
        bench.admin.send(http::Method::patch, "/v1/admin/flag-environments/qa", R"({"name":"QA"})");
    EXPECT_EQ(renamed.status, 200) << renamed.body;
    EXPECT_EQ(told(), before + 1) << "other browsers hear of it";
}

}  // namespace
}  // namespace acme::flag_settings
