// What people set, over HTTP.
#include "testing/webhooks_bench.hpp"

#include <boost/json/parse.hpp>

namespace acme::webhooks {
namespace {

using testing::column_of;
using testing::header;
using testing::text_in;
using testing::WebhooksBench;

constexpr pg::Query read_all{"test.everything", R"sql(
    SELECT coalesce((SELECT string_agg(w::text, ' ') FROM webhooks w), '')
        || coalesce((SELECT string_agg(k::text, ' ') FROM idempotency_keys k), '')
        || coalesce((SELECT string_agg(a::text, ' ') FROM audit_entries a), '')
)sql"};

constexpr pg::Query list_actions{"test.webhook_actions", R"sql(
    SELECT string_agg(action, ' ' ORDER BY created_at) FROM audit_entries
    WHERE org_id = $1 AND action LIKE 'webhooks.%'
)sql"};

std::string errors_of(const http::Response& response) {
    std::string errors;
    for (const auto& error : boost::json::parse(response.body).at("errors").as_array()) {
        errors += (errors.empty() ? "" : " ") + std::string(error.at("code").as_string());
    }
    return errors;
}

TEST(Webhooks, AreMadeShownChangedAndDeleted) {
    WebhooksBench bench;
    const std::string id = bench.make(R"("file.ready","member.joined")");

    const auto shown = bench.browser.get("/v1/webhooks/" + id);
    const auto json = boost::json::parse(shown.body);
    EXPECT_EQ(json.at("event_types").as_array().size(), 2);
    EXPECT_TRUE(json.at("enabled").as_bool());
    EXPECT_FALSE(json.as_object().contains("secret"));
    EXPECT_EQ(column_of(bench.browser.get("/v1/webhooks"), "id"), id);

    const auto changed = bench.patch(id, R"({"description":"CRM","event_types":["*"]})");
    EXPECT_EQ(changed.status, 200) << changed.body;
    EXPECT_EQ(text_in(changed, "description"), "CRM");
    EXPECT_NE(header(changed, "ETag"), header(shown, "ETag"));

    const std::string path = "/v1/webhooks/" + id;
    EXPECT_EQ(bench.browser.send(http::Method::del, path).status, 204);
    EXPECT_EQ(bench.browser.send(http::Method::del, path).status, 404);
    EXPECT_EQ(bench.browser.get(path).status, 404);
    const auto rows = bench.wait(bench.db.run(bench.context, list_actions, bench.org));
    EXPECT_EQ(rows[0].text(), "webhooks.create webhooks.change webhooks.delete");
}

TEST(Webhooks, ARequestThatComesAgainGetsTheSameSecretAndNoSecondWebhook) {
    WebhooksBench bench;
    const std::string body =
        R"({"url":")" + bench.receiver.url() + R"(","event_types":["file.ready"]})";
    const auto send = [&](std::string_view with) {
        return bench.browser.send(
            http::Method::post, "/v1/webhooks", with, {{"Idempotency-Key", "one"}}
        );
    };
    const auto first = send(body);
    const auto again = send(body);
    EXPECT_EQ(first.status, 201) << first.body;
    EXPECT_EQ(again.status, 201) << again.body;
    EXPECT_EQ(header(again, "Idempotency-Replayed"), "true");
    EXPECT_EQ(text_in(first, "id"), text_in(again, "id"));
    EXPECT_TRUE(text_in(first, "secret").starts_with("whsec_"));
    EXPECT_EQ(text_in(first, "secret"), text_in(again, "secret"));
    EXPECT_EQ(send(R"({"url":"https://example.com","event_types":["*"]})").status, 422);
    EXPECT_EQ(bench.browser.post("/v1/webhooks", body).status, 400);

    const auto kept = bench.wait(bench.db.run(bench.context, read_all))[0].text();
    EXPECT_FALSE(kept.contains(text_in(first, "secret").substr(6)));
}

TEST(Webhooks, WhatIsWrongIsToldAllAtOnce) {
    WebhooksBench bench(Policy{});
    const auto refused = bench.post(
        "/v1/webhooks",
        R"({"url":"http://u:p@127.0.0.1:22/","event_types":["file.burned"],"description":"a\nb"})"
    );
    EXPECT_EQ(refused.status, 422);
    EXPECT_EQ(
        errors_of(refused),
        "webhooks.url_scheme webhooks.url_user webhooks.url_port webhooks.url_private "
        "webhooks.description_malformed webhooks.type_unknown"
    );
    const auto malformed = bench.post("/v1/webhooks", R"({"url":7,"event_types":"*","x":1})");
    EXPECT_EQ(malformed.status, 422);
    EXPECT_EQ(column_of(bench.browser.get("/v1/webhooks"), "id"), "");
}

TEST(Webhooks, AChangeNamesTheVersionItMeans) {
    WebhooksBench bench;
    const std::string path = "/v1/webhooks/" + bench.make();
    const auto send = [&](std::vector<http::Header> headers) {
        return bench.browser.send(http::Method::patch, path, R"({"enabled":false})", headers);
    };
    EXPECT_EQ(send({}).status, 428);
    EXPECT_EQ(send({{"If-Match", "\"7\""}}).status, 412);
    const auto paused = send({{"If-Match", "\"1\""}});
    EXPECT_EQ(paused.status, 200);
    EXPECT_EQ(text_in(paused, "disabled_because"), "paused");
}

TEST(Webhooks, AreNobodyElses) {
    WebhooksBench bench;
    const std::string path = "/v1/webhooks/" + bench.make();
    bench.add_user("bob@example.com");
    auto bob = bench.signed_in("bob@example.com");
    EXPECT_EQ(bob.get(path).status, 404);
    EXPECT_EQ(bob.get(path + "/deliveries").status, 404);
    EXPECT_EQ(bob.post(path + ":test").status, 404);
    EXPECT_EQ(bob.post(path + ":rotate_secret", "{}").status, 404);
    EXPECT_EQ(bob.send(http::Method::del, path).status, 404);
    EXPECT_EQ(column_of(bob.get("/v1/webhooks"), "id"), "");
}

TEST(Webhooks, ASecretIsRotatedAndTheOneBeforeSignsAWhile) {
    WebhooksBench bench;
    const std::string id = bench.make();
    const std::string path = "/v1/webhooks/" + id;
    const auto first = bench.browser.post(path + ":rotate_secret", R"({"grace_seconds":3600})");
    EXPECT_EQ(first.status, 200) << first.body;
    EXPECT_FALSE(text_in(first, "old_secret_until").empty());
    // A third would end the first one before its time.
    EXPECT_EQ(bench.browser.post(path + ":rotate_secret", "{}").status, 409);
    const auto leaked = bench.browser.post(path + ":rotate_secret", R"({"grace_seconds":0})");
    EXPECT_EQ(leaked.status, 200);
    EXPECT_EQ(text_in(leaked, "old_secret_until"), "");
    EXPECT_NE(text_in(leaked, "secret"), text_in(first, "secret"));
    EXPECT_EQ(bench.browser.post(path + ":rotate_secret", R"({"grace_seconds":-1})").status, 422);
}

TEST(Webhooks, AnOrganizationHasFiftyAtMost) {
    WebhooksBench bench;
    for (int i = 0; i < webhooks_max; ++i) bench.make();
    const auto refused =
        bench.post("/v1/webhooks", R"({"url":"http://127.0.0.1:9000/","event_types":["*"]})");
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(text_in(refused, "code"), "webhooks.too_many");
    EXPECT_EQ(text_in(bench.browser.get("/v1/webhooks?limit=1"), "next_cursor").empty(), false);
}

TEST(Webhooks, TheTypesAreListedWithTheirSchemas) {
    WebhooksBench bench;
    const auto types = boost::json::parse(bench.browser.get("/v1/webhooks/event_types").body);
    EXPECT_EQ(types.at("data").as_array().size(), 7);
    EXPECT_EQ(types.at("data").as_array()[0].at("name"), "file.ready");
}

}  // namespace
}  // namespace acme::webhooks
