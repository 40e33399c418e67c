#include "operate/deploy/deploy_http.hpp"

#include "base/text.hpp"
#include "io/http/client_address.hpp"
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "io/http/page.hpp"
#include "io/http/time.hpp"
#include "operate/deploy/deploy_asking_http.hpp"
#include "operate/deploy/deploy_live.hpp"
#include "operate/deploy/deploy_schemas.hpp"
#include "operate/deploy/releases.hpp"
#include "operate/deploy/releases_http.hpp"
#include "operate/deploy/wishes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>

namespace acme::deploy {
namespace {

namespace json = boost::json;
using http::Access;
using http::Call;
using http::Response;
using Shared = std::shared_ptr<HttpParts>;

constexpr int samples_shown = 240;
constexpr std::size_t environment_chars_max = 64;

constexpr std::array<std::string_view, 16> states = {
    "queued",
    "checking",
    "building",
    "scanning",
    "migrating",
    "canary",
    "rolling",
    "smoking",
    "succeeded",
    "good",
    "rolling_back",
    "rolled_back",
    "rollback_failed",
    "refused",
    "superseded",
    "cancelled"
};

Result<DeploymentId> id_in(const Call& call) {
    const auto id = DeploymentId::parse(call.params[0]);
    if (id) return *id;
    return refuse(ErrorKind::not_found, "deploy.not_found", "There is no such deployment.");
}

/// "?state=canary,rolling"; all when it is absent.
Result<std::vector<std::string>> states_in(const http::Request& request) {
    std::vector<std::string> wanted;
    const std::string list = request.query("state").value_or("");
    for (std::size_t at = 0; !list.empty() && at <= list.size();) {
        const auto end = std::min(list.find(',', at), list.size());
        std::string state = list.substr(at, end - at);
        if (std::ranges::find(states, state) == states.end()) {
            return refuse(
                ErrorKind::invalid, "deploy.state", "No deployment has such a state: canary,rolling"
            );
        }
        wanted.push_back(std::move(state));
        at = end + 1;
    }
    return wanted;
}

Result<std::string> environment_in(const http::Request& request, const std::string& own) {
    std::string environment = request.query("environment").value_or(own);
    if (!environment.empty() && environment.size() <= environment_chars_max) return environment;
    return refuse(ErrorKind::invalid, "deploy.environment", "An environment has a name.");
}

Task<Result<Response>> list(Shared parts, const Call& call) {
    Filter filter{
        .environment = ACME_TRY(environment_in(call.request, parts->environment)),
        .states = ACME_TRY(states_in(call.request)),
    };
    const std::string scope = "deployments " + filter.environment;
    const auto asked = ACME_TRY(http::page_asked(call.request, parts->cursors, scope));
    Deployments deployments(parts->db);
    auto found = co_await deployments.page(
        call.context, std::move(filter), DeploymentId::parse(asked.after), asked.limit + 1
    );
    std::string next;
    if (std::ssize(found) > asked.limit) {
        found.pop_back();
        next = parts->cursors.sign(scope, found.back().id.str());
    }
    json::array data;
    for (const Deployment& deployment : found) data.push_back(to_json(deployment));
    co_return http::page(call.request, std::move(data), std::move(next));
}

json::object permission_of(const Result<>& may) {
    return {{"allowed", may.has_value()}, {"why", may ? "" : may.error().message}};
}

/// What runs goes back to what was good; what has ended and runs, to what was good before it.
json::object may_roll_back(const Deployment& deployment, const std::optional<Current>& current) {
    std::optional<std::string> to;
    std::string why;
    if (deployment.has_ended()) {
        if (!current || current->release != deployment.release) {
            why = "Another release is the current one.";
        } else {
            to = current->rollback_to;
            if (!to) why = "No release was good before it.";
        }
    } else if (deployment.kind == "rollback" || deployment.state == "rolling_back") {
        why = "It is on its way back already.";
    } else if (deployment.known_good.empty() || deployment.known_good == deployment.release) {
        why = deployment.state == "queued" ? "It has not begun." : "No release was good before it.";
    } else {
        to = deployment.known_good;
    }
    return {
        {"allowed", to.has_value()},
        {"why", why},
        {"to", to ? json::value(*to) : json::value(nullptr)},
    };
}

json::object can(
    const Deployment& deployment, const std::optional<Current>& current, std::string_view who
) {
    json::object object;
    for (const Action action : {Action::hold, Action::resume, Action::promote, Action::abort}) {
        object[name_of(action)] = permission_of(may(deployment, action, who));
    }
    object["rollback"] = may_roll_back(deployment, current);
    return object;
}

json::object to_json(const SampleRow& sample) {
    json::object object = json::parse(sample.json).as_object();
    object["at"] = http::to_json(sample.at);
    return object;
}

Task<Result<Response>> find(Shared parts, const Call& call) {
    const DeploymentId id = ACME_TRY(id_in(call));
    Deployments deployments(parts->db);
    Releases releases(parts->db);
    const Deployment deployment = ACME_TRY(co_await deployments.find(call.context, id));
    const auto plan = co_await deployments.plan_of(call.context, id);
    const auto steps = co_await deployments.steps(call.context, id);
    const auto samples = co_await deployments.samples(call.context, id, samples_shown);
    const auto current = co_await releases.current(call.context, deployment.environment);
    json::object object = to_json(deployment);
    json::array step_list;
    for (const StepRow& step : steps) step_list.push_back(to_json(step));
    json::array sample_list;
    for (const SampleRow& sample : samples) sample_list.push_back(to_json(sample));
    object["plan"] = plan ? json::parse(*plan) : json::value(nullptr);
    object["steps"] = std::move(step_list);
    object["samples"] = std::move(sample_list);
    object["can"] = can(deployment, current, call.who().user.str());
    co_return http::json(200, object);
}

Task<Result<Response>> follow(Shared parts, std::shared_ptr<Streams> streams, const Call& call) {
    const DeploymentId id = ACME_TRY(id_in(call));
    if (streams->open >= Streams::open_max) {
        co_return std::unexpected(Error{
            .kind = ErrorKind::unavailable,
            .code = "deploy.too_many_streams",
            .message = "Too many streams of events are open. Close one, or try again later.",
            .retry_after = std::chrono::seconds(5),
        });
    }
    Deployments deployments(parts->db);
    ACME_TRY(co_await deployments.find(call.context, id));
    const auto seen = parse_number<std::int64_t>(call.request.header("Last-Event-ID"));
    co_return Response{
        .content_type = "text/event-stream",
        .headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}},
        .source = std::make_unique<LiveRecords>(
            parts->db, parts->telemetry, *streams, id, seen.value_or(0)
        ),
    };
}

void add_reads(http::Router& router, const Shared& parts) {
    const auto access = Access::platform(PlatformRole::viewer);
    const auto streams = std::make_shared<Streams>();
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/deployments",
        .access = access,
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists deployments and rollbacks, newest first; ?state=canary,rolling.",
             .response = "Deployments",
             .query = {"environment", "state", "limit", "cursor"},
             .errors = {"deploy.state", "deploy.environment", "http.page_limit", "http.cursor"}},
        .handler = [parts](const Call& call) { return list(parts, call); },
    });
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/deployments/{id}",
        .access = access,
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Shows a deployment with its plan, steps, samples and what can be asked.",
             .response = "DeploymentDetail",
             .errors = {"deploy.not_found"}},
        .handler = [parts](const Call& call) { return find(parts, call); },
    });
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/deployments/{id}/events",
        .access = access,
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Streams a deployment's records as server-sent events, from Last-Event-ID "
                        "on; the last one, end, holds the Deployment.",
             .response = "DeploymentRecord",
             .errors = {"deploy.not_found", "deploy.too_many_streams"},
             .response_type = "text/event-stream"},
        .handler = [parts, streams](const Call& call) { return follow(parts, streams, call); },
        .is_stream = true,
    });
}

}  // namespace

Result<Ground> ground_of(const HttpParts& parts) {
    auto ground = parts.find_ground();
    if (ground) return ground;
    return refuse(
        ErrorKind::unavailable,
        "deploy.no_machines",
        "This node reaches no machines: " + ground.error().message
    );
}

void add_routes(http::Router& router, HttpParts given) {
    const auto parts = std::make_shared<HttpParts>(std::move(given));
    add_schemas(router);
    add_reads(router, parts);
    add_asking_routes(router, parts);
    add_release_routes(router, parts);
}

}  // namespace acme::deploy
