// Requests held against the quota of who sends them, through the router, on a real Redis.
#include "platform/sessions/sessions.hpp"
#include "testing/sessions_bench.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace acme::sessions {
namespace {

using testing::header;
using testing::SessionsBench;
using testing::SessionsNode;
using enum http::Method;

const char* const ada = "ada@example.com";
const char* const bob = "bob@example.com";

/// How often `command` came in a request or in a script since "CONFIG RESETSTAT".
int calls_of(SessionsBench& bench, const std::string& command) {
    const std::string facts = bench.server.ask("INFO commandstats");
    const std::string name = "cmdstat_" + command + ":calls=";
    const auto at = facts.find(name);
    return at == facts.npos ? 0 : std::atoi(facts.c_str() + at + name.size());
}

Task<Result<http::Response>> show_page() { co_return http::Response{}; }

int passed(testing::Browser& browser, int requests, std::string_view path = "/v1/me") {
    int count = 0;
    for (int i = 0; i < requests; ++i) count += browser.get(path).status == 200;
    return count;
}

TEST(Admission, ARequestOfAUserCostsOneRoundTrip) {
    SessionsBench bench;
    bench.add_user(ada);
    auto browser = bench.signed_in(ada);
    EXPECT_EQ(browser.get("/v1/me").status, 200);  // which fills the copy in
    bench.server.ask("CONFIG RESETSTAT");
    EXPECT_EQ(passed(browser, 10), 10);
    EXPECT_EQ(calls_of(bench, "evalsha"), 10);
    EXPECT_EQ(calls_of(bench, "get"), 20) << "the session and the window, both in the script";
    EXPECT_EQ(calls_of(bench, "eval"), 0);
}

TEST(Admission, AllSessionsOfAUserShareOneQuotaOnAllNodes) {
    SessionsBench bench({.user_max = 10, .anonymous_max = 100});
    bench.add_user(ada);
    bench.add_user(bob);
    SessionsNode other(bench, bench.server.url(), {.user_max = 10, .anonymous_max = 100});
    auto laptop = bench.signed_in(ada);
    auto phone = bench.signed_in(ada);
    phone.node = &other;
    EXPECT_EQ(passed(laptop, 6), 6);
    EXPECT_EQ(passed(phone, 6), 4);
    EXPECT_EQ(passed(laptop, 6), 0);
    auto colleague = bench.signed_in(bob);
    EXPECT_EQ(passed(colleague, 6), 6);
}

TEST(Admission, WhoIsRefusedIsToldWhatWhenAndHowMany) {
    SessionsBench bench({.user_max = 2, .anonymous_max = 100});
    bench.add_user(ada);
    auto browser = bench.signed_in(ada);
    EXPECT_EQ(passed(browser, 2), 2);
    for (int i = 0; i < 2; ++i) {  // by Redis, then by what this node remembers
        const auto refused = browser.get("/v1/me");
        ASSERT_EQ(refused.status, 429);
        EXPECT_EQ(refused.content_type, "application/problem+json");
        const auto problem = boost::json::parse(refused.body).as_object();
        EXPECT_EQ(
            problem.at("type").as_string(),
            "https://iana.org/assignments/http-problem-types#quota-exceeded"
        );
        EXPECT_EQ(problem.at("code").as_string(), "limits.exceeded");
        EXPECT_EQ(boost::json::serialize(problem.at("violated-policies")), R"(["user"])");
        EXPECT_EQ(header(refused, "RateLimit-Policy"), R"("user";q=2;w=60)");
        EXPECT_TRUE(header(refused, "RateLimit").starts_with(R"("user";r=0;t=)"));
        const int wait = std::atoi(header(refused, "Retry-After").c_str());
        EXPECT_TRUE(wait >= 1 && wait <= 61) << wait;
    }
}

TEST(Admission, EveryAnswerOfACountedRouteSaysWhatIsLeft) {
    SessionsBench bench({.user_max = 100, .anonymous_max = 50});
    bench.add_user(ada);
    auto browser = bench.signed_in(ada);
    EXPECT_TRUE(header(browser.get("/v1/me"), "RateLimit").starts_with(R"("user";r=99;)"));
    const auto missing = browser.send(del, "/v1/me/sessions/nobody");
    EXPECT_EQ(missing.status, 404);
    EXPECT_TRUE(header(missing, "RateLimit").starts_with(R"("user";r=98;)"));
    const auto cross =
        browser.send(post, "/v1/auth/logout", "", {{"Sec-Fetch-Site", "cross-site"}});
    EXPECT_EQ(cross.status, 403);
    EXPECT_TRUE(header(cross, "RateLimit").starts_with(R"("anonymous";r=48;)"))
        << "another site does not use up what is the user's: " << header(cross, "RateLimit");
    const auto nobody = bench.browser().get("/v1/me");
    EXPECT_EQ(nobody.status, 401);
    EXPECT_TRUE(header(nobody, "RateLimit").starts_with(R"("anonymous";r=47;)"));
    EXPECT_EQ(header(bench.browser().get("/nothing"), "RateLimit"), "");
}

TEST(Admission, ARouteThatIsNotCountedIsOpenToWhoeverHasUsedUpTheirs) {
    SessionsBench bench({.user_max = 1, .anonymous_max = 1});
    bench.node.router.add({
        .method = get,
        .pattern = "/page",
        .access = http::Access::anyone(),
        .body_bytes_max = http::no_body,
        .doc = {.summary = "Shows a page."},
        .handler = [](const http::Call&) { return show_page(); },
        .is_metered = false,
    });
    auto stranger = bench.browser();
    EXPECT_EQ(stranger.get("/v1/me").status, 401);
    EXPECT_EQ(stranger.get("/v1/me").status, 429);
    const auto page = stranger.get("/page");
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(header(page, "RateLimit"), "");
}

// Whoever knows a user's id can make up a cookie with it.
TEST(Admission, AForgedCookieUsesUpNothingOfTheUserWhoseNameItBears) {
    SessionsBench bench({.user_max = 5, .anonymous_max = 10});
    const UserId user = bench.add_user(ada);
    auto browser = bench.signed_in(ada);
    auto thief = bench.browser();
    thief.address = "198.51.100.7";
    int refused = 0;
    for (int i = 0; i < 30; ++i) {
        thief.cookie = "acme_session=" + Cookie::make(user, bench.random).value;
        refused += thief.get("/v1/me").status == 429;
    }
    EXPECT_EQ(refused, 20);
    EXPECT_EQ(passed(browser, 6), 5);
    // Nor is it answered in the name of who is refused.
    thief.address = "198.51.100.8";
    EXPECT_EQ(thief.get("/v1/me").status, 401);
}

TEST(Admission, NobodyIsCountedByTheAddressThatATrustedHopNames) {
    SessionsBench bench({.user_max = 5, .anonymous_max = 3});
    const auto ask = [&](std::string_view peer, std::string_view forwarded) {
        auto stranger = bench.browser();
        stranger.address = std::string(peer);
        return stranger.send(get, "/v1/me", "", {{"X-Forwarded-For", forwarded}}).status;
    };
    for (int i = 0; i < 3; ++i) EXPECT_EQ(ask("203.0.113.5", "1.2.3.4"), 401);
    EXPECT_EQ(ask("203.0.113.5", "5.6.7.8"), 429) << "who is no hop of ours names whom he likes";
    EXPECT_EQ(ask("192.0.2.99", "203.0.113.5"), 429) << "the same address, through a balancer";
    EXPECT_EQ(ask("192.0.2.99", "9.9.9.9, 203.0.113.5"), 429) << "what it was told is a claim";
    EXPECT_EQ(ask("192.0.2.99", "203.0.113.6"), 401);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(ask("192.0.2.99", "2001:db8::1"), 401);
    EXPECT_EQ(ask("192.0.2.99", "2001:db8::ffff:1"), 429);
    EXPECT_EQ(ask("192.0.2.99", "2001:db8:0:1::1"), 401);
}

TEST(Admission, WhatIsTheOrganizationsCostsNoOtherRoundTrip) {
    SessionsBench bench({.user_max = 100, .anonymous_max = 100, .org_max = 10});
    bench.add_user(ada);
    bench.add_user(bob);
    auto browser = bench.signed_in(ada);
    EXPECT_EQ(browser.get("/v1/me").status, 200);  // which fills the copy in
    bench.server.ask("CONFIG RESETSTAT");
    EXPECT_EQ(passed(browser, 4), 4);
    EXPECT_EQ(calls_of(bench, "evalsha"), 4);
    EXPECT_EQ(calls_of(bench, "get"), 12) << "the session and two windows, all in the script";
    SessionsNode other(bench, bench.server.url(), {.user_max = 100, .org_max = 10});
    browser.node = &other;
    EXPECT_EQ(passed(browser, 9), 5) << "of the same organization on another node";
    const auto refused = browser.get("/v1/me");
    EXPECT_EQ(header(refused, "RateLimit-Policy"), R"("org";q=10;w=60)");
    EXPECT_NE(refused.body.find(R"("violated-policies":["org"])"), std::string::npos);
    auto stranger = bench.signed_in(bob);
    EXPECT_EQ(passed(stranger, 5), 5) << "somebody of another organization";
}

TEST(Admission, ARouteThatWeighsMoreCountsAsManyRequests) {
    SessionsBench bench({.user_max = 12, .anonymous_max = 12});
    bench.add_user(ada);
    bench.node.router.add({
        .method = get,
        .pattern = "/v1/found",
        .access = http::Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc = {.summary = "Searches."},
        .handler = [](const http::Call&) { return show_page(); },
        .weight = http::heavy_weight,
    });
    auto browser = bench.signed_in(ada);
    EXPECT_EQ(passed(browser, 3, "/v1/found"), 2);
    EXPECT_EQ(passed(browser, 3), 2) << "what weighs less still fits";
    auto nobody = bench.browser();
    const auto answer = nobody.get("/v1/found");
    EXPECT_EQ(answer.status, 401);
    EXPECT_TRUE(header(answer, "RateLimit").starts_with(R"("anonymous";r=6;)"))
        << "five, and one sign-in: " << header(answer, "RateLimit");
}

TEST(Admission, SigningInIsCountedByAddress) {
    SessionsBench bench({.user_max = 100, .anonymous_max = 2});
    bench.add_user(ada);
    auto browser = bench.signed_in(ada);
    EXPECT_EQ(passed(browser, 5), 5) << "who is signed in is no stranger";
    EXPECT_EQ(browser.post("/v1/auth/link", R"({"token":"x"})").status, 401);
    EXPECT_EQ(browser.post("/v1/auth/link", R"({"token":"x"})").status, 429);
    EXPECT_EQ(passed(browser, 5), 5);
}

TEST(Admission, ARedisThatIsGoneLeavesTheLimitInForce) {
    SessionsBench bench({.user_max = 12, .anonymous_max = 100});
    bench.add_user(ada);
    bench.node.limits.set_nodes(3);
    auto browser = bench.signed_in(ada);
    bench.server.kill();
    EXPECT_EQ(passed(browser, 10), 4);
    const auto refused = browser.get("/v1/me");
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(header(refused, "RateLimit-Policy"), R"("user";q=12;w=60;acme-mode="local")");
    bench.clock.advance(std::chrono::seconds(61));
    EXPECT_EQ(passed(browser, 10), 4);
}

}  // namespace
}  // namespace acme::sessions
