// What is done to a schedule that is there.
#include "io/http/condition.hpp"
#include "io/http/json.hpp"
#include "io/pg/database.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/schedules/calls.hpp"
#include "platform/schedules/schedules_json.hpp"

namespace acme::schedules {
namespace {

using http::Call;
using http::Fields;
using http::Response;

Response to_response(const Row& row, WallTime now) {
    Response response = http::json(200, to_json(row, runs_of(row.rule, now, runs_usual)));
    response.headers.emplace_back("ETag", http::etag_of(row.version));
    return response;
}

Task<Result<Response>> trigger(Routes room, Side side, const Call& call) {
    auto transaction = co_await room.schedules.db().begin(call.context);
    auto claim = ACME_TRY(co_await room.idempotency.claim(transaction, call, ""));
    if (claim.replay) co_return *std::move(claim.replay);
    const Fire fire = ACME_TRY(co_await room.schedules.trigger(
        transaction, call.context, actor_of(room, call), owner_of(side, call), call.params[0]
    ));
    Response response = http::json(201, to_json(fire));
    co_await room.idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return response;
}

Task<Result<Response>> pause(Routes room, Side side, const Call& call) {
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    std::string reason = fields.optional_text("reason", {0, reason_chars_max}).value_or("");
    ACME_TRY(fields.finish());
    const Row row = ACME_TRY(co_await room.schedules.pause(
        call.context, actor_of(room, call), owner_of(side, call), call.params[0], std::move(reason)
    ));
    co_return to_response(row, room.schedules.now());
}

Task<Result<Response>> resume(Routes room, Side side, const Call& call) {
    const Row row = ACME_TRY(co_await room.schedules.resume(
        call.context, actor_of(room, call), owner_of(side, call), call.params[0]
    ));
    co_return to_response(row, room.schedules.now());
}

Task<Result<Response>> backfill(Routes room, const Call& call) {
    const std::string owner = call.who().org.str();
    ACME_TRY(co_await room.schedules.find(call.context, owner, call.params[0]));
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    const auto from = optional_time(fields, "from");
    const auto to = optional_time(fields, "to");
    const bool is_dry_run = fields.optional_boolean("dry_run").value_or(false);
    for (const std::string_view key : {"from", "to"}) {
        if (fields.has(key)) continue;
        fields.complain(key, "schedules.times", "must be there: a time in the past");
    }
    ACME_TRY(fields.finish());
    if (!from || !to) {
        co_return refuse(ErrorKind::invalid, "schedules.range", "from and to must be times.");
    }
    auto transaction = co_await room.schedules.db().begin(call.context);
    const std::string payload =
        to_rfc3339(*from) + " " + to_rfc3339(*to) + (is_dry_run ? " dry" : "");
    auto claim = ACME_TRY(co_await room.idempotency.claim(transaction, call, payload));
    if (claim.replay) co_return *std::move(claim.replay);
    const Backfilled result = ACME_TRY(co_await room.schedules.backfill(
        transaction,
        call.context,
        actor_of(room, call),
        owner,
        call.params[0],
        {.from = *from, .to = *to, .is_dry_run = is_dry_run}
    ));
    Response response = http::json(200, to_json(result, is_dry_run));
    co_await room.idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return response;
}

void add_trigger(http::Router& router, Routes room, Side side) {
    router.add({
        .method = http::Method::post,
        .pattern =
            of(side, "/v1/schedules/{schedule}:trigger", "/v1/platform/schedules/{schedule}:trigger"
            ),
        .access = to_act(side),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Runs a schedule now, whatever runs of it, and also when it is paused.",
             .response = "ScheduleRun",
             .status = 201,
             .errors =
                 {"schedules.not_found",
                  "idempotency.key_malformed",
                  "idempotency.in_progress",
                  "idempotency.other_payload"},
             .takes_key = true},
        .handler = [room, side](const Call& call) { return trigger(room, side, call); },
    });
}

void add_backfill(http::Router& router, Routes room) {
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/schedules/{schedule}:backfill",
        .access = to_act(Side::organization),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Runs what a schedule did not run in a time that is past; first dry, if so "
                        "asked.",
             .request = "ScheduleBackfill",
             .response = "ScheduleBackfilled",
             .errors =
                 {"schedules.not_found",
                  "schedules.range",
                  "schedules.too_long",
                  "idempotency.key_malformed",
                  "idempotency.in_progress",
                  "idempotency.other_payload"},
             .takes_key = true},
        .handler = [room](const Call& call) { return backfill(room, call); },
    });
}

}  // namespace

void add_acting_routes(http::Router& router, Routes room, Side side) {
    add_trigger(router, room, side);
    if (side == Side::organization) add_backfill(router, room);
    router.add({
        .method = http::Method::post,
        .pattern =
            of(side, "/v1/schedules/{schedule}:pause", "/v1/platform/schedules/{schedule}:pause"),
        .access = to_act(side),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Pauses a schedule: nothing is fired, and what waits does not begin.",
             .request = "SchedulePause",
             .response = "Schedule",
             .errors = {"schedules.not_found"}},
        .handler = [room, side](const Call& call) { return pause(room, side, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern =
            of(side, "/v1/schedules/{schedule}:resume", "/v1/platform/schedules/{schedule}:resume"),
        .access = to_act(side),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Resumes a schedule with its next run; what came meanwhile is left out.",
             .response = "Schedule",
             .errors = {"schedules.not_found"}},
        .handler = [room, side](const Call& call) { return resume(room, side, call); },
    });
}

}  // namespace acme::schedules
