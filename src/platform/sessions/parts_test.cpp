// What needs no server.
#include "io/http/client_address.hpp"
#include "platform/sessions/cookie.hpp"
#include "platform/sessions/live.hpp"
#include "platform/sessions/nearby.hpp"
#include "platform/sessions/same_site.hpp"
#include "testing/bench.hpp"
#include "testing/text_body.hpp"

namespace acme::sessions {
namespace {

using std::chrono::seconds;
using enum http::Method;

Live live_of(UserId user, Random& random) {
    return {
        .id = SessionId::make(testing::start, random),
        .user = user,
        .org = OrgId::make(testing::start, random),
        .org_role = OrgRole::admin,
        .version = 7,
        .created_at = testing::start,
        .last_seen_at = testing::start,
        .expires_at = testing::start + seconds(60),
    };
}

TEST(Cookie, OverTlsTheCookieHasThePrefixThatTiesItToTheHost) {
    SeededRandom random(1);
    const Cookie cookie(true);
    const std::string set = cookie.set("x", seconds(60));
    EXPECT_EQ(set, "__Host-acme_session=x; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
    EXPECT_EQ(
        cookie.clear(), "__Host-acme_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"
    );
}

TEST(SameSite, AnotherSiteMayNotActInTheUsersName) {
    const auto is_let_through = [](http::Method method, std::vector<http::Header> headers) {
        testing::TextBody body("");
        headers.push_back({"Host", "app.example:8080"});
        return check_same_site({.method = method, .headers = headers, .body = body}).has_value();
    };
    EXPECT_TRUE(is_let_through(post, {}));
    EXPECT_TRUE(is_let_through(post, {{"Sec-Fetch-Site", "same-origin"}}));
    EXPECT_TRUE(is_let_through(post, {{"Sec-Fetch-Site", "none"}}));
    EXPECT_TRUE(is_let_through(post, {{"Origin", "http://app.example:8080"}}));
    EXPECT_TRUE(is_let_through(get, {{"Sec-Fetch-Site", "cross-site"}}));
    EXPECT_FALSE(is_let_through(post, {{"Sec-Fetch-Site", "cross-site"}}));
    EXPECT_FALSE(is_let_through(del, {{"Sec-Fetch-Site", "cross-site"}}));
    EXPECT_FALSE(is_let_through(post, {{"Origin", "http://evil.example"}}));
    EXPECT_FALSE(is_let_through(post, {{"Origin", "null"}}));
    // Another port of this host is the same site, but not ours.
    EXPECT_FALSE(is_let_through(
        patch, {{"Sec-Fetch-Site", "same-site"}, {"Origin", "http://app.example:3000"}}
    ));
}

TEST(Live, ComesBackFromItsWords) {
    SeededRandom random(1);
    const UserId user = UserId::make(testing::start, random);
    Live live = live_of(user, random);
    EXPECT_EQ(unpack(user, pack(live)), live);
    live.platform_role = PlatformRole::operator_;
    EXPECT_EQ(unpack(user, pack(live)), live);
}

TEST(Live, WhatAnotherReleaseWroteIsNone) {
    SeededRandom random(1);
    const UserId user = UserId::make(testing::start, random);
    const std::string packed = pack(live_of(user, random));
    EXPECT_FALSE(unpack(user, ""));
    EXPECT_FALSE(unpack(user, "2" + packed.substr(1)));
    EXPECT_FALSE(unpack(user, packed + " more"));
    EXPECT_FALSE(unpack(user, packed.substr(0, packed.rfind(' '))));
    EXPECT_FALSE(unpack(user, packed + "x"));
}

TEST(Nearby, ForgetsByTimeByUserAndWhenItIsFull) {
    testing::DryBench bench;
    Nearby nearby(bench.clock);
    const UserId ada = UserId::make(testing::start, bench.random);
    const UserId bob = UserId::make(testing::start, bench.random);
    nearby.put("a", live_of(ada, bench.random));
    nearby.put("b", live_of(bob, bench.random));
    nearby.put("x", std::nullopt);
    ASSERT_TRUE(nearby.find("x"));
    EXPECT_FALSE(nearby.find("x")->live);
    nearby.forget(ada);
    EXPECT_FALSE(nearby.find("a"));
    bench.clock.advance(Nearby::nobody_life);
    EXPECT_FALSE(nearby.find("x"));
    EXPECT_TRUE(nearby.find("b"));
    bench.clock.advance(Nearby::life);
    EXPECT_FALSE(nearby.find("b"));

    nearby.put("kept", std::nullopt);
    for (std::size_t i = 0; i < Nearby::entries_max - 1; ++i) {
        nearby.put(std::to_string(i), std::nullopt);
    }
    EXPECT_TRUE(nearby.find("kept"));
    nearby.put("one more", std::nullopt);
    EXPECT_TRUE(nearby.find("kept"));
    EXPECT_FALSE(nearby.find("0"));
}

TEST(ClientAddress, IsTheFirstFromTheRightThatIsNoneOfOurs) {
    const Networks trusted = *Networks::parse("10.0.0.0/8, 127.0.0.1");
    const auto address = [&](std::string_view peer, std::vector<http::Header> headers) {
        testing::TextBody body("");
        return http::client_address({.headers = headers, .body = body, .peer = peer}, trusted);
    };
    EXPECT_EQ(address("192.0.2.1", {}), "192.0.2.1");
    EXPECT_EQ(address("192.0.2.1", {{"X-Forwarded-For", "1.2.3.4"}}), "192.0.2.1");
    EXPECT_EQ(address("127.0.0.1", {{"X-Forwarded-For", "1.2.3.4"}}), "1.2.3.4");
    EXPECT_EQ(address("127.0.0.1", {{"x-forwarded-for", "9.9.9.9, 1.2.3.4, 10.0.0.7"}}), "1.2.3.4");
    // A balancer that adds a line of its own to what the client claims.
    EXPECT_EQ(
        address("127.0.0.1", {{"X-Forwarded-For", "9.9.9.9"}, {"X-Forwarded-For", "1.2.3.4"}}),
        "1.2.3.4"
    );
    EXPECT_EQ(address("127.0.0.1", {{"X-Forwarded-For", "nonsense"}}), "127.0.0.1");
    EXPECT_EQ(address("127.0.0.1", {}), "127.0.0.1");
}

}  // namespace
}  // namespace acme::sessions
