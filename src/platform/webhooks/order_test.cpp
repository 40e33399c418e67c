// In which order a receiver hears of what happened to one thing.
#include "platform/happenings/happenings.hpp"
#include "testing/webhooks_bench.hpp"

#include <boost/json/parse.hpp>

namespace acme::webhooks {
namespace {

using namespace std::chrono_literals;
using testing::column_of;
using testing::Receiver;
using testing::WebhooksBench;

/// "joined a, removed a": of each request that came, the type and whom it is about.
std::string told(const Receiver& receiver) {
    std::string text;
    for (const auto& each : receiver.received()) {
        const auto body = boost::json::parse(each.body);
        if (!body.at("data").as_object().contains("user")) continue;  // a test
        const std::string type(body.at("type").as_string());
        const std::string subject(body.at("data").at("user").as_string());
        text.append(text.empty() ? "" : ", ").append(type.substr(type.find('.') + 1)).append(" ");
        text.append(subject);
    }
    return text;
}

void send_all(WebhooksBench& bench) {
    while (bench.send() > 0) {
    }
}

std::string states(WebhooksBench& bench, const std::string& id) {
    return column_of(bench.browser.get("/v1/webhooks/" + id + "/deliveries"), "state");
}

TEST(WebhookOrder, WhatHappensToOneThingIsToldInItsOrder) {
    WebhooksBench bench;
    bench.make();
    for (const char* subject : {"a", "b"}) {
        for (const char* type : {"member.joined", "member.role_changed", "member.removed"}) {
            bench.happen(type, subject);
        }
    }
    bench.fan_out();
    send_all(bench);
    const std::string all = told(bench.receiver);
    for (const char* subject : {" a", " b"}) {
        const auto joined = all.find("joined" + std::string(subject));
        const auto changed = all.find("role_changed" + std::string(subject));
        const auto removed = all.find("removed" + std::string(subject));
        ASSERT_NE(removed, std::string::npos) << all;
        EXPECT_LT(joined, changed) << all;
        EXPECT_LT(changed, removed) << all;
    }
    EXPECT_EQ(bench.receiver.received().size(), 6);
}

TEST(WebhookOrder, WhileOneIsTriedAgainTheNextOfItsThingWaitsAndOthersGoBy) {
    WebhooksBench bench;
    const std::string id = bench.make();
    bench.receiver.answer_with(500);
    bench.happen("member.joined", "a");
    bench.fan_out();
    send_all(bench);
    bench.receiver.answer_with(204);
    bench.happen("member.removed", "a");
    bench.happen("member.joined", "b");
    bench.fan_out();
    send_all(bench);
    EXPECT_EQ(told(bench.receiver), "joined a, joined b");
    const auto rows = boost::json::parse(
        bench.browser.get("/v1/webhooks/" + id + "/deliveries?state=pending").body
    );
    const auto& waiting = rows.at("data").as_array().at(0);
    EXPECT_EQ(waiting.at("event_type"), "member.removed");
    EXPECT_EQ(waiting.at("waits"), true);
    EXPECT_TRUE(waiting.at("next_attempt_at").is_null());

    bench.clock.advance(7s);
    send_all(bench);
    EXPECT_EQ(told(bench.receiver), "joined a, joined b, joined a, removed a");
    EXPECT_EQ(states(bench, id), "delivered delivered delivered");
}

TEST(WebhookOrder, AReceiverThatFailsHoldsUpNoOther) {
    WebhooksBench bench;
    Receiver other;
    bench.make();
    bench.post("/v1/webhooks", R"({"url":")" + other.url() + R"(","event_types":["*"]})");
    bench.receiver.answer_with(500);
    bench.happen("member.joined", "a");
    bench.happen("member.removed", "a");
    bench.fan_out();
    send_all(bench);
    EXPECT_EQ(told(bench.receiver), "joined a");
    EXPECT_EQ(told(other), "joined a, removed a");
}

TEST(WebhookOrder, OneThatIsGivenUpLetsTheNextGo) {
    WebhooksBench bench;
    const std::string id = bench.make();
    bench.receiver.answer_with(500);
    bench.happen("member.joined", "a");
    bench.happen("member.removed", "a");
    bench.fan_out();
    bench.send();
    for (std::size_t i = 1; i < pauses.size(); ++i) {
        // A success in between, or the webhook would be disabled after three days.
        bench.receiver.answer_with(204);
        bench.post("/v1/webhooks/" + id + ":test");
        bench.send();
        bench.receiver.answer_with(500);
        bench.clock.advance(pauses[i] * 6 / 5 + 1s);
        bench.send();
    }
    EXPECT_FALSE(told(bench.receiver).contains("removed a"));
    bench.receiver.answer_with(204);
    send_all(bench);
    EXPECT_TRUE(told(bench.receiver).ends_with("joined a, removed a")) << told(bench.receiver);
    EXPECT_EQ(bench.newest("state"), "delivered");
}

TEST(WebhookOrder, WhatIsSentAgainComesBeforeWhatIsLaterAndPending) {
    WebhooksBench bench;
    const std::string id = bench.make();
    bench.receiver.answer_with(410);
    bench.happen("member.joined", "a");
    bench.happen("member.removed", "a");
    bench.fan_out();
    send_all(bench);
    EXPECT_EQ(states(bench, id), "failed failed");
    bench.receiver.answer_with(204);
    bench.patch(id, R"({"enabled":true})");
    bench.happen("member.joined", "a");
    bench.fan_out();
    EXPECT_EQ(
        bench.post("/v1/webhooks/" + id + ":redeliver_failed", "{}").body, R"({"redelivered":2})"
    );
    send_all(bench);
    EXPECT_EQ(told(bench.receiver), "joined a, joined a, removed a, joined a");
}

TEST(WebhookOrder, OfTwoThatFanOutAtOnceOneTakesNothing) {
    WebhooksBench bench;
    bench.happen("member.joined", "a");
    bench.happen("member.removed", "a");
    {
        auto first = bench.wait(bench.db.begin(bench.context));
        EXPECT_EQ(bench.wait(happenings::take(first, bench.context, 1)).size(), 1);
        auto second = bench.wait(bench.db.begin(bench.context));
        EXPECT_TRUE(bench.wait(happenings::take(second, bench.context, 10)).empty());
        bench.wait(first.commit(bench.context));
    }
    auto third = bench.wait(bench.db.begin(bench.context));
    const auto left = bench.wait(happenings::take(third, bench.context, 10));
    ASSERT_EQ(left.size(), 1);
    EXPECT_EQ(left[0].type, "member.removed");
}

TEST(WebhookOrder, WhatASenderWithoutOrderLeftBehindIsLetGoBySweeping) {
    WebhooksBench bench;
    const std::string id = bench.make();
    bench.happen("member.joined", "a");
    bench.happen("member.removed", "a");
    bench.fan_out();
    constexpr static pg::Query settle{"test.settle", R"sql(
        UPDATE webhook_deliveries SET state = 'delivered', settled_at = created_at WHERE NOT waits
    )sql"};
    bench.wait(bench.db.run(bench.context, settle));
    send_all(bench);
    EXPECT_EQ(told(bench.receiver), "");
    bench.wait(bench.deliveries.sweep(bench.context));
    send_all(bench);
    EXPECT_EQ(told(bench.receiver), "removed a");
}

}  // namespace
}  // namespace acme::webhooks
