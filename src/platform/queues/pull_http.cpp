// Fetching jobs. The answer may wait until there is something to tell.
#include "io/http/json.hpp"
#include "platform/queues/leases_http.hpp"
#include "platform/queues/pull_news.hpp"
#include "platform/queues/queues_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <utility>

namespace acme::queues {
namespace {

using http::Call;
using http::Fields;
using http::Response;
using std::chrono::milliseconds;

constexpr std::int64_t wait_ms_most = 30'000;

/// What is due may be held back by a limit, or be taken by another; and that is all there is while
/// nothing is heard.
constexpr milliseconds look_period{250};

/// For what nobody tells of: the jobs of workers that died, a queue that goes on.
constexpr milliseconds look_period_max{2'000};

constexpr std::size_t worker_chars_max = 100;
constexpr std::size_t held_max = 1'000;

struct Asked {
    std::optional<LeaseId> lease = std::nullopt;
    pull::Introduction who = {};
    std::vector<std::int64_t> held = {};
    milliseconds wait{0};
};

std::vector<std::string> queues_in(Fields& fields, bool is_new) {
    std::vector<std::string> names;
    const boost::json::value* const value = fields.any("queues");
    if (value == nullptr && !is_new) return names;
    const boost::json::array* const items = value == nullptr ? nullptr : value->if_array();
    bool is_well = items != nullptr && !items->empty() && items->size() <= pull::queues_max;
    for (std::size_t i = 0; is_well && i < items->size(); ++i) {
        const auto* const text = (*items)[i].if_string();
        is_well = text != nullptr && is_name(std::string_view(*text)) &&
                  std::ranges::count(names, std::string_view(*text)) == 0;
        if (is_well) names.emplace_back(std::string_view(*text));
    }
    if (!is_well) {
        fields.complain("queues", "pull.queues", "must be a list of 1 to 20 names of queues");
    }
    return names;
}

std::vector<std::int64_t> held_in(Fields& fields) {
    std::vector<std::int64_t> held;
    const boost::json::value* const value = fields.any("holding");
    if (value == nullptr || value->is_null()) return held;
    const boost::json::array* const items = value->if_array();
    bool is_well = items != nullptr && items->size() <= held_max;
    for (std::size_t i = 0; is_well && i < items->size(); ++i) {
        const auto* const text = (*items)[i].if_string();
        const auto id = text == nullptr ? std::nullopt : JobId::parse(std::string_view(*text));
        is_well = id.has_value();
        if (id) held.push_back(id->number);
    }
    if (!is_well) {
        fields.complain("holding", "queues.ids", "must be a list of up to 1,000 ids of jobs");
    }
    return held;
}

Result<Asked> asked_in(Fields& fields) {
    Asked asked;
    const auto lease = fields.optional_text("lease", {1, 40});
    if (lease) {
        asked.lease = LeaseId::parse(*lease);
        if (!asked.lease) fields.complain("lease", "pull.lease", "must be the id of a lease");
    }
    asked.who.name = lease ? fields.optional_text("worker", {1, worker_chars_max}).value_or("")
                           : fields.text("worker", {1, worker_chars_max});
    asked.who.queues = queues_in(fields, !lease.has_value());
    asked.who.slots = fields.optional_integer("max", {1, pull::slots_max}).value_or(1);
    asked.who.time = lease_time_in(fields);
    asked.held = held_in(fields);
    asked.wait = milliseconds(fields.optional_integer("wait_ms", {0, wait_ms_most}).value_or(0));
    if (auto finished = fields.finish(); !finished) {
        return std::unexpected(std::move(finished).error());
    }
    return asked;
}

struct Pulled {
    pull::Standing standing;
    std::vector<pull::Fetched> jobs;

    bool has_news() const { return !jobs.empty() || standing.state != "run"; }
};

/// The lease of the first jobs ends as soon as the worker says, also where it has waited for them;
/// that of a call which waits for `wait` more, that much later.
Task<Result<Pulled>> pull_once(
    Routes room,
    trace::Context context,
    Owner owner,
    LeaseId lease,
    Asked asked,
    milliseconds wait,
    bool is_first
) {
    const Clock& clock = room.telemetry.clock;
    auto transaction = co_await room.db.begin(context);
    auto standing = ACME_TRY(co_await pull::extend(
        transaction, context, clock, owner, lease, asked.who.time, pull::End::sooner_without_jobs
    ));
    if (is_first) {
        co_await pull::return_unheld(transaction, context, clock, owner, lease, asked.held);
    }
    auto jobs = co_await pull::fetch(transaction, context, clock, owner, standing, asked.who.slots);
    if (jobs.empty() && wait.count() > 0) {
        const milliseconds time = asked.who.time + wait;
        ACME_TRY(co_await pull::extend(transaction, context, clock, owner, lease, time));
    }
    co_await transaction.commit(context);
    co_return Pulled{.standing = std::move(standing), .jobs = std::move(jobs)};
}

/// The answer of a call that waits. Ends early when its node drains.
class Waiting final : public http::Source {
public:
    Waiting(Routes room, Owner owner, Pulled pulled, Asked asked)
        : room_(room),
          owner_(std::move(owner)),
          pulled_(std::move(pulled)),
          asked_(std::move(asked)),
          watch_(room.pull_news),
          until_(room.telemetry.clock.steady() + asked_.wait) {}

    Task<std::string_view> read() override {
        if (std::exchange(is_over_, true)) co_return "";
        const LeaseId lease = pulled_.standing.lease;
        while (!pulled_.has_news() && !is_draining_ && room_.telemetry.clock.steady() < until_) {
            trace::Trace untraced(room_.telemetry.clock, room_.telemetry.random);
            const auto context = untraced.begin(std::nullopt, 0);
            const pull::News news =
                co_await pull::news(room_.db, context, room_.telemetry.clock, owner_, lease);
            if (!news.are_any) {
                co_await wait(news);
                continue;
            }
            auto again = co_await pull_once(room_, context, owner_, lease, asked_, left(), false);
            if (!again) break;  // its next call is told so
            pulled_ = *std::move(again);
            if (!pulled_.has_news()) co_await watch_.wait(look_period);
        }
        sending_ = boost::json::serialize(to_json(pulled_.standing, pulled_.jobs));
        co_return sending_;
    }

    void end_soon() override {
        is_draining_ = true;
        watch_.wake();
    }

private:
    /// What was said before the queues were known was said to nobody: then it looks again at once.
    Task<> wait(const pull::News& news) {
        if (watch_.queues() != news.queues) {
            watch_.look_for(news.queues);
            co_return;
        }
        milliseconds time = room_.pull_news.is_on() ? look_period_max : look_period;
        if (news.due_in) time = std::min(time, std::max(*news.due_in, milliseconds(1)));
        co_await watch_.wait(std::min(left(), time));
    }

    /// Until the answer is due; never nothing.
    milliseconds left() const {
        const auto now = room_.telemetry.clock.steady();
        return std::max(std::chrono::ceil<milliseconds>(until_ - now), milliseconds(1));
    }

    Routes room_;
    Owner owner_;
    Pulled pulled_;
    Asked asked_;
    PullNews::Watch watch_;
    SteadyTime until_;
    std::string sending_;
    bool is_draining_ = false;
    bool is_over_ = false;
};

Task<Result<Response>> pull_jobs(Routes room, const Call& call) {
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    Asked asked = ACME_TRY(asked_in(fields));
    const Owner owner = owner_of(Side::organization, call);
    LeaseId lease = asked.lease.value_or(LeaseId{});
    if (!asked.lease) {
        lease = ACME_TRY(
            co_await pull::open(room.db, call.context, room.telemetry.clock, owner, asked.who)
        );
    }
    Pulled pulled =
        ACME_TRY(co_await pull_once(room, call.context, owner, lease, asked, asked.wait, true));
    if (asked.wait.count() == 0 || pulled.has_news()) {
        co_return http::json(200, to_json(pulled.standing, pulled.jobs));
    }
    co_return Response{
        .headers = {{"Cache-Control", "no-store"}},
        .source = std::make_unique<Waiting>(room, owner, std::move(pulled), std::move(asked)),
    };
}

}  // namespace

milliseconds lease_time_in(Fields& fields) {
    const auto time =
        fields.optional_integer("lease_ms", {pull::lease_least.count(), pull::lease_most.count()});
    return time ? milliseconds(*time) : pull::lease_usual;
}

boost::json::object to_json(
    const pull::Standing& standing, const std::vector<pull::Fetched>& jobs
) {
    boost::json::array fetched;
    for (const pull::Fetched& job : jobs) fetched.push_back(to_json(job));
    return {
        {"lease", standing.lease.str()},
        {"state", standing.state},
        {"cancel", ids_json(standing.cancelled)},
        {"jobs", std::move(fetched)},
    };
}

boost::json::array ids_json(const std::vector<JobId>& ids) {
    boost::json::array array;
    for (const JobId& id : ids) array.push_back(boost::json::string(id.str()));
    return array;
}

void add_pull_routes(http::Router& router, Routes room) {
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/pull",
        .access = http::Access::org(OrgRole::member),
        .body_bytes_max = std::size_t{64} * 1024,
        .doc =
            {.summary = "Fetches jobs for a worker, waiting up to 30 s for one; without a lease it "
                        "opens one. What the lease has beside `holding` is given out again.",
             .request = "Pull",
             .response = "Pulled",
             .errors =
                 {"queues.not_found",
                  "queues.ids",
                  "pull.queues",
                  "pull.lease",
                  "pull.no_lease",
                  "pull.lease_ended"}},
        .handler = [room](const Call& call) { return pull_jobs(room, call); },
        .is_stream = true,
    });
    add_lease_routes(router, room);
}

}  // namespace acme::queues
