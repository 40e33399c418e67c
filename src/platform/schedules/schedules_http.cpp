#include "platform/schedules/schedules_http.hpp"

#include "base/moment.hpp"
#include "io/http/condition.hpp"
#include "io/http/json.hpp"
#include "io/http/page.hpp"
#include "io/http/time.hpp"
#include "platform/live/live.hpp"
#include "platform/schedules/calls.hpp"
#include "platform/schedules/schedules_json.hpp"

#include <boost/json/serialize.hpp>

namespace acme::schedules {
namespace {

using http::Access;
using http::Call;
using http::Fields;
using http::Response;

constexpr std::chrono::milliseconds look_period{1'000};

Response to_response(int status, const Row& row, WallTime now) {
    Response response = http::json(status, to_json(row, runs_of(row.rule, now, runs_usual)));
    response.headers.emplace_back("ETag", http::etag_of(row.version));
    return response;
}

boost::json::array list_json(const std::vector<Row>& rows, WallTime now) {
    boost::json::array data;
    for (const Row& row : rows) data.push_back(to_json(row, runs_of(row.rule, now, 1)));
    return data;
}

Task<Result<Response>> list(Routes room, Side side, const Call& call) {
    const std::string owner = owner_of(side, call);
    const std::string scope = "schedules " + owner;
    const auto asked = ACME_TRY(http::page_asked(call.request, room.cursors, scope));
    auto found = co_await room.schedules.list(call.context, owner, asked.after, asked.limit + 1);
    std::string next;
    if (std::ssize(found) > asked.limit) {
        found.pop_back();
        next = room.cursors.sign(scope, found.back().name);
    }
    auto data = list_json(found, room.schedules.now());
    co_return http::page(call.request, std::move(data), std::move(next));
}

Task<live::Look> see_schedules(Routes room, std::string owner, trace::Context context) {
    const auto rows = co_await room.schedules.list(context, owner, "", schedules_max);
    boost::json::object all{{"data", list_json(rows, room.schedules.now())}};
    co_return live::Look{.json = boost::json::serialize(all)};
}

Task<Result<Response>> follow(
    Routes room, Side side, std::shared_ptr<live::Streams> streams, const Call& call
) {
    live::Watch watch{
        .event = "schedules",
        .period = look_period,
        .look = [room, owner = owner_of(side, call)](trace::Context context
                ) { return see_schedules(room, owner, context); },
        .too_many = "schedules.too_many_streams",
    };
    co_return live::stream(room.telemetry, std::move(streams), std::move(watch));
}

Task<Result<Response>> show(Routes room, Side side, const Call& call) {
    const Row row =
        ACME_TRY(co_await room.schedules.find(call.context, owner_of(side, call), call.params[0]));
    co_return to_response(200, row, room.schedules.now());
}

Task<Result<Response>> list_runs(Routes room, Side side, const Call& call) {
    const std::string owner = owner_of(side, call);
    const std::string scope = "schedules " + owner + " " + call.params[0];
    const auto asked = ACME_TRY(http::page_asked(call.request, room.cursors, scope));
    auto found = ACME_TRY(co_await room.schedules.history(
        call.context, owner, call.params[0], parse_time(asked.after), asked.limit + 1
    ));
    std::string next;
    if (std::ssize(found) > asked.limit) {
        found.pop_back();
        next = room.cursors.sign(scope, to_rfc3339(found.back().place));
    }
    boost::json::array data;
    for (const Fire& fire : found) data.push_back(to_json(fire));
    co_return http::page(call.request, std::move(data), std::move(next));
}

Task<Result<Response>> put(Routes room, const Call& call) {
    const std::string owner = call.who().org.str();
    const auto before = co_await room.schedules.find(call.context, owner, call.params[0]);
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    Rule rule = rule_in(fields, room.schedules.now());
    ACME_TRY(fields.finish());
    std::optional<std::int64_t> version;
    if (before || !call.request.header("If-Match").empty()) {
        ACME_TRY(http::check_if_match(
            call.request, before ? http::etag_of(before->version) : std::string("\"\"")
        ));
        version = before->version;
    }
    const Row row = ACME_TRY(co_await room.schedules.put(
        call.context, actor_of(room, call), owner, call.params[0], version, std::move(rule)
    ));
    co_return to_response(before ? 200 : 201, row, room.schedules.now());
}

Task<Result<Response>> remove(Routes room, const Call& call) {
    ACME_TRY(co_await room.schedules.remove(
        call.context, actor_of(room, call), call.who().org.str(), call.params[0]
    ));
    co_return Response{.status = 204};
}

Task<Result<Response>> preview(Routes room, const Call& call) {
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    const Rule rule = times_in(fields);
    const auto count = fields.optional_integer("count", {1, runs_max}).value_or(runs_usual);
    std::vector<FieldError> problems;
    const auto timing = schedule::timing_of(rule, problems);
    const auto runs = runs_of(rule, room.schedules.now(), static_cast<int>(count));
    if (timing && runs.empty()) {
        const char* const field = rule.rrule.empty() ? "/cron" : "/rrule";
        problems.push_back({field, "schedules.never", "must come again, at least once"});
    }
    for (const FieldError& problem : problems) {
        fields.complain(problem.pointer.substr(1), problem.code, problem.detail);
    }
    ACME_TRY(fields.finish());
    co_return http::json(
        200, boost::json::object{{"zone", timing->zone().name()}, {"runs", to_json(runs)}}
    );
}

void add_stream(http::Router& router, Routes room, Side side) {
    const auto streams = std::make_shared<live::Streams>();
    router.add({
        .method = http::Method::get,
        .pattern = of(side, "/v1/schedules:events", "/v1/platform/schedules:events"),
        .access = to_read(side),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Streams the first 100 schedules as server-sent events, whenever one of "
                        "them changes, is fired or has ended.",
             .errors = {"schedules.too_many_streams"},
             .response_type = "text/event-stream"},
        .handler = [room, side, streams](const Call& call
                   ) { return follow(room, side, streams, call); },
        .is_stream = true,
    });
}

void add_reading(http::Router& router, Routes room, Side side) {
    add_stream(router, room, side);
    router.add({
        .method = http::Method::get,
        .pattern = of(side, "/v1/schedules", "/v1/platform/schedules"),
        .access = to_read(side),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary =
                 of(side,
                    "Lists the schedules of the organization by name, each with its next run.",
                    "Lists the platform's own schedules by name, each with its next run."),
             .response = "Schedules",
             .query = {"limit", "cursor"},
             .errors = {"http.page_limit", "http.cursor"}},
        .handler = [room, side](const Call& call) { return list(room, side, call); },
    });
    router.add({
        .method = http::Method::get,
        .pattern = of(side, "/v1/schedules/{schedule}", "/v1/platform/schedules/{schedule}"),
        .access = to_read(side),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Shows a schedule with its next ten runs.",
             .response = "Schedule",
             .errors = {"schedules.not_found"}},
        .handler = [room, side](const Call& call) { return show(room, side, call); },
    });
    router.add({
        .method = http::Method::get,
        .pattern =
            of(side, "/v1/schedules/{schedule}/runs", "/v1/platform/schedules/{schedule}/runs"),
        .access = to_read(side),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary =
                 "Lists the runs of a schedule, also those missed or left out, newest first.",
             .response = "ScheduleRuns",
             .query = {"limit", "cursor"},
             .errors = {"schedules.not_found", "http.page_limit", "http.cursor"}},
        .handler = [room, side](const Call& call) { return list_runs(room, side, call); },
    });
}

void add_making(http::Router& router, Routes room) {
    router.add({
        .method = http::Method::put,
        .pattern = "/v1/schedules/{schedule}",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Makes a schedule, or replaces one, which takes If-Match with its version.",
             .request = "NewSchedule",
             .response = "Schedule",
             .errors =
                 {"schedules.invalid",
                  "schedules.too_many",
                  "http.precondition_required",
                  "http.precondition_failed"},
             .also = {201}},
        .handler = [room](const Call& call) { return put(room, call); },
    });
    router.add({
        .method = http::Method::del,
        .pattern = "/v1/schedules/{schedule}",
        .access = Access::org(OrgRole::admin),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Deletes a schedule with its history; jobs that it has made stay.",
             .status = 204,
             .errors = {"schedules.not_found"}},
        .handler = [room](const Call& call) { return remove(room, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/schedules:preview",
        .access = Access::signed_in(),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Tells when a schedule would run next, or what is wrong with it and where.",
             .request = "ScheduleTimes",
             .response = "SchedulePreview",
             .errors = {"http.fields_invalid"}},
        .handler = [room](const Call& call) { return preview(room, call); },
    });
}

}  // namespace

void add_routes(http::Router& router, Routes room) {
    for (const http::Schema& schema : schemas()) router.add_schema(schema);
    for (const Side side : sides) {
        add_reading(router, room, side);
        add_acting_routes(router, room, side);
    }
    add_making(router, room);
}

}  // namespace acme::schedules
