#include "testing/webhooks_bench.hpp"

#include "platform/happenings/happenings.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace acme::testing {
namespace {

fetch::Options options_of(const webhooks::Policy& policy) {
    return webhooks::fetch_options([policy](std::string_view address) {
        return webhooks::may_connect(policy, address);
    });
}

Task<> tell(WebhooksBench& bench, std::string_view type, std::string subject) {
    auto transaction = co_await bench.db.begin(bench.context);
    const std::string data = R"({"user":")" + subject + R"(","role":"member"})";
    co_await happenings::tell(
        transaction, bench.context, bench.telemetry, {type, bench.org, std::move(subject), data}
    );
    co_await transaction.commit(bench.context);
}

}  // namespace

Receiver::Receiver() {
    server_.add(http::Method::post, "/hook", 100'000, [this](const http::Call& call) {
        return take(call);
    });
    server_.serve();
}

void Receiver::answer_with(int status, http::HeaderList headers, std::string body) {
    const std::lock_guard lock(guard_);
    status_ = status;
    headers_ = std::move(headers);
    body_ = std::move(body);
}

std::vector<Receiver::Received> Receiver::received() const {
    const std::lock_guard lock(guard_);
    return received_;
}

Task<Result<http::Response>> Receiver::take(const http::Call& call) {
    Received received{
        .id = std::string(call.request.header("webhook-id")),
        .timestamp = std::string(call.request.header("webhook-timestamp")),
        .signatures = std::string(call.request.header("webhook-signature")),
        .body = ACME_TRY(co_await call.request.body.read_all(100'000)),
    };
    const std::lock_guard lock(guard_);
    received_.push_back(std::move(received));
    co_return http::Response{.status = status_, .body = body_, .headers = headers_};
}

webhooks::Policy WebhooksBench::on_this_machine() {
    return {.allowed = Networks::parse("127.0.0.0/8").value(), .allows_http = true};
}

WebhooksBench::WebhooksBench(webhooks::Policy policy)
    : client(telemetry, options_of(policy)),
      webhooks(std::move(policy), Secret("a-secret-key-for-tests-with-32-bytes"), db, telemetry),
      lanes("http://localhost:8080", db, webhooks, memberships, mail, telemetry),
      sender(lanes, client, telemetry) {
    webhooks::add_routes(
        node.router, {db, webhooks, deliveries, idempotency, node.cursors, node.trusted_proxies}
    );
}

WebhooksBench::~WebhooksBench() {
    client.close();
    loop.restart();
    loop.poll();
}

std::string WebhooksBench::make(const std::string& types) {
    const auto made = post(
        "/v1/webhooks", R"({"url":")" + receiver.url() + R"(","event_types":[)" + types + "]}"
    );
    EXPECT_EQ(made.status, 201) << made.body;
    return text_in(made, "id");
}

http::Response WebhooksBench::post(const std::string& path, const std::string& body) {
    const std::string key = "webhook-" + std::to_string(++keys_);
    return browser.send(http::Method::post, path, body, {{"Idempotency-Key", key}});
}

http::Response WebhooksBench::patch(const std::string& id, const std::string& body) {
    const std::string path = "/v1/webhooks/" + id;
    const std::string etag = header(browser.get(path), "ETag");
    return browser.send(http::Method::patch, path, body, {{"If-Match", etag}});
}

void WebhooksBench::happen(std::string_view type, std::string subject) {
    if (subject.empty()) subject = "usr_" + std::to_string(++subjects_);
    clock.advance(std::chrono::milliseconds(2));  // ids in the order of what they name
    wait(tell(*this, type, std::move(subject)));
}

std::string WebhooksBench::newest(std::string_view key) {
    const auto list = boost::json::parse(browser.get("/v1/webhooks").body);
    const std::string id(list.at("data").as_array().at(0).at("id").as_string());
    const auto rows = boost::json::parse(browser.get("/v1/webhooks/" + id + "/deliveries").body);
    const auto& value = rows.at("data").as_array().at(0).at({key.data(), key.size()});
    return value.is_string() ? std::string(value.as_string()) : boost::json::serialize(value);
}

}  // namespace acme::testing
