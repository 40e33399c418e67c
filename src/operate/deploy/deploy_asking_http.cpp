#include "operate/deploy/deploy_asking_http.hpp"

#include "io/http/client_address.hpp"
#include "io/http/fields.hpp"
#include "io/http/json.hpp"
#include "operate/deploy/queue.hpp"
#include "operate/deploy/release_name.hpp"
#include "operate/deploy/releases.hpp"
#include "operate/deploy/wishes.hpp"
#include "platform/idempotency/idempotency.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace acme::deploy {
namespace {

namespace json = boost::json;
using http::Access;
using http::Call;
using http::Response;
using Shared = std::shared_ptr<HttpParts>;

constexpr std::size_t body_bytes_max = std::size_t{16} * 1024;
constexpr std::size_t reason_chars_max = 500;
constexpr std::size_t name_chars_max = 64;

audit::Actor actor_of(const HttpParts& parts, const Call& call) {
    return {
        .name = call.who().user.str(),
        .org = std::nullopt,
        .ip = http::client_address(call.request, parts.trusted_proxies),
    };
}

DeploymentId new_id(const HttpParts& parts) {
    return DeploymentId::make(parts.telemetry.clock.now(), parts.telemetry.random);
}

/// A window that is shorter than it should be is a trial, and says why.
Result<Wanted> deployment_in(const HttpParts& parts, const json::object& body) {
    http::Fields fields(body);
    Wanted wanted{.id = new_id(parts), .environment = parts.environment, .release = ""};
    wanted.release = fields.text("release", {prefix_bytes_min, name_chars_max});
    wanted.canary = fields.optional_text("canary", {1, name_chars_max}).value_or("");
    const auto window = fields.optional_integer(
        "canary_window_ms", {canary_window_min.count(), canary_window_max.count()}
    );
    wanted.canary_window =
        std::chrono::milliseconds(window.value_or(canary_window_default.count()));
    wanted.reason = fields.optional_text("reason", {0, reason_chars_max}).value_or("");
    wanted.break_glass = fields.optional_text("break_glass", {1, reason_chars_max}).value_or("");
    if (wanted.canary_window < canary_window_default && wanted.reason.empty()) {
        fields.complain("reason", "deploy.reason_required", "says why the window is shorter");
    }
    const auto checked = fields.finish();
    if (!checked) return std::unexpected(checked.error());
    return wanted;
}

/// The whole name of a release that the machines have, and a canary that serves.
Task<Result<>> look_up(Shared parts, Wanted& wanted) {
    const Ground ground = ACME_TRY(ground_of(*parts));
    const auto stored = ACME_TRY(co_await ground.driver->releases());
    wanted.release = ACME_TRY(release_named(stored, wanted.release));
    if (wanted.canary.empty()) co_return done;
    for (const Instance& instance : ACME_TRY(co_await ground.driver->instances())) {
        const Facts& facts = instance.facts;
        if (facts.node == wanted.canary && facts.role == "serve") co_return done;
    }
    co_return std::unexpected(Error{
        .kind = ErrorKind::invalid,
        .code = "deploy.no_such_canary",
        .message = "No node of that name serves.",
        .fields = {{"/canary", "deploy.no_such_canary", "is the name of a node that serves"}},
    });
}

Task<Result<Response>> deploy(Shared parts, const Call& call) {
    const json::object body = ACME_TRY(co_await http::json_object(call.request));
    Wanted wanted = ACME_TRY(deployment_in(*parts, body));
    auto transaction = co_await parts->db.begin(call.context);
    auto claim = ACME_TRY(co_await parts->idempotency.claim(
        transaction, call, json::serialize(body), idempotency::Need::required
    ));
    if (claim.replay) co_return *std::move(claim.replay);
    ACME_TRY(co_await look_up(parts, wanted));
    const changes::Entrance entrance{
        .environment = parts->environment,
        .release = wanted.release,
        .deployment = wanted.id.str(),
        .actor = actor_of(*parts, call),
        .break_glass = wanted.break_glass,
    };
    const WallTime now = parts->telemetry.clock.now();
    ACME_TRY(co_await changes::Freezes::admit(transaction, call.context, entrance, now));
    const Deployment deployment = ACME_TRY(
        co_await queue(transaction, call.context, actor_of(*parts, call), std::move(wanted), now)
    );
    Response response = http::json(202, to_json(deployment));
    co_await parts->idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return response;
}

/// By what the machines have; where they cannot be asked, by what became good here.
Task<Result<std::string>> release_to_return_to(
    Shared parts, trace::Context context, std::string to
) {
    auto ground = ground_of(*parts);
    if (ground) {
        const auto stored = co_await ground->driver->releases();
        if (stored) co_return return_named(*stored, to, false);
    }
    Releases releases(parts->db);
    const auto found = co_await releases.find(context, parts->environment, to);
    if (found && found->good_at) co_return to;
    co_return refuse(
        ErrorKind::not_found,
        "deploy.unknown_release",
        "No release of that whole name was good here, and the machines cannot be asked."
    );
}

/// Where a rollback goes that names no release. While a deployment runs that is what it would
/// return to itself.
Task<Result<std::string>> usual_return(Shared parts, trace::Context context) {
    Deployments deployments(parts->db);
    for (const Deployment& running : co_await deployments.running(context, parts->environment)) {
        const bool is_known = !running.known_good.empty() && running.known_good != running.release;
        if (running.kind == "release" && is_known) co_return running.known_good;
    }
    Releases releases(parts->db);
    const auto current = co_await releases.current(context, parts->environment);
    if (current && current->rollback_to) co_return *current->rollback_to;
    co_return refuse(
        ErrorKind::conflict, "rollback.nowhere", "No other release was good here. Name one: to."
    );
}

Task<Result<Response>> roll_back(Shared parts, const Call& call) {
    const json::object body = ACME_TRY(co_await http::json_object(call.request));
    http::Fields fields(body);
    const auto to = fields.optional_text("to", {prefix_bytes_min, name_chars_max});
    Wanted wanted{
        .id = new_id(*parts),
        .environment = parts->environment,
        .is_return = true,
        .release = "",
        .reason = fields.optional_text("reason", {0, reason_chars_max}).value_or(""),
    };
    ACME_TRY(fields.finish());
    auto transaction = co_await parts->db.begin(call.context);
    auto claim = ACME_TRY(co_await parts->idempotency.claim(
        transaction, call, json::serialize(body), idempotency::Need::required
    ));
    if (claim.replay) co_return *std::move(claim.replay);
    wanted.release = to ? ACME_TRY(co_await release_to_return_to(parts, call.context, *to))
                        : ACME_TRY(co_await usual_return(parts, call.context));
    const Deployment deployment = ACME_TRY(co_await queue(
        transaction,
        call.context,
        actor_of(*parts, call),
        std::move(wanted),
        parts->telemetry.clock.now()
    ));
    Response response = http::json(202, to_json(deployment));
    co_await parts->idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return response;
}

/// Without a body there is no reason.
Task<Result<json::object>> object_or_nothing(const Call& call) {
    if (call.request.header("Content-Type").empty()) co_return json::object();
    co_return co_await http::json_object(call.request);
}

Task<Result<Response>> wish(Shared parts, Action action, const Call& call) {
    const auto id = DeploymentId::parse(call.params[0]);
    if (!id) {
        co_return refuse(ErrorKind::not_found, "deploy.not_found", "There is no such deployment.");
    }
    const json::object body = ACME_TRY(co_await object_or_nothing(call));
    http::Fields fields(body);
    std::string reason = fields.optional_text("reason", {0, reason_chars_max}).value_or("");
    const auto glass = fields.optional_text("break_glass", {1, reason_chars_max});
    ACME_TRY(fields.finish());
    auto transaction = co_await parts->db.begin(call.context);
    auto claim =
        ACME_TRY(co_await parts->idempotency.claim(transaction, call, json::serialize(body)));
    if (claim.replay) co_return *std::move(claim.replay);
    audit::Actor actor = actor_of(*parts, call);
    Wish wanted{
        .what = std::string(name_of(action)),
        .who = actor.name,
        .reason = glass.value_or(std::move(reason)),
        .breaks_glass = glass.has_value(),
    };
    const Deployment deployment =
        ACME_TRY(co_await ask(transaction, call.context, std::move(actor), *id, std::move(wanted)));
    Response response = http::json(200, to_json(deployment));
    co_await parts->idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return response;
}

void add_wish(
    http::Router& router,
    const Shared& parts,
    Action action,
    std::string_view pattern,
    std::string_view summary
) {
    router.add({
        .method = http::Method::post,
        .pattern = pattern,
        .access = Access::platform(PlatformRole::operator_),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = summary,
             .request = "DeploymentWish",
             .response = "Deployment",
             .errors =
                 {"deploy.not_found",
                  "deploy.has_ended",
                  "deploy.is_rollback",
                  "deploy.no_canary",
                  "deploy.is_held",
                  "deploy.not_held",
                  "deploy.canary_required",
                  "deploy.canary_passed",
                  "deploy.second_person",
                  "deploy.goes_back",
                  "idempotency.other_payload",
                  "idempotency.key_malformed"},
             .takes_key = true},
        .handler = [parts, action](const Call& call) { return wish(parts, action, call); },
    });
}

}  // namespace

void add_asking_routes(http::Router& router, std::shared_ptr<HttpParts> parts) {
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/deployments",
        .access = Access::platform(PlatformRole::operator_),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Queues a release for all nodes; the newest takes the place of what waits.",
             .request = "NewDeployment",
             .response = "Deployment",
             .status = 202,
             .errors =
                 {"deploy.unknown_release",
                  "deploy.ambiguous_release",
                  "deploy.no_such_canary",
                  "deploy.frozen",
                  "deploy.rollback_runs",
                  "deploy.no_machines",
                  "engine.unreachable",
                  "http.key_required",
                  "idempotency.other_payload",
                  "idempotency.key_malformed"},
             .takes_key = true},
        .handler = [parts](const Call& call) { return deploy(parts, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/rollbacks",
        .access = Access::platform(PlatformRole::operator_),
        .body_bytes_max = body_bytes_max,
        .doc =
            {.summary = "Queues the way back to a release that was good; it takes over what runs.",
             .request = "NewRollback",
             .response = "Deployment",
             .status = 202,
             .errors =
                 {"deploy.unknown_release",
                  "deploy.ambiguous_release",
                  "rollback.not_good",
                  "rollback.nowhere",
                  "http.key_required",
                  "idempotency.other_payload",
                  "idempotency.key_malformed"},
             .takes_key = true},
        .handler = [parts](const Call& call) { return roll_back(parts, call); },
    });
    add_wish(
        router,
        parts,
        Action::hold,
        "/v1/deployments/{id}:hold",
        "Keeps the canary as it is beyond its window, and judges it on."
    );
    add_wish(router, parts, Action::resume, "/v1/deployments/{id}:resume", "Ends a hold.");
    add_wish(
        router,
        parts,
        Action::promote,
        "/v1/deployments/{id}:promote",
        "Ends the canary's window now, if what was measured is good enough."
    );
    add_wish(
        router,
        parts,
        Action::abort,
        "/v1/deployments/{id}:abort",
        "Stops the deployment and brings everything back."
    );
}

}  // namespace acme::deploy
