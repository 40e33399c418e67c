// Looking at jobs.
#include "base/text.hpp"
#include "io/http/json.hpp"
#include "io/http/page.hpp"
#include "platform/queues/calls.hpp"
#include "platform/queues/live.hpp"
#include "platform/queues/queues_json.hpp"

#include <boost/json/array.hpp>

namespace acme::queues {
namespace {

using http::Call;
using http::Response;

constexpr std::size_t filter_bytes_max = 300;

/// What stands behind ?name=; "" is the same as nothing.
std::optional<std::string> word_in(const Call& call, std::string_view name) {
    auto word = call.request.query(name);
    if (!word || word->empty() || word->size() > filter_bytes_max) return std::nullopt;
    return to_storable(*word);
}

Result<Filter> filter_in(const Call& call) {
    Filter filter{
        .queue = word_in(call, "queue"),
        .state = word_in(call, "state"),
        .kind = word_in(call, "kind"),
        .key = word_in(call, "key"),
        .user = word_in(call, "user"),
        .error_type = word_in(call, "error_type"),
        .error = word_in(call, "error"),
    };
    if (!filter.state || is_state(*filter.state)) return filter;
    return refuse(
        ErrorKind::invalid,
        "queues.state_unknown",
        "?state= is waiting, scheduled, retrying, parked, running, done, dead, cancelled or "
        "discarded."
    );
}

/// A cursor is good for the filter that it was given out for.
std::string scope_of(const Owner& owner, const Filter& filter) {
    std::string scope = "jobs " + owner;
    for (const auto& word :
         {filter.queue,
          filter.state,
          filter.kind,
          filter.key,
          filter.user,
          filter.error_type,
          filter.error}) {
        scope += "\n" + word.value_or("");
    }
    return scope;
}

Task<Result<Response>> list_jobs(Routes room, Side side, const Call& call) {
    const Owner owner = owner_of(side, call);
    const Filter filter = ACME_TRY(filter_in(call));
    const std::string scope = scope_of(owner, filter);
    const auto asked = ACME_TRY(http::page_asked(call.request, room.cursors, scope));
    const auto before = JobId::parse(asked.after);
    const auto found = co_await find_all(
        room.db, call.context, room.telemetry.clock, owner, filter, before, asked.limit + 1
    );
    boost::json::array data;
    std::string next;
    for (const Job& job : found) {
        if (std::ssize(data) == asked.limit) {
            next = room.cursors.sign(scope, found[data.size() - 1].id.str());
            break;
        }
        data.push_back(to_json(job));
    }
    co_return http::page(call.request, std::move(data), std::move(next));
}

Task<Result<Response>> show_job(Routes room, Side side, const Call& call) {
    const auto id = JobId::parse(call.params[0]);
    if (!id) co_return no_such_job();
    const Details details = ACME_TRY(
        co_await find(room.db, call.context, room.telemetry.clock, owner_of(side, call), *id)
    );
    co_return http::json(200, to_json(details));
}

Task<Result<Response>> list_causes(Routes room, Side side, const Call& call) {
    const auto found =
        co_await causes(room.db, call.context, owner_of(side, call), word_in(call, "queue"));
    boost::json::array data;
    for (const Cause& cause : found) data.push_back(to_json(cause));
    co_return http::json(200, boost::json::object{{"data", std::move(data)}});
}

Task<Result<Response>> show_throughput(Routes room, Side side, const Call& call) {
    const auto minutes = co_await throughput(
        room.db, call.context, room.telemetry.clock, owner_of(side, call), word_in(call, "queue")
    );
    boost::json::array data;
    for (const Minute& minute : minutes) data.push_back(to_json(minute));
    co_return http::json(
        200, boost::json::object{{"minute_max", minute_max}, {"data", std::move(data)}}
    );
}

Task<Result<Response>> follow_job(
    Routes room, Side side, std::shared_ptr<live::Streams> streams, const Call& call
) {
    const auto id = JobId::parse(call.params[0]);
    if (!id) co_return no_such_job();
    const Owner owner = owner_of(side, call);
    ACME_TRY(co_await find(room.db, call.context, room.telemetry.clock, owner, *id));
    co_return live::stream(room.telemetry, std::move(streams), look_at_job(room, owner, *id));
}

Task<Result<Response>> follow_queues(
    Routes room, Side side, std::shared_ptr<live::Streams> streams, const Call& call
) {
    co_return live::stream(
        room.telemetry, std::move(streams), look_at_queues(room, owner_of(side, call))
    );
}

void add_lists(http::Router& router, Routes room, Side side) {
    router.add({
        .method = http::Method::get,
        .pattern = of(side, "/v1/jobs", "/v1/platform/jobs"),
        .access = to_read(side),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists jobs, newest first: those that wait, run, are dead or have ended.",
             .response = "Jobs",
             .query =
                 {"queue", "state", "kind", "key", "user", "error_type", "error", "limit", "cursor"
                 },
             .errors = {"queues.state_unknown", "http.page_limit", "http.cursor"}},
        .handler = [room, side](const Call& call) { return list_jobs(room, side, call); },
    });
    router.add({
        .method = http::Method::get,
        .pattern = of(side, "/v1/jobs/failures", "/v1/platform/jobs/failures"),
        .access = to_read(side),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Groups the newest 10,000 failed jobs by cause, the most frequent first.",
             .response = "JobCauses",
             .query = {"queue"}},
        .handler = [room, side](const Call& call) { return list_causes(room, side, call); },
    });
    router.add({
        .method = http::Method::get,
        .pattern = of(side, "/v1/jobs/throughput", "/v1/platform/jobs/throughput"),
        .access = to_read(side),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Counts what ended in each minute of the last hour, as long as its queue "
                        "keeps it.",
             .response = "JobThroughput",
             .query = {"queue"}},
        .handler = [room, side](const Call& call) { return show_throughput(room, side, call); },
    });
    router.add({
        .method = http::Method::get,
        .pattern = of(side, "/v1/jobs/{job}", "/v1/platform/jobs/{job}"),
        .access = to_read(side),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Shows a job with its attempts that failed and how far it is.",
             .response = "JobDetails",
             .errors = {"queues.no_job"}},
        .handler = [room, side](const Call& call) { return show_job(room, side, call); },
    });
}

}  // namespace

void add_job_routes(http::Router& router, Routes room, Side side) {
    const auto streams = std::make_shared<live::Streams>();
    router.add({
        .method = http::Method::get,
        .pattern = of(side, "/v1/jobs/events", "/v1/platform/jobs/events"),
        .access = to_read(side),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Streams how the queues fare as server-sent events, whenever it changes.",
             .errors = {"queues.too_many_streams"},
             .response_type = "text/event-stream"},
        .handler = [room, side, streams](const Call& call
                   ) { return follow_queues(room, side, streams, call); },
        .is_stream = true,
    });
    router.add({
        .method = http::Method::get,
        .pattern = of(side, "/v1/jobs/{job}/events", "/v1/platform/jobs/{job}/events"),
        .access = to_read(side),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Streams a job as server-sent events, whenever it changes; the last one, "
                        "end, when it has ended.",
             .errors = {"queues.no_job", "queues.too_many_streams"},
             .response_type = "text/event-stream"},
        .handler = [room, side, streams](const Call& call
                   ) { return follow_job(room, side, streams, call); },
        .is_stream = true,
    });
    add_lists(router, room, side);
}

}  // namespace acme::queues
