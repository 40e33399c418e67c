// Queues: how they fare, their settings, pause, drain and purge.
#include "io/http/json.hpp"
#include "platform/queues/calls.hpp"
#include "platform/queues/queues_json.hpp"
#include "work/pull/pull.hpp"
#include "work/queues/acting.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace acme::queues {
namespace {

using http::Call;
using http::Fields;
using http::Response;

constexpr std::int64_t most = 1'000'000;

Task<Result<Response>> list_queues(Routes room, Side side, const Call& call) {
    const auto found =
        co_await list(room.db, call.context, room.telemetry.clock, owner_of(side, call));
    boost::json::array data;
    for (const QueueState& state : found) data.push_back(to_json(state));
    co_return http::json(200, boost::json::object{{"data", std::move(data)}});
}

Task<Result<Response>> show_queue(Routes room, Side side, const Call& call) {
    const QueueState state = ACME_TRY(co_await show(
        room.db, call.context, room.telemetry.clock, owner_of(side, call), call.params[0]
    ));
    co_return http::json(200, to_json(state));
}

/// null takes a limit away; what is absent stays.
Settings settings_in(Fields& fields) {
    Settings settings;
    if (fields.has("running_max")) {
        settings.running_max = fields.optional_integer("running_max", {1, most});
    }
    if (fields.has("rate_per_second")) {
        settings.rate_per_s = optional_number(fields, "rate_per_second", 0.001, 1'000'000);
    }
    if (fields.has("rate_burst")) {
        settings.rate_burst = fields.optional_integer("rate_burst", {1, most});
    }
    settings.attempts_max = fields.optional_integer("max_attempts", {1, 100});
    settings.timeout_ms = fields.optional_integer("timeout_ms", {100, 86'400'000});
    settings.keep_done_s = fields.optional_integer("keep_done_seconds", {0, 2'592'000});
    settings.keep_dead_s = fields.optional_integer("keep_dead_seconds", {3'600, 7'776'000});
    settings.depth_alert = fields.optional_integer("depth_alert", {1, most});
    return settings;
}

Task<Result<Response>> put_queue(Routes room, Side side, const Call& call) {
    const std::string name = call.params[0];
    if (!is_name(name)) {
        co_return refuse(
            ErrorKind::invalid,
            "queues.name",
            "The name of a queue is 1 to 63 lower-case letters, digits, _, . and -, and begins "
            "with "
            "a letter."
        );
    }
    auto object = ACME_TRY(co_await http::json_object(call.request));
    const std::string payload = boost::json::serialize(object);
    Fields fields(std::move(object));
    const Settings settings = settings_in(fields);
    ACME_TRY(fields.finish());
    const Owner owner = owner_of(side, call);
    auto transaction = co_await room.db.begin(call.context);
    std::vector<std::string> names{name};
    ACME_TRY(co_await make_missing(
        transaction, call.context, room.telemetry.clock, owner, std::move(names)
    ));
    Queue queue = ACME_TRY(co_await lock(transaction, call.context, owner, name));
    co_await change(transaction, call.context, owner, std::move(queue), settings);
    audit::Entry entry{
        .action = "queues.change",
        .target = name,
        .after = audit::json_of({{"settings", payload}}),
    };
    co_await audit::record(transaction, call.context, actor_of(room, call), std::move(entry));
    co_await transaction.commit(call.context);
    co_return co_await show_queue(room, side, call);
}

Task<Result<Response>> pause_queue(Routes room, Side side, const Call& call) {
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    const std::string reason = fields.optional_text("reason", {0, reason_chars_max}).value_or("");
    ACME_TRY(fields.finish());
    const Owner owner = owner_of(side, call);
    auto transaction = co_await room.db.begin(call.context);
    auto claim = ACME_TRY(co_await room.idempotency.claim(transaction, call, reason));
    if (claim.replay) co_return *std::move(claim.replay);
    Queue queue = ACME_TRY(co_await lock(transaction, call.context, owner, call.params[0]));
    const std::string name = queue.name;
    co_await pause(
        transaction,
        call.context,
        room.telemetry.clock,
        owner,
        std::move(queue),
        call.who().user.str(),
        reason
    );
    audit::Entry entry{
        .action = "queues.pause", .target = name, .after = audit::json_of({{"reason", reason}})
    };
    co_await audit::record(transaction, call.context, actor_of(room, call), std::move(entry));
    Response response = http::json(200, boost::json::object{{"queue", name}, {"paused", true}});
    co_await room.idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return response;
}

Task<Result<Response>> resume_queue(Routes room, Side side, const Call& call) {
    const Owner owner = owner_of(side, call);
    auto transaction = co_await room.db.begin(call.context);
    auto claim = ACME_TRY(co_await room.idempotency.claim(transaction, call, ""));
    if (claim.replay) co_return *std::move(claim.replay);
    Queue queue = ACME_TRY(co_await lock(transaction, call.context, owner, call.params[0]));
    const std::string name = queue.name;
    audit::Entry entry{
        .action = "queues.resume",
        .target = name,
        .before = audit::json_of({{"reason", queue.pause_reason}}),
    };
    co_await resume(transaction, call.context, owner, std::move(queue));
    co_await audit::record(transaction, call.context, actor_of(room, call), std::move(entry));
    Response response = http::json(200, boost::json::object{{"queue", name}, {"paused", false}});
    co_await room.idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return response;
}

Task<Result<Response>> drain_queue(Routes room, const Call& call) {
    const Owner owner = owner_of(Side::organization, call);
    auto transaction = co_await room.db.begin(call.context);
    auto claim = ACME_TRY(co_await room.idempotency.claim(transaction, call, ""));
    if (claim.replay) co_return *std::move(claim.replay);
    const Queue queue = ACME_TRY(co_await lock(transaction, call.context, owner, call.params[0]));
    const int told =
        co_await pull::drain(transaction, call.context, room.telemetry.clock, owner, queue.name);
    audit::Entry entry{
        .action = "queues.drain",
        .target = queue.name,
        .after = audit::json_of({{"workers", std::to_string(told)}}),
    };
    co_await audit::record(transaction, call.context, actor_of(room, call), std::move(entry));
    Response response =
        http::json(200, boost::json::object{{"queue", queue.name}, {"workers", told}});
    co_await room.idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return response;
}

/// Cancels what waits, 10,000 at a time. Without dry_run: false it counts.
Task<Result<Response>> purge_queue(Routes room, Side side, const Call& call) {
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    const bool is_dry = fields.optional_boolean("dry_run").value_or(true);
    ACME_TRY(fields.finish());
    const Owner owner = owner_of(side, call);
    const Clock& clock = room.telemetry.clock;
    auto transaction = co_await room.db.begin(call.context);
    auto claim = ACME_TRY(co_await room.idempotency.claim(transaction, call, is_dry ? "dry" : ""));
    if (claim.replay) co_return *std::move(claim.replay);
    const Queue queue = ACME_TRY(co_await lock(transaction, call.context, owner, call.params[0]));
    auto ids = co_await waiting_in(transaction, call.context, owner, queue.id, bulk_max);
    const bool has_more = std::ssize(ids) > bulk_max;
    if (has_more) ids.resize(bulk_max);
    const std::int64_t matched = std::ssize(ids);
    int changed = 0;
    if (!is_dry) {
        changed =
            co_await act(transaction, call.context, clock, owner, std::move(ids), Action::cancel);
        audit::Entry entry{
            .action = "queues.purge",
            .target = queue.name,
            .after = audit::json_of({{"jobs", std::to_string(changed)}}),
        };
        co_await audit::record(transaction, call.context, actor_of(room, call), std::move(entry));
    }
    Response response = http::json(
        200,
        boost::json::object{
            {"queue", queue.name},
            {"dry_run", is_dry},
            {"matched", matched},
            {"has_more", has_more},
            {"changed", changed},
        }
    );
    co_await room.idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return response;
}

void add_looking(http::Router& router, Routes room, Side side) {
    router.add({
        .method = http::Method::get,
        .pattern = of(side, "/v1/queues", "/v1/platform/queues"),
        .access = to_read(side),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists the queues, with depth, oldest job, rates, and how long jobs waited "
                        "and ran.",
             .response = "Queues"},
        .handler = [room, side](const Call& call) { return list_queues(room, side, call); },
    });
    router.add({
        .method = http::Method::get,
        .pattern = of(side, "/v1/queues/{queue}", "/v1/platform/queues/{queue}"),
        .access = to_read(side),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Shows a queue: its settings and how it fares.",
             .response = "Queue",
             .errors = {"queues.not_found"}},
        .handler = [room, side](const Call& call) { return show_queue(room, side, call); },
    });
    router.add({
        .method = http::Method::put,
        .pattern = of(side, "/v1/queues/{queue}", "/v1/platform/queues/{queue}"),
        .access = to_act(side),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Sets up a queue: limits, attempts, time, how long what ended is kept.",
             .request = "QueueSettings",
             .response = "Queue",
             .errors = {"queues.name", "queues.number", "queues.too_many", "queues.not_found"}},
        .handler = [room, side](const Call& call) { return put_queue(room, side, call); },
    });
}

void add_pausing(http::Router& router, Routes room, Side side) {
    router.add({
        .method = http::Method::post,
        .pattern = of(side, "/v1/queues/{queue}:pause", "/v1/platform/queues/{queue}:pause"),
        .access = to_act(side),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Pauses a queue: what runs goes on, nothing new begins.",
             .request = "QueuePause",
             .response = "QueuePaused",
             .errors =
                 {"queues.not_found", "idempotency.key_malformed", "idempotency.other_payload"},
             .takes_key = true},
        .handler = [room, side](const Call& call) { return pause_queue(room, side, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = of(side, "/v1/queues/{queue}:resume", "/v1/platform/queues/{queue}:resume"),
        .access = to_act(side),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Resumes a queue.",
             .response = "QueuePaused",
             .errors =
                 {"queues.not_found", "idempotency.key_malformed", "idempotency.other_payload"},
             .takes_key = true},
        .handler = [room, side](const Call& call) { return resume_queue(room, side, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = of(side, "/v1/queues/{queue}:purge", "/v1/platform/queues/{queue}:purge"),
        .access = to_act(side),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Cancels up to 10,000 jobs that wait in a queue; only counts them unless "
                        "dry_run is false.",
             .request = "QueuePurge",
             .response = "QueuePurged",
             .errors =
                 {"queues.not_found", "idempotency.key_malformed", "idempotency.other_payload"},
             .takes_key = true},
        .handler = [room, side](const Call& call) { return purge_queue(room, side, call); },
    });
}

}  // namespace

void add_queue_routes(http::Router& router, Routes room, Side side) {
    add_looking(router, room, side);
    add_pausing(router, room, side);
    if (side == Side::platform) return;  // its workers are nodes, and drain when they are rolled
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/queues/{queue}:drain",
        .access = to_act(side),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Tells the workers that fetch from a queue to take no more.",
             .response = "QueueDrained",
             .errors =
                 {"queues.not_found", "idempotency.key_malformed", "idempotency.other_payload"},
             .takes_key = true},
        .handler = [room](const Call& call) { return drain_queue(room, call); },
    });
}

}  // namespace acme::queues
