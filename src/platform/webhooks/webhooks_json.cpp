#include "platform/webhooks/webhooks_json.hpp"

#include "io/http/time.hpp"
#include "platform/happenings/types.hpp"
#include "platform/webhooks/rules.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value_from.hpp>

namespace acme::webhooks {
namespace {

boost::json::value time_or_null(const std::optional<WallTime>& time) {
    if (!time) return nullptr;
    return boost::json::string(http::to_json(*time));
}

boost::json::value parse(std::string_view text) {
    return boost::json::parse({text.data(), text.size()});
}

boost::json::object to_json(const Attempt& attempt) {
    boost::json::object json{
        {"number", attempt.number},
        {"at", http::to_json(attempt.at)},
        {"duration_ms", attempt.duration_ms},
        {"outcome", attempt.outcome},
        {"status", nullptr},
        {"response", attempt.response},
    };
    if (attempt.status) json["status"] = *attempt.status;
    return json;
}

}  // namespace

boost::json::object to_json(const Webhook& webhook) {
    boost::json::object json{
        {"id", webhook.id.str()},
        {"url", webhook.url},
        {"description", webhook.description},
        {"event_types", boost::json::value_from(apart(webhook.types))},
        {"enabled", !webhook.disabled},
        {"disabled_because", nullptr},
        {"failing_since", time_or_null(webhook.failing_since)},
        {"old_secret_until", time_or_null(webhook.old_secret_until)},
        {"created_at", http::to_json(webhook.created_at)},
        {"updated_at", http::to_json(webhook.updated_at)},
    };
    if (webhook.disabled) json["disabled_because"] = *webhook.disabled;
    return json;
}

boost::json::object to_json(const Made& made) {
    boost::json::object json = to_json(made.webhook);
    json["secret"] = made.secret.reveal();
    return json;
}

boost::json::object to_json(const Delivery& delivery) {
    boost::json::object json{
        {"id", delivery.id.str()},
        {"webhook", delivery.webhook.str()},
        {"event", delivery.event.str()},
        {"event_type", delivery.type},
        {"state", name_of(delivery.state)},
        {"attempts", delivery.attempts},
        {"next_attempt_at", time_or_null(delivery.due_at)},
        {"waits", delivery.waits},
        {"last_outcome", nullptr},
        {"last_status", nullptr},
        {"created_at", http::to_json(delivery.created_at)},
        {"settled_at", time_or_null(delivery.settled_at)},
    };
    if (delivery.last_outcome) json["last_outcome"] = *delivery.last_outcome;
    if (delivery.last_status) json["last_status"] = *delivery.last_status;
    return json;
}

boost::json::object to_json(const Details& details) {
    boost::json::object json = to_json(details.delivery);
    json["body"] = details.body;
    boost::json::array history;
    for (const Attempt& attempt : details.attempts) history.push_back(to_json(attempt));
    json["history"] = std::move(history);
    return json;
}

boost::json::object types_json() {
    boost::json::array data;
    for (const happenings::Type& type : happenings::types()) {
        data.push_back(boost::json::object{
            {"name", type.name},
            {"about", type.about},
            {"schema", parse(type.schema)},
            {"example", parse(type.example)},
        });
    }
    return {{"data", std::move(data)}};
}

}  // namespace acme::webhooks
