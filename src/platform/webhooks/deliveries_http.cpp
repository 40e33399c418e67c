// What was sent, and having it sent again.
#include "base/moment.hpp"
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "io/http/page.hpp"
#include "io/pg/database.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/webhooks/calls.hpp"
#include "platform/webhooks/webhooks_json.hpp"

namespace acme::webhooks {
namespace {

using http::Access;
using http::Call;
using http::Fields;
using http::Response;

Result<DeliveryId> delivery_id_in(const Call& call) {
    const auto id = DeliveryId::parse(call.params[1]);
    if (id) return *id;
    return refuse(ErrorKind::not_found, "webhooks.no_delivery", "There is no such delivery.");
}

Result<std::optional<State>> state_asked(const Call& call) {
    const auto word = call.request.query("state");
    if (!word || word->empty()) return std::nullopt;
    const auto state = state_of(*word);
    if (state) return state;
    return refuse(ErrorKind::invalid, "webhooks.state", "?state= is pending, delivered or failed.");
}

Task<Result<Response>> list(Routes room, const Call& call) {
    const WebhookId id = ACME_TRY(webhook_id_in(call));
    const OrgId org = call.who().org;
    ACME_TRY(co_await room.webhooks.find(call.context, org, id));
    const auto state = ACME_TRY(state_asked(call));
    const std::string word(state ? name_of(*state) : "");
    const std::string scope = "deliveries " + id.str() + " " + word;
    const auto asked = ACME_TRY(http::page_asked(call.request, room.cursors, scope));
    const auto before = DeliveryId::parse(asked.after);
    const auto found =
        co_await room.deliveries.list(call.context, org, id, state, before, asked.limit + 1);
    boost::json::array data;
    std::string next;
    for (const Delivery& delivery : found) {
        if (std::ssize(data) == asked.limit) {
            next = room.cursors.sign(scope, found[data.size() - 1].id.str());
            break;
        }
        data.push_back(to_json(delivery));
    }
    co_return http::page(call.request, std::move(data), std::move(next));
}

Task<Result<Response>> show(Routes room, const Call& call) {
    const WebhookId id = ACME_TRY(webhook_id_in(call));
    const DeliveryId delivery = ACME_TRY(delivery_id_in(call));
    const OrgId org = call.who().org;
    ACME_TRY(co_await room.webhooks.find(call.context, org, id));
    co_return http::json(
        200, to_json(ACME_TRY(co_await room.deliveries.find(call.context, org, id, delivery)))
    );
}

Task<Result<Response>> test(Routes room, const Call& call) {
    const WebhookId id = ACME_TRY(webhook_id_in(call));
    auto transaction = co_await room.db.begin(call.context);
    auto claim = ACME_TRY(co_await room.idempotency.claim(transaction, call, ""));
    if (claim.replay) co_return *std::move(claim.replay);
    const Delivery made = ACME_TRY(co_await room.deliveries.test(
        transaction, call.context, actor_of(room, call), call.who().org, id
    ));
    Response response = http::json(202, to_json(made));
    co_await room.idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return response;
}

Task<Result<Response>> redeliver(Routes room, const Call& call) {
    const WebhookId id = ACME_TRY(webhook_id_in(call));
    const DeliveryId delivery = ACME_TRY(delivery_id_in(call));
    auto transaction = co_await room.db.begin(call.context);
    auto claim = ACME_TRY(co_await room.idempotency.claim(transaction, call, ""));
    if (claim.replay) co_return *std::move(claim.replay);
    const Delivery again = ACME_TRY(co_await room.deliveries.redeliver(
        transaction, call.context, actor_of(room, call), call.who().org, id, delivery
    ));
    Response response = http::json(202, to_json(again));
    co_await room.idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return response;
}

Task<Result<Response>> redeliver_failed(Routes room, const Call& call) {
    const WebhookId id = ACME_TRY(webhook_id_in(call));
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    const std::string text = fields.optional_text("since", {1, 40}).value_or("");
    const auto since = text.empty() ? WallTime{} : parse_time(text);
    if (!since) fields.complain("since", "webhooks.since", "must be a time as RFC 3339 has it");
    ACME_TRY(fields.finish());
    auto transaction = co_await room.db.begin(call.context);
    auto claim = ACME_TRY(co_await room.idempotency.claim(transaction, call, text));
    if (claim.replay) co_return *std::move(claim.replay);
    const int count = ACME_TRY(co_await room.deliveries.redeliver_failed(
        transaction, call.context, actor_of(room, call), call.who().org, id, *since
    ));
    Response response = http::json(202, {{"redelivered", count}});
    co_await room.idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return response;
}

void add_reading(http::Router& router, Routes room) {
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/webhooks/{id}/deliveries",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists what was sent to a webhook in 30 days, newest first.",
             .response = "WebhookDeliveries",
             .query = {"state", "limit", "cursor"},
             .errors = {"webhooks.not_found", "webhooks.state", "http.page_limit", "http.cursor"}},
        .handler = [room](const Call& call) { return list(room, call); },
    });
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/webhooks/{id}/deliveries/{delivery}",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Shows a delivery, what is sent, and what came of each attempt.",
             .response = "WebhookDeliveryDetails",
             .errors = {"webhooks.not_found", "webhooks.no_delivery"}},
        .handler = [room](const Call& call) { return show(room, call); },
    });
}

void add_sending(http::Router& router, Routes room) {
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/webhooks/{id}:test",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Sends an event of the type webhook.test.",
             .response = "WebhookDelivery",
             .status = 202,
             .errors =
                 {"webhooks.not_found",
                  "webhooks.disabled",
                  "idempotency.key_malformed",
                  "idempotency.other_payload"},
             .takes_key = true},
        .handler = [room](const Call& call) { return test(room, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/webhooks/{id}/deliveries/{delivery}:redeliver",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Sends the same event once more, with as many tries as a new one.",
             .response = "WebhookDelivery",
             .status = 202,
             .errors =
                 {"webhooks.not_found",
                  "webhooks.no_delivery",
                  "webhooks.disabled",
                  "idempotency.key_malformed",
                  "idempotency.other_payload"},
             .takes_key = true},
        .handler = [room](const Call& call) { return redeliver(room, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/webhooks/{id}:redeliver_failed",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Sends again what failed since a time, the oldest 10,000 of it.",
             .request = "WebhookRedelivery",
             .response = "WebhookRedelivered",
             .status = 202,
             .errors =
                 {"webhooks.not_found",
                  "webhooks.disabled",
                  "idempotency.key_malformed",
                  "idempotency.other_payload"},
             .takes_key = true},
        .handler = [room](const Call& call) { return redeliver_failed(room, call); },
        .weight = http::heavy_weight,
    });
}

}  // namespace

void add_delivery_routes(http::Router& router, Routes room) {
    add_reading(router, room);
    add_sending(router, room);
}

}  // namespace acme::webhooks
