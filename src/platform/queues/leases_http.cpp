// What workers outside say of their jobs, and what is said to them.
#include "platform/queues/leases_http.hpp"

#include "io/http/json.hpp"
#include "io/telemetry/redact.hpp"
#include "platform/queues/queues_json.hpp"

#include <boost/json/serialize.hpp>
#include <prometheus/counter.h>

#include <algorithm>
#include <set>

namespace acme::queues {
namespace {

using http::Call;
using http::Fields;
using http::Response;

constexpr std::size_t ack_bytes_max = std::size_t{4} * 1024 * 1024;
constexpr std::int64_t attempt_most = 1'000'000;

Result<LeaseId> lease_in(const Call& call) {
    const auto lease = LeaseId::parse(call.params[0]);
    if (lease) return *lease;
    return refuse(ErrorKind::not_found, "pull.no_lease", "There is no such lease.");
}

JobId job_id_in(Fields& fields) {
    const auto id = JobId::parse(fields.text("id", {1, 40}));
    if (!id) fields.complain("id", "queues.ids", "must be the id of a job");
    return id.value_or(JobId{});
}

/// JSON as text; complains when it is longer than 64 KiB.
std::string json_in(Fields& fields, std::string_view key) {
    const boost::json::value* const value = fields.any(key);
    if (value == nullptr || value->is_null()) return "";
    std::string text = boost::json::serialize(*value);
    if (text.size() > pull::output_bytes_max) {
        fields.complain(key, "pull.output_too_large", "must be JSON of 64 KiB at most");
    }
    return text;
}

pull::Done done_in(Fields& fields) {
    pull::Done done{.id = job_id_in(fields)};
    done.attempt = fields.integer("attempt", {1, attempt_most});
    done.output = json_in(fields, "output");
    return done;
}

/// What came of it may hold a secret by mistake, and is shown to members.
std::string without_secrets(std::string text) { return redacted("", text); }

pull::Failed failed_in(Fields& fields) {
    pull::Failed failed{.id = job_id_in(fields)};
    failed.attempt = fields.integer("attempt", {1, attempt_most});
    failed.error_type = fields.optional_text("error_type", {1, 100}).value_or("error");
    failed.message =
        without_secrets(fields.optional_text("message", {0, pull::message_chars_max}).value_or(""));
    const auto pause = fields.optional_integer("retry_in_ms", {0, 604'800'000});
    if (pause) failed.retry_in = std::chrono::milliseconds(*pause);
    failed.is_final = fields.optional_boolean("final").value_or(false);
    return failed;
}

pull::Reported reported_in(Fields& fields) {
    pull::Reported reported{.id = job_id_in(fields)};
    reported.attempt = fields.integer("attempt", {1, attempt_most});
    reported.percent = optional_number(fields, "percent", 0, 100);
    reported.note = without_secrets(fields.optional_text("note", {0, 500}).value_or(""));
    reported.data = json_in(fields, "data");
    return reported;
}

/// The objects of the list `key`, each read by `read`; what is wrong is added to `problems`.
template <class Item>
std::vector<Item> items_in(
    Fields& fields, std::string_view key, Item (*read)(Fields&), std::vector<FieldError>& problems
) {
    std::vector<Item> items;
    const boost::json::value* const value = fields.any(key);
    if (value == nullptr || value->is_null()) return items;
    const boost::json::array* const list = value->if_array();
    if (list == nullptr || list->size() > pull::results_max ||
        !std::ranges::all_of(*list, &boost::json::value::is_object)) {
        fields.complain(key, "pull.results", "must be a list of up to 1,000 objects");
        return items;
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
        Fields inner((*list)[i].get_object(), "/" + std::string(key) + "/" + std::to_string(i));
        items.push_back(read(inner));
        if (auto finished = inner.finish(); !finished) {
            for (FieldError& problem : finished.error().fields) {
                problems.push_back(std::move(problem));
            }
        }
    }
    return items;
}

struct Ack {
    std::vector<pull::Done> done;
    std::vector<pull::Failed> failed;
    std::vector<pull::Reported> progress;
    std::chrono::milliseconds time = pull::lease_usual;
    std::int64_t fetch = 0;  // so many of the next

    std::vector<std::pair<JobId, std::int64_t>> failed_attempts() const {
        std::vector<std::pair<JobId, std::int64_t>> all;
        for (const auto& job : failed) all.emplace_back(job.id, job.attempt);
        return all;
    }

    std::set<JobId> ids() const {
        std::set<JobId> all;
        for (const auto& job : done) all.insert(job.id);
        for (const auto& job : failed) all.insert(job.id);
        for (const auto& job : progress) all.insert(job.id);
        return all;
    }
};

Result<Ack> ack_in(Fields& fields) {
    std::vector<FieldError> problems;
    Ack ack;
    ack.done = items_in<pull::Done>(fields, "done", done_in, problems);
    ack.failed = items_in<pull::Failed>(fields, "failed", failed_in, problems);
    ack.progress = items_in<pull::Reported>(fields, "progress", reported_in, problems);
    ack.time = lease_time_in(fields);
    ack.fetch = fields.optional_integer("fetch", {0, pull::slots_max}).value_or(0);
    if (auto finished = fields.finish(); !finished) {
        for (FieldError& problem : finished.error().fields) problems.push_back(std::move(problem));
    }
    if (problems.empty()) return ack;
    return std::unexpected(Error{
        .kind = ErrorKind::invalid,
        .code = "http.fields_invalid",
        .message = "Some fields are not as they should be.",
        .fields = std::move(problems),
    });
}

/// What workers outside said became of jobs. Without queues as labels: their names are anybody's.
struct Series {
    explicit Series(Metrics& metrics)
        : done(series_of(metrics, "done")),
          failed(series_of(metrics, "failed")),
          lost(series_of(metrics, "lost")) {}

    static prometheus::Counter& series_of(Metrics& metrics, std::string outcome) {
        return metrics.counter(
            "pull_jobs_total",
            "Attempts that workers outside ended.",
            {{"outcome", std::move(outcome)}}
        );
    }

    prometheus::Counter& done;
    prometheus::Counter& failed;
    prometheus::Counter& lost;
};

/// One line for each attempt that did not end well.
void tell(
    const Routes& room,
    trace::Context context,
    const std::vector<std::pair<JobId, std::int64_t>>& failed,
    const std::set<JobId>& lost
) {
    for (const auto& [id, attempt] : failed) {
        if (lost.contains(id)) continue;
        room.telemetry.log.write(
            LogLevel::info, "pull.failed", context, {{"job", id.str()}, {"attempt", attempt}}
        );
    }
    for (const JobId& id : lost) {
        room.telemetry.log.write(LogLevel::warn, "pull.lost", context, {{"job", id.str()}});
    }
}

/// All of it or, when the lease has ended, nothing. What is no longer the lease's is told as lost.
Task<Result<Response>> acknowledge(Routes room, Series series, const Call& call) {
    const LeaseId lease = ACME_TRY(lease_in(call));
    const std::string text = ACME_TRY(co_await call.request.body.read_all(ack_bytes_max));
    Fields fields(ACME_TRY(http::parse_object(text)));
    Ack ack = ACME_TRY(ack_in(fields));
    const Owner owner = owner_of(Side::organization, call);
    const Clock& clock = room.telemetry.clock;
    auto lost = ack.ids();
    const auto attempts = ack.failed_attempts();
    auto transaction = co_await room.db.begin(call.context);
    const auto standing =
        ACME_TRY(co_await pull::extend(transaction, call.context, clock, owner, lease, ack.time));
    const auto reported = co_await pull::report(
        transaction, call.context, clock, owner, lease, std::move(ack.progress)
    );
    const auto ended =
        co_await pull::finish(transaction, call.context, clock, owner, lease, std::move(ack.done));
    const auto failed = co_await pull::fail(
        transaction, call.context, clock, room.telemetry.random, owner, lease, std::move(ack.failed)
    );
    for (const auto& ours : {reported, ended, failed}) {
        for (const JobId& id : ours) lost.erase(id);
    }
    std::vector<pull::Fetched> jobs;
    if (ack.fetch > 0) {
        jobs = co_await pull::fetch(transaction, call.context, clock, owner, standing, ack.fetch);
    }
    co_await transaction.commit(call.context);
    series.done.Increment(static_cast<double>(ended.size()));
    series.failed.Increment(static_cast<double>(failed.size()));
    series.lost.Increment(static_cast<double>(lost.size()));
    tell(room, call.context, attempts, lost);
    auto answer = to_json(standing, jobs);
    answer["lost"] = ids_json({lost.begin(), lost.end()});
    co_return http::json(200, answer);
}

Task<Result<Response>> extend(Routes room, const Call& call) {
    const LeaseId lease = ACME_TRY(lease_in(call));
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    const auto time = lease_time_in(fields);
    ACME_TRY(fields.finish());
    auto transaction = co_await room.db.begin(call.context);
    const auto standing = ACME_TRY(co_await pull::extend(
        transaction,
        call.context,
        room.telemetry.clock,
        owner_of(Side::organization, call),
        lease,
        time
    ));
    co_await transaction.commit(call.context);
    co_return http::json(200, to_json(standing, {}));
}

Task<Result<Response>> close(Routes room, const Call& call) {
    const LeaseId lease = ACME_TRY(lease_in(call));
    auto transaction = co_await room.db.begin(call.context);
    const int returned = ACME_TRY(co_await pull::close(
        transaction, call.context, room.telemetry.clock, owner_of(Side::organization, call), lease
    ));
    co_await transaction.commit(call.context);
    co_return http::json(200, boost::json::object{{"returned", returned}});
}

Task<Result<Response>> signal(Routes room, const Call& call) {
    const LeaseId lease = ACME_TRY(lease_in(call));
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    const std::string state =
        fields.optional_choice("state", {"run", "quiet", "stop"}).value_or("quiet");
    ACME_TRY(fields.finish());
    auto transaction = co_await room.db.begin(call.context);
    ACME_TRY(co_await pull::signal(
        transaction, call.context, owner_of(Side::organization, call), lease, state
    ));
    audit::Entry entry{
        .action = "queues.signal_worker",
        .target = lease.str(),
        .after = audit::json_of({{"state", state}}),
    };
    co_await audit::record(transaction, call.context, actor_of(room, call), std::move(entry));
    co_await transaction.commit(call.context);
    co_return http::json(200, boost::json::object{{"lease", lease.str()}, {"state", state}});
}

Task<Result<Response>> list_workers(Routes room, Side side, const Call& call) {
    const auto found =
        co_await pull::workers(room.db, call.context, room.telemetry.clock, owner_of(side, call));
    boost::json::array data;
    for (const pull::Worker& worker : found) data.push_back(to_json(worker));
    co_return http::json(200, boost::json::object{{"data", std::move(data)}});
}

void add_ending(http::Router& router, Routes room) {
    const Series series(room.telemetry.metrics);
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/leases/{lease}:ack",
        .access = http::Access::org(OrgRole::member),
        .body_bytes_max = ack_bytes_max,
        .doc =
            {.summary = "Says what became of jobs and how far others are, and fetches the next.",
             .request = "JobAck",
             .response = "JobAcked",
             .errors =
                 {"pull.no_lease",
                  "pull.lease_ended",
                  "pull.results",
                  "pull.output_too_large",
                  "queues.ids",
                  "queues.number"}},
        .handler = [room, series](const Call& call) { return acknowledge(room, series, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/leases/{lease}:extend",
        .access = http::Access::org(OrgRole::member),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Puts the end of a lease off, and tells what its worker is to do next.",
             .request = "LeaseTime",
             .response = "Pulled",
             .errors = {"pull.no_lease", "pull.lease_ended"}},
        .handler = [room](const Call& call) { return extend(room, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/leases/{lease}:close",
        .access = http::Access::org(OrgRole::member),
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Ends a lease: what is left under it runs elsewhere, at once.",
             .response = "LeaseClosed",
             .errors = {"pull.no_lease"}},
        .handler = [room](const Call& call) { return close(room, call); },
    });
}

}  // namespace

void add_lease_routes(http::Router& router, Routes room) {
    add_ending(router, room);
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/leases/{lease}:signal",
        .access = to_act(Side::organization),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Tells a worker to take no more jobs, to stop, or to go on.",
             .request = "WorkerSignal",
             .response = "WorkerSignalled",
             .errors = {"pull.no_lease"}},
        .handler = [room](const Call& call) { return signal(room, call); },
    });
    for (const Side side : sides) {
        router.add({
            .method = http::Method::get,
            .pattern = of(side, "/v1/workers", "/v1/platform/workers"),
            .access = to_read(side),
            .body_bytes_max = http::no_body,
            .doc =
                {.summary = "Lists the workers that are alive, and what they were told.",
                 .response = "JobWorkers"},
            .handler = [room, side](const Call& call) { return list_workers(room, side, call); },
        });
    }
}

}  // namespace acme::queues
