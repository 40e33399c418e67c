// Freezes at the terminal and over HTTP.
#include "io/cli/commands.hpp"
#include "io/http/page.hpp"
#include "io/http/service.hpp"
#include "operate/changes/freezes_cli.hpp"
#include "operate/changes/freezes_http.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "testing/freezes_bench.hpp"
#include "testing/text_body.hpp"

#include <boost/json/parse.hpp>

#include <array>

namespace acme::changes {
namespace {

namespace json = boost::json;
using std::chrono::hours;

/// The commands, as a person types them.
struct FreezesCommands : FreezesBench {
    FreezesCommands() { add_commands(commands, freezes, clock, "production"); }

    int run(std::vector<std::string> words) {
        said.clear();
        auto choice = commands.choose(std::move(words));
        if (choice.command == nullptr) return choice.exit_code;
        const auto say = [this](std::string_view line) { said.append(line).append("\n"); };
        return wait(cli::Commands::run(context, std::move(choice), say, say));
    }

    cli::Commands commands;
    std::string said;
};

TEST(FreezesCli, BeginsListsAndLifts) {
    FreezesCommands bench;
    EXPECT_EQ(bench.run({"freeze", "list"}), 0);
    EXPECT_EQ(bench.said, "production was never frozen.\n");

    EXPECT_EQ(bench.run({"freeze", "--until", "2h", "--reason", "the sale"}), 0);
    EXPECT_NE(
        bench.said.find("in force  production is frozen until 2026-11-23 12:00 UTC by cli"),
        std::string::npos
    ) << bench.said;
    const std::string id = bench.said.substr(0, bench.said.find(' '));
    EXPECT_EQ(bench.run({"freeze", "lift", id, "--reason", "it is over"}), 0);

    EXPECT_EQ(bench.run({"freeze", "list", "--json"}), 0);
    const auto listed = json::parse(bench.said).as_array();
    ASSERT_EQ(listed.size(), 1);
    EXPECT_EQ(listed[0].at("id").as_string(), id);
    EXPECT_EQ(listed[0].at("is_active"), false);
    EXPECT_EQ(listed[0].at("lifted_by"), "cli");
}

TEST(FreezesCli, LetsAReleaseThroughForAnotherPerson) {
    FreezesCommands bench;
    EXPECT_EQ(bench.run({"freeze", "pass", "4f2a91c", "--reason", "sign-in is down"}), 1);
    EXPECT_NE(bench.said.find("production is not frozen now"), std::string::npos);
    ASSERT_TRUE(bench.begin(hours(8)));

    EXPECT_EQ(bench.run({"freeze", "pass", "4f2a91c"}), 2);
    EXPECT_EQ(bench.run({"freeze", "pass", "4f2a91c", "--reason", "sign-in is down"}), 0);

    EXPECT_NE(bench.said.find("4f2a91c passes: production is frozen"), std::string::npos);
    EXPECT_NE(bench.said.find("must be another than cli"), std::string::npos) << bench.said;
    EXPECT_TRUE(bench.check()) << "carla deploys it";
    EXPECT_EQ(bench.run({"freeze", "pass", "4f2a91c", "--reason", "again", "--json"}), 0);
    EXPECT_EQ(json::parse(bench.said).at(0).at("reason"), "again");
}

TEST(FreezesCli, SaysAllThatIsMissingAndChangesNothing) {
    FreezesCommands bench;
    EXPECT_EQ(bench.run({"freeze"}), 2);
    EXPECT_NE(bench.said.find("--until"), std::string::npos);
    EXPECT_NE(bench.said.find("--reason"), std::string::npos);
    EXPECT_EQ(bench.run({"freeze", "--until", "soon", "--reason", "x"}), 1);
    EXPECT_EQ(bench.run({"freeze", "lift", "frz_1", "--reason", "x"}), 1);
    EXPECT_EQ(bench.run({"freeze", "lift", "frz_1"}), 2);
    EXPECT_EQ(bench.sql.value("SELECT count(*) FROM freezes"), "0");
}

Task<Result<std::optional<Identity>>> identify(std::optional<Identity> who) { co_return who; }

struct FreezesHttp : FreezesBench {
    FreezesHttp() {
        add_routes(router, {own, clock, freezes, idempotency, cursors, proxies, "production"});
    }

    http::Response call(
        http::Method method, std::string target, std::string body = "", std::string key = ""
    ) {
        testing::TextBody text(body);
        const std::array headers{
            http::Header{"Content-Type", "application/json"},
            http::Header{"Idempotency-Key", key},
        };
        const std::size_t count = key.empty() ? 1 : 2;
        return wait(service.answer(
            http::Request{
                .method = method,
                .target = target,
                .headers = std::span(headers).first(count),
                .body = text
            },
            trace
        ));
    }

    idempotency::Idempotency idempotency{own, clock};
    Networks proxies;
    http::Cursors cursors = [] {
        std::vector<Secret> keys;
        keys.emplace_back("only-for-tests-0123456789-abcdefghi");
        return http::Cursors(std::move(keys));
    }();
    std::optional<Identity> who = Identity{
        .user = UserId::make(clock.now(), random),
        .org = OrgId::make(clock.now(), random),
        .platform_role = PlatformRole::operator_,
    };
    http::Router router{[this](const http::Request&, trace::Context) { return identify(who); }};
    http::Service service{router, telemetry, [](trace::Trace&) {}};
};

constexpr std::string_view sale = R"({"reason":"the sale","until":"2026-11-23T18:00:00Z"})";

TEST(FreezesHttp, AnOperatorBeginsAndLiftsAndAViewerSees) {
    FreezesHttp bench;
    using enum http::Method;

    const auto begun = bench.call(post, "/v1/freezes", std::string(sale));
    ASSERT_EQ(begun.status, 201) << begun.body;
    const std::string id(json::parse(begun.body).at("id").as_string());
    EXPECT_FALSE(bench.check());

    bench.who->platform_role = PlatformRole::viewer;
    EXPECT_EQ(bench.call(post, "/v1/freezes", std::string(sale)).status, 403);
    EXPECT_EQ(bench.call(del, "/v1/freezes/" + id + "?reason=over").status, 403);
    const auto listed = bench.call(get, "/v1/freezes");
    EXPECT_EQ(listed.status, 200);
    EXPECT_EQ(
        json::parse(listed.body).at("data").at(0).at("actor").as_string(), bench.who->user.str()
    );

    bench.who->platform_role = PlatformRole::operator_;
    EXPECT_EQ(bench.call(del, "/v1/freezes/" + id).status, 422);
    const auto lifted = bench.call(del, "/v1/freezes/" + id + "?reason=over");
    ASSERT_EQ(lifted.status, 200) << lifted.body;
    EXPECT_EQ(json::parse(lifted.body).at("lift_reason"), "over");
    EXPECT_TRUE(bench.check());
    EXPECT_EQ(bench.call(del, "/v1/freezes/" + id + "?reason=over").status, 409);
    EXPECT_EQ(bench.call(del, "/v1/freezes/frz_1?reason=over").status, 404);
}

TEST(FreezesHttp, AnOperatorLetsAReleaseThroughAndAViewerDoesNot) {
    FreezesHttp bench;
    using enum http::Method;
    const Freeze begun = bench.begin(hours(8)).value();
    const std::string path = "/v1/freezes/" + begun.id.str() + ":pass";
    const std::string wanted = R"({"release":"4f2a91c","reason":"sign-in is down"})";

    bench.who->platform_role = PlatformRole::viewer;
    EXPECT_EQ(bench.call(post, path, wanted).status, 403);
    bench.who->platform_role = PlatformRole::operator_;
    const auto passed = bench.call(post, path, wanted);

    ASSERT_EQ(passed.status, 201) << passed.body;
    EXPECT_EQ(json::parse(passed.body).at("actor").as_string(), bench.who->user.str());
    EXPECT_TRUE(bench.check());
    EXPECT_EQ(bench.call(post, path, R"({"release":"4f2a91c"})").status, 422);
    EXPECT_EQ(bench.call(post, "/v1/freezes/frz_1:pass", wanted).status, 404);
    ASSERT_TRUE(bench.lift(begun.id));
    EXPECT_EQ(bench.call(post, path, wanted).status, 409);
}

TEST(FreezesHttp, ARequestThatIsRepeatedFreezesOnce) {
    FreezesHttp bench;
    const auto first = bench.call(http::Method::post, "/v1/freezes", std::string(sale), "k");
    const auto second = bench.call(http::Method::post, "/v1/freezes", std::string(sale), "k");

    EXPECT_EQ(first.body, second.body);
    EXPECT_EQ(bench.sql.value("SELECT count(*) FROM freezes"), "1");
}

TEST(FreezesHttp, WhatIsWrongIsToldByItsPlace) {
    FreezesHttp bench;
    const auto refused =
        bench.call(http::Method::post, "/v1/freezes", R"({"until":"tomorrow","why":1})");

    EXPECT_EQ(refused.status, 422);
    for (const std::string_view pointer : {"/reason", "/until", "/why"}) {
        EXPECT_NE(refused.body.find(pointer), std::string::npos) << refused.body;
    }
    for (const http::Schema& schema : bench.router.schemas()) {
        EXPECT_TRUE(json::parse(schema.json).is_object());
    }
}

TEST(FreezesHttp, TheListComesInPages) {
    FreezesHttp bench;
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(bench.begin(hours(1), "freeze " + std::to_string(i)));
        bench.clock.advance(std::chrono::seconds(1));
    }
    const auto first = json::parse(bench.call(http::Method::get, "/v1/freezes?limit=2").body);
    ASSERT_EQ(first.at("data").as_array().size(), 2);
    EXPECT_EQ(first.at("data").at(0).at("reason"), "freeze 2");
    const std::string cursor(first.at("next_cursor").as_string());
    const auto second =
        json::parse(bench.call(http::Method::get, "/v1/freezes?limit=2&cursor=" + cursor).body);
    ASSERT_EQ(second.at("data").as_array().size(), 1);
    EXPECT_EQ(second.at("data").at(0).at("reason"), "freeze 0");
    EXPECT_TRUE(second.at("next_cursor").is_null());
}

}  // namespace
}  // namespace acme::changes
