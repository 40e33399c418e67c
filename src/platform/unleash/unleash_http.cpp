#include "platform/unleash/unleash_http.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "io/http/client_address.hpp"
#include "io/http/condition.hpp"
#include "io/http/json.hpp"
#include "platform/unleash/answer.hpp"
#include "platform/unleash/features.hpp"
#include "platform/unleash/reports.hpp"

#include <boost/json/serialize.hpp>

namespace acme::unleash {
namespace {

namespace json = boost::json;

using http::Access;
using http::Call;
using http::Response;

constexpr std::size_t context_bytes_max = std::size_t{64} * 1024;
constexpr std::size_t report_bytes_max = std::size_t{1024} * 1024;

/// What one thread has of them.
struct Desk {
    explicit Desk(Routes routes) : room(routes), reader(routes.ground.shelf) {}

    Routes room;
    flag_feed::Reader reader;
    flag_feed::Shown printed;  // of which `features` are; null: of none
    std::string features;
    std::string etag;
};

using Shared = std::shared_ptr<Desk>;

/// The node's own, or production where there are no flags of that name: what is evaluated here too.
std::string_view environment_of(Desk& desk) {
    const std::string& own = desk.room.ground.depot.environment();
    const bool is_there = desk.reader.standing_of(own) != flag_feed::Standing::unknown;
    return is_there ? std::string_view(own) : "production";
}

/// Written anew when there is another rule set. Before the first one there are no features.
void print(Desk& desk) {
    const flag_feed::Shown& newest = desk.reader.find(environment_of(desk));
    if (!desk.features.empty() && newest == desk.printed) return;
    flags::Ruleset ruleset;
    if (newest) {
        auto parsed = flags::parse_ruleset(newest->json);
        if (parsed) ruleset = *std::move(parsed);  // the compiler has read it before
    }
    desk.features = json::serialize(to_features(ruleset));
    desk.etag = "\"" + to_base64url(sha256(desk.features)).substr(0, 22) + "\"";
    desk.printed = newest;
}

/// Who they are and where their data lies is not for people to say: a page asks by OFREP.
Result<> check_program(const Call& call) {
    if (!call.who().session) return {};
    return refuse(
        ErrorKind::forbidden, "unleash.programs_only", "This takes an API key, as SDKs send it."
    );
}

Task<Result<Response>> show_features(Shared desk, const Call& call) {
    ACME_TRY(check_program(call));
    print(*desk);
    Response response;
    response.headers.emplace_back("ETag", desk->etag);
    response.headers.emplace_back("Cache-Control", "no-cache");
    if (http::is_not_modified(call.request, desk->etag)) {
        response.status = 304;
        co_return response;
    }
    response.body = desk->features;
    co_return response;
}

/// {"toggles"}: those that are on, as /api/frontend has it. The SDK reports what it used of them.
Response toggles_for(const Desk& desk, const Call& call, json::object context) {
    const Routes& room = desk.room;
    if (!context.contains("remoteAddress")) {
        context["remoteAddress"] = http::client_address(call.request, room.trusted_proxies);
    }
    flags::Subject subject = room.flags.subject(room.clock.now());
    set_context(subject, context);
    json::array toggles;
    const flags::Snapshot* const snapshot = subject.snapshot();
    for (std::uint32_t flag = 0; snapshot != nullptr && flag < snapshot->size(); ++flag) {
        const auto evaluation = flags::evaluate(*snapshot, flag, subject);
        if (!is_feature_on(*snapshot, flag, evaluation)) continue;
        toggles.push_back(json::object{
            {"name", snapshot->key_of(flag)},
            {"enabled", true},
            {"variant", to_variant(*snapshot, flag, evaluation)},
            {"impressionData", false},
        });
    }
    Response response = http::json(200, json::object{{"toggles", std::move(toggles)}});
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

Task<Result<Response>> evaluate_query(Shared desk, const Call& call) {
    ACME_TRY(check_program(call));
    co_return toggles_for(*desk, call, context_of(call.request));
}

Task<Result<Response>> evaluate_body(Shared desk, const Call& call) {
    ACME_TRY(check_program(call));
    json::object body = ACME_TRY(co_await http::json_object(call.request));
    const json::value* const context = body.if_contains("context");
    if (context == nullptr || !context->is_object()) {
        co_return refuse(
            ErrorKind::invalid, "unleash.context", "The body must have an object \"context\"."
        );
    }
    co_return toggles_for(*desk, call, context->get_object());
}

Task<Result<Response>> take_registration(int status, const Call& call) {
    ACME_TRY(check_program(call));
    (void)ACME_TRY(co_await http::json_object(call.request));
    co_return http::json(status, json::object{});
}

Task<Result<Response>> take_report(Shared desk, int status, const Call& call) {
    ACME_TRY(check_program(call));
    const json::object body = ACME_TRY(co_await http::json_object(call.request));
    const Routes& room = desk->room;
    const flags::Subject subject = room.flags.subject(room.clock.now());
    ACME_TRY(count_report(body, room.flags, subject));
    co_return http::json(status, json::object{});
}

void add_client_routes(http::Router& router, const Shared& desk) {
    router.add({
        .method = http::Method::get,
        .pattern = "/api/client/features",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc = {.summary = "Tells the features, as Unleash's SDKs evaluate them.", .also = {304}},
        .handler = [desk](const Call& call) { return show_features(desk, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/api/client/register",
        .access = Access::signed_in(),
        .body_bytes_max = context_bytes_max,
        .doc = {.summary = "Takes what an SDK says of itself.", .status = 202},
        .handler = [](const Call& call) { return take_registration(202, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/api/client/metrics",
        .access = Access::signed_in(),
        .body_bytes_max = report_bytes_max,
        .doc = {.summary = "Counts what an SDK has evaluated.", .status = 202},
        .handler = [desk](const Call& call) { return take_report(desk, 202, call); },
    });
}

void add_frontend_routes(http::Router& router, const Shared& desk) {
    router.add({
        .method = http::Method::get,
        .pattern = "/api/frontend",
        .access = Access::signed_in(),
        .body_bytes_max = http::no_body,
        .doc = {.summary = "Tells the features that are on for the context in the query."},
        .handler = [desk](const Call& call) { return evaluate_query(desk, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/api/frontend",
        .access = Access::signed_in(),
        .body_bytes_max = context_bytes_max,
        .doc =
            {
                .summary = "Tells the features that are on for the context in the body.",
                .errors = {"unleash.context"},
            },
        .handler = [desk](const Call& call) { return evaluate_body(desk, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/api/frontend/client/register",
        .access = Access::signed_in(),
        .body_bytes_max = context_bytes_max,
        .doc = {.summary = "Takes what an SDK says of itself."},
        .handler = [](const Call& call) { return take_registration(200, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/api/frontend/client/metrics",
        .access = Access::signed_in(),
        .body_bytes_max = report_bytes_max,
        .doc = {.summary = "Counts what an SDK has shown."},
        .handler = [desk](const Call& call) { return take_report(desk, 200, call); },
    });
}

}  // namespace

void add_routes(http::Router& router, Routes room) {
    const auto desk = std::make_shared<Desk>(room);
    add_client_routes(router, desk);
    add_frontend_routes(router, desk);
}

}  // namespace acme::unleash
