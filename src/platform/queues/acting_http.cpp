// What people do to jobs: one by one, all that a filter finds, all that are dead in a queue.
#include "io/http/json.hpp"
#include "platform/queues/calls.hpp"
#include "platform/queues/queues_json.hpp"
#include "work/queues/acting.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <map>

namespace acme::queues {
namespace {

using http::Call;
using http::Fields;
using http::Response;

constexpr std::size_t examples_max = 10;
constexpr std::size_t ids_max = 1'000;

struct Asked {
    Filter filter;
    Action action = Action::retry;
    bool is_dry = true;
};

/// What was, or would be, acted upon.
boost::json::object to_json(const Asked& asked, const std::vector<std::int64_t>& ids, int changed) {
    boost::json::array examples;
    const auto shown = std::min(ids.size(), examples_max);
    for (std::size_t i = 0; i < shown; ++i) examples.push_back(JobId{ids[i]}.str().c_str());
    const bool has_more = std::ssize(ids) > bulk_max;
    return {
        {"action", name_of(asked.action)},
        {"dry_run", asked.is_dry},
        {"matched", std::min<std::int64_t>(std::ssize(ids), bulk_max)},
        {"has_more", has_more},
        {"changed", changed},
        {"examples", std::move(examples)},
    };
}

std::string told(const Filter& filter) {
    std::string ids;
    for (const std::int64_t id : filter.ids.value_or(std::vector<std::int64_t>())) {
        ids += (ids.empty() ? "" : " ") + JobId{id}.str();
    }
    return audit::json_of(
        {{"queue", filter.queue.value_or("")},
         {"state", filter.state.value_or("")},
         {"kind", filter.kind.value_or("")},
         {"key", filter.key.value_or("")},
         {"user", filter.user.value_or("")},
         {"error_type", filter.error_type.value_or("")},
         {"error", filter.error.value_or("")},
         {"ids", ids}}
    );
}

constexpr std::string_view audit_name(Action action) {
    switch (action) {
        case Action::cancel: return "queues.cancel_jobs";
        case Action::retry: return "queues.retry_jobs";
        case Action::promote: return "queues.promote_jobs";
        case Action::discard: return "queues.discard_jobs";
    }
    return "queues.retry_jobs";
}

/// A dry run looks, and changes nothing.
Task<Result<Response>> act_on_all(
    Routes room, Side side, const Call& call, Asked asked, std::string payload
) {
    const Owner owner = owner_of(side, call);
    auto transaction = co_await room.db.begin(call.context);
    auto claim = ACME_TRY(co_await room.idempotency.claim(transaction, call, payload));
    if (claim.replay) co_return *std::move(claim.replay);
    auto ids = co_await matching(
        transaction, call.context, room.telemetry.clock, owner, asked.filter, asked.action, bulk_max
    );
    int changed = 0;
    if (!asked.is_dry) {
        auto those = ids;
        if (std::ssize(those) > bulk_max) those.resize(bulk_max);
        changed = co_await act(
            transaction, call.context, room.telemetry.clock, owner, std::move(those), asked.action
        );
        audit::Entry entry{
            .action = audit_name(asked.action),
            .target = asked.filter.queue.value_or("jobs"),
            .before = told(asked.filter),
            .after = audit::json_of({{"jobs", std::to_string(changed)}}),
        };
        co_await audit::record(transaction, call.context, actor_of(room, call), std::move(entry));
    }
    Response response = http::json(200, to_json(asked, ids, changed));
    co_await room.idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return response;
}

std::optional<std::vector<std::int64_t>> ids_in(Fields& fields) {
    const boost::json::value* const value = fields.any("ids");
    if (value == nullptr || value->is_null()) return std::nullopt;
    std::vector<std::int64_t> ids;
    const boost::json::array* const items = value->if_array();
    bool is_well = items != nullptr && !items->empty() && items->size() <= ids_max;
    for (std::size_t i = 0; is_well && i < items->size(); ++i) {
        const auto* const text = (*items)[i].if_string();
        const auto id = text == nullptr ? std::nullopt : JobId::parse(std::string_view(*text));
        is_well = id.has_value();
        if (id) ids.push_back(id->number);
    }
    if (!is_well) {
        fields.complain("ids", "queues.ids", "must be a list of 1 to 1,000 ids of jobs");
    }
    return ids;
}

/// {"filter": {...}, "action", "dry_run"}: without dry_run: false it is a dry run.
Task<Result<Response>> bulk(Routes room, Side side, const Call& call) {
    auto object = ACME_TRY(co_await http::json_object(call.request));
    const std::string payload = boost::json::serialize(object);
    Fields fields(std::move(object));
    Asked asked;
    const std::string word = fields.choice("action", {"cancel", "retry", "promote", "discard"});
    asked.action = action_of(word).value_or(Action::retry);
    asked.is_dry = fields.optional_boolean("dry_run").value_or(true);
    const boost::json::value* const value = fields.any("filter");
    if (value == nullptr || !value->is_object() || value->get_object().empty()) {
        fields.complain("filter", "queues.filter", "must name at least one thing, such as queue");
        ACME_TRY(fields.finish());
    }
    Fields inner(value->get_object(), "/filter");
    asked.filter = {
        .queue = inner.optional_text("queue", {1, name_bytes_max}),
        .state = inner.optional_choice(
            "state", {"waiting", "scheduled", "retrying", "parked", "running", "dead", "discarded"}
        ),
        .kind = inner.optional_text("kind", {1, name_bytes_max}),
        .key = inner.optional_text("key", {1, 200}),
        .user = inner.optional_text("user", {1, 40}),
        .error_type = inner.optional_text("error_type", {1, 200}),
        .error = inner.optional_text("error", {1, 200}),
        .ids = ids_in(inner),
    };
    ACME_TRY(fields.finish());
    ACME_TRY(inner.finish());
    co_return co_await act_on_all(room, side, call, std::move(asked), payload);
}

/// The dead of one queue, all or those of a kind or a cause.
Task<Result<Response>> redrive(Routes room, Side side, const Call& call) {
    auto object = ACME_TRY(co_await http::json_object(call.request));
    const std::string payload = boost::json::serialize(object);
    Fields fields(std::move(object));
    Asked asked;
    asked.is_dry = fields.optional_boolean("dry_run").value_or(true);
    asked.filter = {
        .queue = call.params[0],
        .kind = fields.optional_text("kind", {1, name_bytes_max}),
        .error_type = fields.optional_text("error_type", {1, 200}),
        .error = fields.optional_text("error", {1, 200}),
    };
    ACME_TRY(fields.finish());
    ACME_TRY(co_await show(
        room.db, call.context, room.telemetry.clock, owner_of(side, call), call.params[0]
    ));
    co_return co_await act_on_all(room, side, call, std::move(asked), payload);
}

std::unexpected<Error> not_in_this_state(std::string_view state) {
    return refuse(
        ErrorKind::conflict,
        "queues.state",
        "The job is " + std::string(state) + ": this does not go."
    );
}

Task<Result<Response>> act_on_one(Routes room, Side side, Action action, const Call& call) {
    const auto id = JobId::parse(call.params[0]);
    if (!id) co_return no_such_job();
    const Owner owner = owner_of(side, call);
    const Clock& clock = room.telemetry.clock;
    auto transaction = co_await room.db.begin(call.context);
    auto claim = ACME_TRY(co_await room.idempotency.claim(transaction, call, ""));
    if (claim.replay) co_return *std::move(claim.replay);
    const Details before = ACME_TRY(co_await find(room.db, call.context, clock, owner, *id));
    if (!allows(before.job.state, action)) co_return not_in_this_state(before.job.state);
    std::vector<std::int64_t> ids{id->number};
    const int changed =
        co_await act(transaction, call.context, clock, owner, std::move(ids), action);
    if (changed == 0) co_return not_in_this_state("not what it was any more");
    audit::Entry entry{
        .action = audit_name(action),
        .target = id->str(),
        .before = audit::json_of({{"state", before.job.state}, {"kind", before.job.kind}}),
    };
    co_await audit::record(transaction, call.context, actor_of(room, call), std::move(entry));
    Response response = http::json(
        200,
        boost::json::object{
            {"id", id->str()}, {"action", name_of(action)}, {"was", before.job.state}
        }
    );
    co_await room.idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return response;
}

Task<Result<Response>> put_off(Routes room, Side side, const Call& call) {
    const auto id = JobId::parse(call.params[0]);
    if (!id) co_return no_such_job();
    const Owner owner = owner_of(side, call);
    const Clock& clock = room.telemetry.clock;
    const Details before = ACME_TRY(co_await find(room.db, call.context, clock, owner, *id));
    auto object = ACME_TRY(co_await http::json_object(call.request));
    const std::string payload = boost::json::serialize(object);
    Fields fields(std::move(object));
    const auto run_at = optional_time(fields, "run_at");
    const auto delay = fields.optional_integer("delay_ms", {0, 366LL * 86'400'000});
    if (run_at.has_value() == delay.has_value()) {
        fields.complain("run_at", "queues.run_at_twice", "one of run_at and delay_ms says when");
    }
    ACME_TRY(fields.finish());
    auto transaction = co_await room.db.begin(call.context);
    auto claim = ACME_TRY(co_await room.idempotency.claim(transaction, call, payload));
    if (claim.replay) co_return *std::move(claim.replay);
    ACME_TRY(co_await reschedule(
        transaction,
        call.context,
        clock,
        owner,
        *id,
        run_at,
        std::chrono::milliseconds(delay.value_or(0))
    ));
    audit::Entry entry{
        .action = "queues.reschedule_job",
        .target = id->str(),
        .after = audit::json_of({{"when", payload}}),
    };
    co_await audit::record(transaction, call.context, actor_of(room, call), std::move(entry));
    Response response = http::json(
        200,
        boost::json::object{{"id", id->str()}, {"action", "reschedule"}, {"was", before.job.state}}
    );
    co_await room.idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return response;
}

struct OneRoute {
    Action action;
    std::string_view organization;
    std::string_view platform;
    std::string_view summary;
};

constexpr OneRoute one_routes[] = {
    {Action::cancel,
     "/v1/jobs/{job}:cancel",
     "/v1/platform/jobs/{job}:cancel",
     "Cancels a job that waits; one that runs is asked to end."},
    {Action::retry,
     "/v1/jobs/{job}:retry",
     "/v1/platform/jobs/{job}:retry",
     "Makes a dead job due, with as many attempts as a new one and its id."},
    {Action::promote,
     "/v1/jobs/{job}:promote",
     "/v1/platform/jobs/{job}:promote",
     "Makes a job that is due later due at once."},
};

void add_one_by_one(http::Router& router, Routes room, Side side) {
    for (const OneRoute& route : one_routes) {
        const Action action = route.action;
        router.add({
            .method = http::Method::post,
            .pattern = of(side, route.organization, route.platform),
            .access = to_act(side),
            .body_bytes_max = http::no_body,
            .doc =
                {.summary = route.summary,
                 .response = "JobAction",
                 .errors =
                     {"queues.no_job",
                      "queues.state",
                      "idempotency.key_malformed",
                      "idempotency.other_payload"},
                 .takes_key = true},
            .handler = [room, side, action](const Call& call
                       ) { return act_on_one(room, side, action, call); },
        });
    }
    router.add({
        .method = http::Method::post,
        .pattern = of(side, "/v1/jobs/{job}:reschedule", "/v1/platform/jobs/{job}:reschedule"),
        .access = to_act(side),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Makes a job that waits due at another time.",
             .request = "JobTime",
             .response = "JobAction",
             .errors =
                 {"queues.no_job",
                  "queues.state",
                  "queues.time",
                  "queues.run_at_twice",
                  "idempotency.key_malformed",
                  "idempotency.other_payload"},
             .takes_key = true},
        .handler = [room, side](const Call& call) { return put_off(room, side, call); },
    });
}

}  // namespace

void add_acting_routes(http::Router& router, Routes room, Side side) {
    add_one_by_one(router, room, side);
    router.add({
        .method = http::Method::post,
        .pattern = of(side, "/v1/jobs:bulk", "/v1/platform/jobs:bulk"),
        .access = to_act(side),
        .body_bytes_max = std::size_t{64} * 1024,
        .doc =
            {.summary = "Acts on up to 10,000 jobs that a filter finds, the oldest first; only "
                        "looks unless dry_run is false.",
             .request = "JobBulk",
             .response = "JobBulkResult",
             .errors =
                 {"queues.filter",
                  "queues.ids",
                  "idempotency.key_malformed",
                  "idempotency.other_payload"},
             .takes_key = true},
        .handler = [room, side](const Call& call) { return bulk(room, side, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern =
            of(side, "/v1/queues/{queue}/dead:redrive", "/v1/platform/queues/{queue}/dead:redrive"),
        .access = to_act(side),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Sends up to 10,000 dead jobs of a queue back into it, the oldest first; "
                        "only looks unless dry_run is false.",
             .request = "JobRedrive",
             .response = "JobBulkResult",
             .errors =
                 {"queues.not_found", "idempotency.key_malformed", "idempotency.other_payload"},
             .takes_key = true},
        .handler = [room, side](const Call& call) { return redrive(room, side, call); },
    });
}

}  // namespace acme::queues
