#include "operate/deploy/releases_http.hpp"

#include "base/text.hpp"
#include "io/http/json.hpp"
#include "io/http/page.hpp"
#include "io/http/time.hpp"
#include "operate/deploy/dora.hpp"
#include "operate/deploy/releases.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <map>

namespace acme::deploy {
namespace {

namespace json = boost::json;
using http::Access;
using http::Call;
using http::Response;
using Shared = std::shared_ptr<HttpParts>;

json::value or_null(const std::optional<std::string>& text) {
    return text ? json::value(*text) : json::value(nullptr);
}

json::value or_null(const std::optional<WallTime>& time) {
    return time ? json::value(http::to_json(*time)) : json::value(nullptr);
}

/// What the machines have; nullopt when they cannot be asked.
Task<std::optional<std::vector<Stored>>> stored_of(Shared parts) {
    auto ground = ground_of(*parts);
    if (!ground) co_return std::nullopt;
    auto stored = co_await ground->driver->releases();
    if (!stored) co_return std::nullopt;
    co_return *std::move(stored);
}

const Stored* find_in(const std::optional<std::vector<Stored>>& stored, const std::string& id) {
    if (!stored) return nullptr;
    const auto found = std::ranges::find(*stored, id, &Stored::id);
    return found == stored->end() ? nullptr : &*found;
}

json::object to_json(
    const ReleaseRow& row,
    bool was_deployed,
    const std::optional<std::vector<Stored>>& stored,
    const std::optional<Current>& current
) {
    const Stored* here = find_in(stored, row.id);
    const bool is_current = current && current->release == row.id;
    const bool was_good = row.good_at.has_value() || (here != nullptr && here->is_good);
    auto digest = row.digest;
    auto added_at = row.added_at;
    if (here != nullptr) {
        digest = here->digest;
        added_at = here->added_at;
    }
    return {
        {"id", row.id},
        {"first_at", was_deployed ? json::value(http::to_json(row.first_at)) : json::value()},
        {"good_at", or_null(row.good_at)},
        {"added_at", or_null(added_at)},
        {"digest", or_null(digest)},
        {"is_current", is_current},
        {"is_known_good", current && current->known_good == row.id},
        {"is_eligible", was_good && !is_current && (!stored || here != nullptr)},
        {"is_stored", stored ? json::value(here != nullptr) : json::value(nullptr)},
    };
}

/// Those that the machines have and that were never deployed here stand before all others.
Task<json::array> never_deployed(
    Shared parts,
    trace::Context context,
    std::optional<std::vector<Stored>> stored,
    std::optional<Current> current
) {
    json::array list;
    if (!stored) co_return list;
    Releases releases(parts->db);
    for (const Stored& one : *stored) {
        if (co_await releases.find(context, parts->environment, one.id)) continue;
        const ReleaseRow row{.id = one.id};
        list.push_back(to_json(row, false, stored, current));
    }
    co_return list;
}

/// Before the first deployment the machines alone know what runs; nullopt when they cannot be
/// asked.
Task<std::optional<Current>> current_now(Shared parts, trace::Context context) {
    Releases releases(parts->db);
    auto current = co_await releases.current(context, parts->environment);
    if (current) co_return current;
    auto ground = ground_of(*parts);
    if (!ground) co_return std::nullopt;
    const auto instances = co_await ground->driver->instances();
    if (!instances) co_return std::nullopt;
    for (const Instance& instance : *instances) {
        const Facts& facts = instance.facts;
        if (facts.role != "serve") continue;
        co_return Current{.release = facts.release, .known_good = facts.known_good};
    }
    co_return std::nullopt;
}

Task<Result<Response>> list(Shared parts, const Call& call) {
    const std::string scope = "releases " + parts->environment;
    const auto asked = ACME_TRY(http::page_asked(call.request, parts->cursors, scope));
    Releases releases(parts->db);
    std::optional<std::string> after;
    if (!asked.after.empty()) after = asked.after;
    auto found = co_await releases.list(call.context, parts->environment, after, asked.limit + 1);
    const auto current = co_await current_now(parts, call.context);
    const auto stored = co_await stored_of(parts);
    std::string next;
    if (std::ssize(found) > asked.limit) {
        found.pop_back();
        next = parts->cursors.sign(scope, found.back().id);
    }
    json::array data;
    if (!after) data = co_await never_deployed(parts, call.context, stored, current);
    for (const ReleaseRow& row : found) data.push_back(to_json(row, true, stored, current));
    co_return http::page(call.request, std::move(data), std::move(next));
}

Task<Result<Response>> current(Shared parts, const Call& call) {
    const auto found = co_await current_now(parts, call.context);
    json::object object{
        {"environment", parts->environment},
        {"release", nullptr},
        {"known_good", nullptr},
        {"rollback_to", nullptr},
        {"deployment_id", nullptr},
        {"changed_at", nullptr},
    };
    if (!found) co_return http::json(200, object);
    object["release"] = found->release;
    object["known_good"] = found->known_good;
    object["rollback_to"] = or_null(found->rollback_to);
    if (found->deployment) object["deployment_id"] = found->deployment->str();
    object["changed_at"] = or_null(found->changed_at);
    co_return http::json(200, object);
}

Task<Result<Response>> show_figures(Shared parts, const Call& call) {
    const std::string asked = call.request.query("days").value_or(std::to_string(figure_days));
    const auto days = parse_number<int>(asked);
    if (!days || *days < 1 || *days > figure_days_max) {
        co_return refuse(
            ErrorKind::invalid,
            "deploy.days",
            "days is a number from 1 to " + std::to_string(figure_days_max) + "."
        );
    }
    const Figures found = co_await figures(
        parts->db, call.context, parts->environment, parts->telemetry.clock.now(), *days
    );
    co_return http::json(200, to_json(found));
}

Task<Result<Response>> fleet(Shared parts, const Call& call) {
    Ground ground = ACME_TRY(ground_of(*parts));
    const auto nodes =
        ACME_TRY(co_await nodes_now(*ground.driver, *ground.balancer, parts->fetch, call.context));
    const auto freezes = co_await parts->freezes.active(call.context, parts->environment);
    json::array list;
    for (const NodeNow& node : nodes) list.push_back(to_json(node));
    co_return http::json(
        200,
        {{"environment", parts->environment},
         {"as_of", http::to_json(parts->telemetry.clock.now())},
         {"nodes", std::move(list)},
         {"frozen", freezes.empty() ? json::value(nullptr) : json::value(to_json(freezes.front()))}}
    );
}

void add(http::Router& router, std::string_view pattern, http::Doc doc, http::Handler handler) {
    router.add({
        .method = http::Method::get,
        .pattern = pattern,
        .access = Access::platform(PlatformRole::viewer),
        .body_bytes_max = http::no_body,
        .doc = std::move(doc),
        .handler = std::move(handler),
    });
}

}  // namespace

void add_release_routes(http::Router& router, std::shared_ptr<HttpParts> parts) {
    add(router,
        "/v1/releases",
        {.summary = "Lists the releases that were deployed, newest first, behind those that only "
                    "wait on the machines.",
         .response = "Releases",
         .query = {"limit", "cursor"},
         .errors = {"http.page_limit", "http.cursor"}},
        [parts](const Call& call) { return list(parts, call); });
    add(router,
        "/v1/releases/current",
        {.summary = "Shows which release is current, and to which one would return.",
         .response = "CurrentRelease"},
        [parts](const Call& call) { return current(parts, call); });
    add(router,
        "/v1/releases/figures",
        {.summary = "Shows the four figures of DORA for the last ?days=30, with their counts.",
         .response = "ReleaseFigures",
         .query = {"days"},
         .errors = {"deploy.days"}},
        [parts](const Call& call) { return show_figures(parts, call); });
    add(router,
        "/v1/fleet",
        {.summary = "Shows every node as its machine and the balancer have it now.",
         .response = "Fleet",
         .errors = {"deploy.no_machines", "engine.unreachable", "balancer.unreachable"}},
        [parts](const Call& call) { return fleet(parts, call); });
}

}  // namespace acme::deploy
