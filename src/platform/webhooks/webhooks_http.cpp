#include "platform/webhooks/webhooks_http.hpp"

#include "io/http/condition.hpp"
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "io/http/page.hpp"
#include "io/pg/database.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/webhooks/calls.hpp"
#include "platform/webhooks/rules.hpp"
#include "platform/webhooks/webhooks_json.hpp"

#include <boost/json/serialize.hpp>

namespace acme::webhooks {
namespace {

using http::Access;
using http::Call;
using http::Fields;
using http::Response;
using idempotency::Need;

constexpr std::int64_t grace_seconds_usual = 86'400;

Response to_response(const Webhook& webhook) {
    Response response = http::json(200, to_json(webhook));
    response.headers.emplace_back("ETag", http::etag_of(webhook.version));
    return response;
}

Response show_once(int status, const Made& made) {
    Response response = http::json(status, to_json(made));
    response.headers.emplace_back("ETag", http::etag_of(made.webhook.version));
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

std::vector<std::string> types_in(Fields& fields) {
    std::vector<std::string> types;
    const boost::json::value* const value = fields.any("event_types");
    const auto* const array = value != nullptr ? value->if_array() : nullptr;
    if (array == nullptr || array->size() > types_max) {
        fields.complain("event_types", "webhooks.type_unknown", "must be a list of 1 to 32 types");
        return types;
    }
    for (const auto& item : *array) {
        types.emplace_back(item.is_string() ? std::string(item.get_string()) : "");
    }
    return types;
}

Task<Result<Response>> list_types(const Call&) { co_return http::json(200, types_json()); }

Task<Result<Response>> list(Routes room, const Call& call) {
    const OrgId org = call.who().org;
    const std::string scope = "webhooks " + org.str();
    const auto asked = ACME_TRY(http::page_asked(call.request, room.cursors, scope));
    const auto before = WebhookId::parse(asked.after);
    const auto found = co_await room.webhooks.list(call.context, org, before, asked.limit + 1);
    boost::json::array data;
    std::string next;
    for (const Webhook& webhook : found) {
        if (std::ssize(data) == asked.limit) {
            next = room.cursors.sign(scope, found[data.size() - 1].id.str());
            break;
        }
        data.push_back(to_json(webhook));
    }
    co_return http::page(call.request, std::move(data), std::move(next));
}

/// The kept answer has no secret in it: that is taken from where it lies sealed.
Task<Result<Response>> replay(Routes room, const Call& call, Response response) {
    auto json = ACME_TRY(http::parse_object(response.body));
    const auto id = WebhookId::parse(std::string_view(json.at("id").as_string()));
    const auto secret =
        ACME_TRY(co_await room.webhooks.secret_of(call.context, call.who().org, id.value()));
    json["secret"] = secret.reveal();
    response.body = boost::json::serialize(json);
    co_return response;
}

Task<Result<Response>> create(Routes room, const Call& call) {
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    Wanted wanted{
        .url = fields.text("url", {1, url_bytes_max}),
        .description = fields.optional_text("description", {0, description_chars_max}).value_or(""),
        .types = types_in(fields),
    };
    ACME_TRY(fields.finish());
    const std::string payload =
        wanted.url + "\n" + wanted.description + "\n" + joined(wanted.types);
    auto transaction = co_await room.db.begin(call.context);
    auto claim =
        ACME_TRY(co_await room.idempotency.claim(transaction, call, payload, Need::required));
    if (claim.replay) co_return co_await replay(room, call, *std::move(claim.replay));
    const Made made = ACME_TRY(co_await room.webhooks.create(
        transaction, call.context, actor_of(room, call), call.who().org, std::move(wanted)
    ));
    Response kept = http::json(201, to_json(made.webhook));
    kept.headers.emplace_back("Cache-Control", "no-store");
    co_await room.idempotency.keep(transaction, call, claim, kept);
    co_await transaction.commit(call.context);
    co_return show_once(201, made);
}

Task<Result<Response>> show(Routes room, const Call& call) {
    const WebhookId id = ACME_TRY(webhook_id_in(call));
    co_return to_response(ACME_TRY(co_await room.webhooks.find(call.context, call.who().org, id)));
}

Task<Result<Response>> patch(Routes room, const Call& call) {
    const WebhookId id = ACME_TRY(webhook_id_in(call));
    const OrgId org = call.who().org;
    const Webhook webhook = ACME_TRY(co_await room.webhooks.find(call.context, org, id));
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    Change change;
    if (fields.has("url")) change.url = fields.text("url", {1, url_bytes_max});
    if (fields.has("description")) {
        change.description =
            fields.optional_text("description", {0, description_chars_max}).value_or("");
    }
    if (fields.has("event_types")) change.types = types_in(fields);
    if (fields.has("enabled")) change.is_enabled = fields.boolean("enabled");
    ACME_TRY(fields.finish());
    ACME_TRY(http::check_if_match(call.request, http::etag_of(webhook.version)));
    co_return to_response(ACME_TRY(co_await room.webhooks.change(
        call.context, actor_of(room, call), org, id, webhook.version, std::move(change)
    )));
}

Task<Result<Response>> remove(Routes room, const Call& call) {
    const WebhookId id = ACME_TRY(webhook_id_in(call));
    ACME_TRY(co_await room.webhooks.remove(call.context, actor_of(room, call), call.who().org, id));
    co_return Response{.status = 204};
}

Task<Result<Response>> rotate(Routes room, const Call& call) {
    const WebhookId id = ACME_TRY(webhook_id_in(call));
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    const std::int64_t most = std::chrono::seconds(grace_max).count();
    const auto grace = fields.optional_integer("grace_seconds", {0, most});
    ACME_TRY(fields.finish());
    co_return show_once(
        200,
        ACME_TRY(co_await room.webhooks.rotate(
            call.context,
            actor_of(room, call),
            call.who().org,
            id,
            std::chrono::seconds(grace.value_or(grace_seconds_usual))
        ))
    );
}

void add_reading(http::Router& router, Routes room) {
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/webhooks/event_types",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists the types of events, each with the schema of its data.",
             .response = "WebhookEventTypes"},
        .handler = [](const Call& call) { return list_types(call); },
    });
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/webhooks",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists the webhooks of the organization, newest first.",
             .response = "Webhooks",
             .query = {"limit", "cursor"},
             .errors = {"http.page_limit", "http.cursor"}},
        .handler = [room](const Call& call) { return list(room, call); },
    });
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/webhooks/{id}",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Shows a webhook, without its secret.",
             .response = "Webhook",
             .errors = {"webhooks.not_found"}},
        .handler = [room](const Call& call) { return show(room, call); },
    });
}

void add_making(http::Router& router, Routes room) {
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/webhooks",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Makes a webhook and shows its secret, once.",
             .request = "NewWebhook",
             .response = "Webhook",
             .status = 201,
             .errors =
                 {"webhooks.invalid",
                  "webhooks.too_many",
                  "webhooks.sealed",
                  "webhooks.not_found",
                  "http.key_required",
                  "idempotency.key_malformed",
                  "idempotency.other_payload"},
             .takes_key = true},
        .handler = [room](const Call& call) { return create(room, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/webhooks/{id}:rotate_secret",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Makes another secret and shows it, once; the one before signs a while.",
             .request = "WebhookRotation",
             .response = "Webhook",
             .errors = {"webhooks.not_found", "webhooks.rotating"}},
        .handler = [room](const Call& call) { return rotate(room, call); },
    });
}

void add_changes(http::Router& router, Routes room) {
    router.add({
        .method = http::Method::patch,
        .pattern = "/v1/webhooks/{id}",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Changes a webhook, pauses it, or enables it again.",
             .request = "WebhookPatch",
             .response = "Webhook",
             .errors =
                 {"webhooks.not_found",
                  "webhooks.invalid",
                  "http.precondition_required",
                  "http.precondition_failed"},
             .request_type = "application/merge-patch+json",
             .needs_if_match = true},
        .handler = [room](const Call& call) { return patch(room, call); },
    });
    router.add({
        .method = http::Method::del,
        .pattern = "/v1/webhooks/{id}",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Deletes a webhook, with what waits and its history.",
             .status = 204,
             .errors = {"webhooks.not_found"}},
        .handler = [room](const Call& call) { return remove(room, call); },
    });
}

}  // namespace

void add_routes(http::Router& router, Routes room) {
    for (const http::Schema& schema : schemas()) router.add_schema(schema);
    add_reading(router, room);
    add_making(router, room);
    add_changes(router, room);
    add_delivery_routes(router, room);
}

}  // namespace acme::webhooks
