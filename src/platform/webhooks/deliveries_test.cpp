// From what happens to what a receiver gets, over days that a test makes pass.
#include "platform/webhooks/signature.hpp"
#include "testing/webhooks_bench.hpp"

#include <boost/json/parse.hpp>

namespace acme::webhooks {
namespace {

using namespace std::chrono_literals;
using testing::column_of;
using testing::text_in;
using testing::WebhooksBench;

std::string deliveries_of(WebhooksBench& bench, const std::string& id, const char* query = "") {
    return column_of(bench.browser.get("/v1/webhooks/" + id + "/deliveries" + query), "state");
}

TEST(WebhookDeliveries, WhatHappenedIsSentSignedToWhoWantsIt) {
    WebhooksBench bench;
    const auto made = bench.post(
        "/v1/webhooks",
        R"({"url":")" + bench.receiver.url() + R"(","event_types":["member.joined"]})"
    );
    const std::string other = bench.make(R"("file.ready")");
    bench.happen();
    bench.fan_out();
    bench.fan_out();  // finds nothing more
    EXPECT_EQ(bench.send(), 1);
    EXPECT_EQ(bench.send(), 0);

    const auto received = bench.receiver.received();
    ASSERT_EQ(received.size(), 1);
    EXPECT_TRUE(received[0].id.starts_with("evt_"));
    const auto body = boost::json::parse(received[0].body);
    EXPECT_EQ(body.at("type"), "member.joined");
    EXPECT_EQ(body.at("organization").as_string(), bench.org.str());
    EXPECT_EQ(body.at("data").at("role"), "member");
    const Secret secret(text_in(made, "secret"));
    const auto signature =
        signature_of(secret, received[0].id, bench.clock.now(), received[0].body);
    EXPECT_EQ(received[0].signatures, signature);
    EXPECT_EQ(received[0].timestamp, timestamp_of(bench.clock.now()));
    EXPECT_EQ(deliveries_of(bench, text_in(made, "id")), "delivered");
    EXPECT_EQ(deliveries_of(bench, other), "");
    EXPECT_TRUE(bench.metrics.text().contains(R"(webhook_deliveries_total{result="delivered"} 1)"));
}

TEST(WebhookDeliveries, BothSecretsSignUntilTheOldOneHasNoTimeLeft) {
    WebhooksBench bench;
    const std::string id = bench.make();
    bench.browser.post("/v1/webhooks/" + id + ":rotate_secret", R"({"grace_seconds":60})");
    bench.post("/v1/webhooks/" + id + ":test");
    bench.send();
    bench.clock.advance(61s);
    bench.post("/v1/webhooks/" + id + ":test");
    bench.send();
    const auto received = bench.receiver.received();
    ASSERT_EQ(received.size(), 2);
    EXPECT_EQ(std::ranges::count(received[0].signatures, ' '), 1);
    EXPECT_EQ(std::ranges::count(received[1].signatures, ' '), 0);
    EXPECT_NE(received[0].id, received[1].id);
}

TEST(
    WebhookDeliveries, AreTriedAgainForThreeDaysThenTheWebhookIsDisabledAndAdministratorsHearOfIt
) {
    WebhooksBench bench;
    const std::string id = bench.make();
    bench.receiver.answer_with(500, {}, "password=hunter2 and more");
    bench.happen();
    bench.fan_out();
    for (const auto pause : pauses) {
        bench.clock.advance(pause * 6 / 5 + 1s);
        EXPECT_EQ(bench.send(), 1) << pause.count();
        EXPECT_EQ(bench.send(), 0) << "before its time";
    }
    const auto received = bench.receiver.received();
    ASSERT_EQ(received.size(), pauses.size());
    for (const auto& each : received) {
        EXPECT_EQ(each.id, received[0].id);
        EXPECT_EQ(each.body, received[0].body);
    }
    EXPECT_NE(received[0].signatures, received[9].signatures);
    EXPECT_EQ(deliveries_of(bench, id), "failed");
    const auto shown = bench.browser.get("/v1/webhooks/" + id);
    EXPECT_EQ(text_in(shown, "disabled_because"), "failing") << shown.body;
    const std::string mail = bench.mail_to("ada@example.com");
    EXPECT_TRUE(mail.contains("/webhooks/" + id)) << mail;
    EXPECT_EQ(bench.mails_to("ada@example.com"), 1);
    EXPECT_EQ(bench.post("/v1/webhooks/" + id + ":test").status, 409);

    const std::string path = "/v1/webhooks/" + id + "/deliveries/" + bench.newest("id");
    const auto details = boost::json::parse(bench.browser.get(path).body);
    ASSERT_EQ(details.at("history").as_array().size(), 10);
    const auto& last = details.at("history").as_array()[9];
    EXPECT_EQ(last.at("outcome"), "refused");
    EXPECT_EQ(last.at("status"), 500);
    EXPECT_FALSE(std::string(last.at("response").as_string()).contains("hunter2"));
    for (const std::string& line : bench.lines) EXPECT_FALSE(line.contains("hunter2"));
}

TEST(WebhookDeliveries, OneSuccessForgetsHowLongItHasFailed) {
    WebhooksBench bench;
    const std::string id = bench.make();
    bench.receiver.answer_with(500);
    bench.happen();
    bench.fan_out();
    bench.send();
    bench.clock.advance(71h);
    EXPECT_EQ(bench.send(), 1);
    bench.receiver.answer_with(204);
    bench.clock.advance(10min);
    EXPECT_EQ(bench.send(), 1);
    EXPECT_EQ(deliveries_of(bench, id), "delivered");
    EXPECT_TRUE(boost::json::parse(bench.browser.get("/v1/webhooks/" + id).body)
                    .at("failing_since")
                    .is_null());
}

TEST(WebhookDeliveries, GoneDisablesAtOnceAndEnablingAndRedeliveringMakesItGood) {
    WebhooksBench bench;
    const std::string id = bench.make();
    bench.receiver.answer_with(410);
    bench.happen();
    bench.happen();
    bench.fan_out();
    bench.send();
    EXPECT_EQ(text_in(bench.browser.get("/v1/webhooks/" + id), "disabled_because"), "gone");
    EXPECT_EQ(deliveries_of(bench, id), "failed failed");
    EXPECT_EQ(deliveries_of(bench, id, "?state=pending"), "");

    bench.receiver.answer_with(200);
    const std::string all = "/v1/webhooks/" + id + ":redeliver_failed";
    EXPECT_EQ(bench.post(all, "{}").status, 409);
    EXPECT_EQ(bench.patch(id, R"({"enabled":true})").status, 200);
    EXPECT_EQ(bench.post(all, R"({"since":"2027-01-01T00:00:00Z"})").body, R"({"redelivered":0})");
    const auto asked = bench.post(all, R"({"since":"2026-11-23T00:00:00Z"})");
    EXPECT_EQ(asked.body, R"({"redelivered":2})");
    bench.send();
    EXPECT_EQ(deliveries_of(bench, id), "delivered delivered");
    EXPECT_EQ(bench.post(all, R"({"since":"yesterday"})").status, 422);
}

TEST(WebhookDeliveries, OneIsSentAgainUnderTheSameId) {
    WebhooksBench bench;
    const std::string id = bench.make();
    bench.happen();
    bench.fan_out();
    bench.send();
    const std::string path = "/v1/webhooks/" + id + "/deliveries/" + bench.newest("id");
    const auto again = bench.post(path + ":redeliver");
    EXPECT_EQ(again.status, 202) << again.body;
    EXPECT_EQ(text_in(again, "state"), "pending");
    bench.send();
    const auto received = bench.receiver.received();
    ASSERT_EQ(received.size(), 2);
    EXPECT_EQ(received[0].id, received[1].id);
    EXPECT_EQ(bench.newest("attempts"), "2");
    EXPECT_EQ(bench.post("/v1/webhooks/" + id + "/deliveries/dlv_x:redeliver").status, 404);
}

TEST(WebhookDeliveries, RetryAfterHoldsTheWholeWebhookBack) {
    WebhooksBench bench;
    const std::string id = bench.make();
    bench.receiver.answer_with(429, {{"Retry-After", "600"}});
    bench.happen();
    bench.fan_out();
    bench.send();
    bench.receiver.answer_with(204);
    bench.happen();
    bench.fan_out();
    bench.clock.advance(599s);
    EXPECT_EQ(bench.send(), 0);
    bench.clock.advance(2s);
    EXPECT_EQ(bench.send(), 1);
    EXPECT_EQ(deliveries_of(bench, id), "delivered delivered");
}

TEST(WebhookDeliveries, RedirectsAreNotFollowed) {
    WebhooksBench bench;
    bench.make();
    bench.receiver.answer_with(307, {{"Location", bench.receiver.url()}});
    bench.happen();
    bench.fan_out();
    bench.send();
    EXPECT_EQ(bench.receiver.received().size(), 1);
    EXPECT_EQ(bench.newest("last_outcome"), "redirected");
    EXPECT_EQ(bench.newest("last_status"), "307");
}

TEST(WebhookDeliveries, AnAddressThatIsNotPublicIsNotConnectedTo) {
    // The name is let through when it is set, and leads here when it is connected to.
    WebhooksBench bench(Policy{.allowed = {}, .allows_http = true});
    const std::string port = bench.receiver.url().substr(bench.receiver.url().rfind(':'));
    for (const char* host : {"127.1", "2130706433", "0x7f000001"}) {
        const auto made = bench.post(
            "/v1/webhooks",
            R"({"url":"http://)" + std::string(host) + port + R"(","event_types":["*"]})"
        );
        ASSERT_EQ(made.status, 201) << made.body;
        bench.post("/v1/webhooks/" + text_in(made, "id") + ":test");
        EXPECT_EQ(bench.send(), 1);
        EXPECT_EQ(bench.newest("last_outcome"), "forbidden_address") << host;
        bench.clock.advance(2ms);
    }
    EXPECT_EQ(bench.receiver.received().size(), 0);
}

TEST(WebhookDeliveries, WhatWaitsOutlivesAPauseAndNothingIsAddedDuringIt) {
    WebhooksBench bench;
    const std::string id = bench.make();
    bench.happen();
    bench.fan_out();
    EXPECT_EQ(bench.patch(id, R"({"enabled":false})").status, 200);
    EXPECT_EQ(bench.send(), 0);
    bench.happen();
    bench.fan_out();
    EXPECT_EQ(deliveries_of(bench, id), "pending");
    EXPECT_EQ(bench.patch(id, R"({"enabled":true})").status, 200);
    EXPECT_EQ(bench.send(), 1);
    EXPECT_EQ(deliveries_of(bench, id), "delivered");
}

TEST(WebhookDeliveries, ASenderThatDiesIsFollowedByAnotherAndHeardNoMore) {
    WebhooksBench bench;
    const std::string id = bench.make();
    bench.happen();
    bench.fan_out();
    const auto held = bench.wait(bench.lanes.claim(bench.context, {.sound = 8, .struck = 8}));
    ASSERT_EQ(held.size(), 1);
    const auto due = bench.wait(bench.lanes.due(bench.context, held[0]));
    ASSERT_EQ(due.size(), 1);
    EXPECT_EQ(bench.send(), 0) << "somebody has it";
    bench.clock.advance(hold_time + 1s);
    EXPECT_EQ(bench.send(), 1);
    EXPECT_EQ(deliveries_of(bench, id), "delivered");

    const Posted late{.outcome = Outcome::refused, .status = 500, .at = bench.clock.now()};
    EXPECT_EQ(bench.wait(bench.lanes.record(bench.context, held[0], due[0], late)), "lost");
    bench.wait(bench.lanes.release(bench.context, held[0]));
    EXPECT_EQ(deliveries_of(bench, id), "delivered");
}

TEST(WebhookDeliveries, WhatComesToBeDueWhileALaneIsHeldIsNotForgotten) {
    WebhooksBench bench;
    const std::string id = bench.make();
    bench.happen();
    bench.fan_out();
    const auto held = bench.wait(bench.lanes.claim(bench.context, {.sound = 8, .struck = 8}));
    ASSERT_EQ(held.size(), 1);
    bench.happen();
    bench.fan_out();
    bench.wait(bench.lanes.release(bench.context, held[0]));
    EXPECT_EQ(bench.send(), 1);
    EXPECT_EQ(deliveries_of(bench, id), "delivered delivered");
}

TEST(WebhookDeliveries, ManyGoOutAFewAtOnce) {
    WebhooksBench bench;
    const std::string id = bench.make();
    for (int i = 0; i < 10; ++i) bench.happen();
    bench.fan_out();
    EXPECT_EQ(bench.send(), 1);
    EXPECT_EQ(bench.receiver.received().size(), per_lane_max);
    while (bench.send() > 0) {
    }
    EXPECT_EQ(bench.receiver.received().size(), 10);
}

TEST(WebhookDeliveries, AreForgottenAfterThirtyDaysAndWithTheirWebhook) {
    WebhooksBench bench;
    const std::string id = bench.make();
    bench.happen();
    bench.fan_out();
    bench.send();
    bench.clock.advance(29 * 24h);
    bench.happen();
    bench.fan_out();
    bench.clock.advance(25h);
    EXPECT_FALSE(bench.wait(bench.deliveries.sweep(bench.context)));
    bench.browser = bench.signed_in("ada@example.com");  // the session has ended meanwhile
    EXPECT_EQ(deliveries_of(bench, id), "pending");
    EXPECT_EQ(bench.browser.send(http::Method::del, "/v1/webhooks/" + id).status, 204);
    EXPECT_EQ(bench.send(), 0);
    bench.clock.advance(2h);
    EXPECT_FALSE(bench.wait(bench.deliveries.sweep(bench.context)));
    constexpr static pg::Query count{"test.left", R"sql(
        SELECT (SELECT count(*) FROM webhooks) + (SELECT count(*) FROM webhook_deliveries)
             + (SELECT count(*) FROM webhook_attempts)
    )sql"};
    EXPECT_EQ(bench.wait(bench.db.run(bench.context, count))[0].integer(), 0);
}

TEST(WebhookDeliveries, WhatDidNotHappenIsNotTold) {
    WebhooksBench bench;
    const std::string id = bench.make();
    EXPECT_EQ(bench.invite(bench.browser, "bob@example.com").status, 201);
    EXPECT_EQ(bench.invite(bench.browser, "bob@example.com").status, 409);
    bench.fan_out();
    bench.send();
    const auto received = bench.receiver.received();
    ASSERT_EQ(received.size(), 1);
    EXPECT_TRUE(received[0].body.contains(R"("email":"bob@example.com")")) << received[0].body;
}

}  // namespace
}  // namespace acme::webhooks
