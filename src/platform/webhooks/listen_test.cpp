// Listeners: webhooks that belong to whoever listens.
#include "testing/webhooks_bench.hpp"

namespace acme::webhooks {
namespace {

using namespace std::chrono_literals;
using testing::WebhooksBench;

struct ListenBench : WebhooksBench {
    Result<Made> listen(std::string url) {
        return wait(webhooks.listen(
            context,
            {.name = "cli"},
            org,
            {.url = std::move(url), .description = "", .types = {"*"}}
        ));
    }

    /// All that is due is sent by the one that belongs to the listener.
    int send_own(const Webhook& webhook) {
        Sender own(
            lanes,
            client,
            telemetry,
            {.own = Own{webhook.org, webhook.id},
             .told =
                 [this](const Due& due, const Posted& posted) {
                     heard.append(due.type).append(" ").append(name_of(posted.outcome)).append(";");
                 }}
        );
        return wait(own.run_once());
    }

    std::string states(const Webhook& webhook) {
        return testing::column_of(
            browser.get("/v1/webhooks/" + webhook.id.str() + "/deliveries"), "state"
        );
    }

    std::string heard;
};

TEST(WebhookListeners, AreSentToByWhoeverListensAndByNoWorker) {
    ListenBench bench;
    const Webhook webhook = bench.listen(bench.receiver.url()).value().webhook;
    bench.happen();
    bench.fan_out();
    EXPECT_EQ(bench.send(), 0);
    EXPECT_EQ(bench.send_own(webhook), 1);
    EXPECT_EQ(bench.send_own(webhook), 0);
    EXPECT_EQ(bench.receiver.received().size(), 1);
    EXPECT_EQ(bench.heard, "member.joined delivered;");
    EXPECT_EQ(bench.states(webhook), "delivered");
}

TEST(WebhookListeners, GetEachEventOnceAndAreNeverDisabled) {
    ListenBench bench;
    const Webhook webhook = bench.listen(bench.receiver.url()).value().webhook;
    for (const int status : {500, 410}) {
        bench.receiver.answer_with(status);
        bench.happen("member.joined", "a");
        bench.fan_out();
        EXPECT_EQ(bench.send_own(webhook), 1);
    }
    bench.receiver.answer_with(204);
    bench.happen("member.removed", "a");
    bench.fan_out();
    EXPECT_EQ(bench.send_own(webhook), 1);
    EXPECT_EQ(bench.heard, "member.joined refused;member.joined gone;member.removed delivered;");
    EXPECT_EQ(bench.states(webhook), "delivered failed failed");
}

TEST(WebhookListeners, TakeNothingMoreAndGoWhenNobodyListens) {
    ListenBench bench;
    const Webhook webhook = bench.listen(bench.receiver.url()).value().webhook;
    bench.clock.advance(listen_time - 1s);
    EXPECT_TRUE(bench.wait(bench.webhooks.keep_listening(bench.context, bench.org, webhook.id)));
    bench.clock.advance(listen_time - 1s);
    bench.wait(bench.deliveries.sweep(bench.context));
    EXPECT_EQ(bench.browser.get("/v1/webhooks/" + webhook.id.str()).status, 200);
    bench.clock.advance(2s);
    bench.happen();
    bench.fan_out();
    EXPECT_EQ(bench.states(webhook), "");
    EXPECT_EQ(bench.send_own(webhook), 0);
    bench.wait(bench.deliveries.sweep(bench.context));
    EXPECT_EQ(bench.browser.get("/v1/webhooks/" + webhook.id.str()).status, 404);
    EXPECT_FALSE(bench.wait(bench.webhooks.keep_listening(bench.context, bench.org, webhook.id)));
    constexpr static pg::Query told{"test.told", R"sql(
        SELECT count(*) FROM audit_entries WHERE action = 'webhooks.delete' AND target = $1
    )sql"};
    EXPECT_EQ(bench.wait(bench.db.run(bench.context, told, webhook.id.str()))[0].integer(), 1);
}

TEST(WebhookListeners, LeadToThisMachineAlone) {
    ListenBench bench;
    for (const char* url :
         {"http://localhost:4000/x", "http://127.0.0.9:4000", "http://[::1]:4000/"}) {
        EXPECT_TRUE(bench.listen(url)) << url;
    }
    for (const char* url :
         {"https://example.com/", "http://93.184.216.34/", "http://2130706433:4000/"}) {
        const auto refused = bench.listen(url);
        ASSERT_FALSE(refused) << url;
        EXPECT_EQ(refused.error().fields.at(0).code, "webhooks.url_not_local") << url;
    }
    EXPECT_EQ(
        bench.listen("http://10.0.0.1:4000/").error().fields.at(0).code, "webhooks.url_private"
    );
}

}  // namespace
}  // namespace acme::webhooks
