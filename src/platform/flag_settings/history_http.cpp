// What was done to a flag, and how often it is asked for.
#include "base/text.hpp"
#include "io/http/page.hpp"
#include "platform/flag_settings/calls.hpp"

namespace acme::flag_settings {
namespace {

using http::Call;
using http::Fields;
using http::Response;

constexpr std::size_t reference_bytes_max = std::size_t{1024} * 1024;
constexpr int hours_of_day = 24;
constexpr int hours_of_week = 168;

Task<Names> names_in(Routes room, const Call& call, std::vector<Change> changes) {
    std::vector<std::string> people;
    for (const Change& change : changes) people.push_back(change.by);
    return names_of(room.settings.parts.accounts, call.context, std::move(people));
}

Task<Result<Response>> list(Routes room, const Call& call) {
    const Facts facts = ACME_TRY(co_await room.settings.catalog.find(call.context, call.params[0]));
    auto environment = call.request.query("environment");
    if (environment) environment = to_storable(*environment);
    const std::string scope = "flag history " + facts.key + " " + environment.value_or("");
    const auto asked = ACME_TRY(http::page_asked(call.request, room.cursors, scope));
    auto changes = co_await list_changes(
        room.settings.parts.db,
        call.context,
        facts.id,
        environment,
        parse_number<std::int64_t>(asked.after),
        asked.limit + 1
    );
    std::string next;
    if (std::ssize(changes) > asked.limit) {
        changes.pop_back();
        next = room.cursors.sign(scope, std::to_string(changes.back().id));
    }
    const Names names = co_await names_in(room, call, changes);
    boost::json::array data;
    for (const Change& change : changes) data.push_back(to_json(change, names));
    co_return http::page(call.request, std::move(data), std::move(next));
}

Task<Result<Response>> undo(Routes room, const Call& call) {
    Settings& settings = room.settings;
    const std::int64_t version = ACME_TRY(version_asked(call));
    const Facts facts = ACME_TRY(co_await settings.catalog.find(call.context, call.params[0]));
    const auto id = parse_number<std::int64_t>(call.params[1]);
    std::optional<Change> change;
    if (id) change = co_await find_change(settings.parts.db, call.context, facts.id, *id);
    if (!change) {
        co_return refuse(
            ErrorKind::not_found, "flags.change_unknown", "There is no such change of this flag."
        );
    }
    Editor editor = editor_of(room, call, ACME_TRY(co_await reason_of(call)));
    const bool is_everywhere = change->environment.empty();
    auto undoing =
        is_everywhere
            ? settings.catalog.undo(call.context, std::move(editor), facts.key, version, *change)
            : settings.targetings.undo(
                  call.context, std::move(editor), facts.key, version, *change
              );
    const Change made = ACME_TRY(co_await std::move(undoing));
    const Names names = co_await names_in(room, call, {made});
    co_return http::json(200, to_json(made, names));
}

Task<Result<Response>> chart(Routes room, const Call& call) {
    const Environment environment = ACME_TRY(co_await environment_of(room, call));
    const Facts facts = ACME_TRY(co_await room.settings.catalog.find(call.context, call.params[0]));
    const std::string range = call.request.query("range").value_or("24h");
    if (range != "24h" && range != "7d") {
        co_return refuse(ErrorKind::invalid, "flags.range", "range must be 24h or 7d.");
    }
    const int hours = range == "24h" ? hours_of_day : hours_of_week;
    co_return http::json(
        200,
        to_json(co_await room.settings.overview.chart(call.context, environment, facts.key, hours))
    );
}

void take_reference(
    Fields& fields, const boost::json::value& value, std::size_t place, std::vector<Reference>& all
) {
    const std::string where = "/data/" + std::to_string(place);
    if (!value.is_object()) {
        fields.complain("data", "http.not_object", "must be a list of objects");
        return;
    }
    Fields inner(value.get_object(), where);
    Reference reference{
        .repo = inner.text("repo", {1, 200}),
        .path = inner.text("path", {1, 500}),
        .line = inner.integer("line", {1, 10'000'000}),
        .commit = inner.text("commit", {1, 64}),
        .reported_at = {},
    };
    inner.optional_text("reported_at", {0, 40});
    const auto finished = inner.finish();
    if (finished) {
        all.push_back(std::move(reference));
        return;
    }
    for (const FieldError& each : finished.error().fields) {
        fields.complain(each.pointer.substr(1), each.code, each.detail);
    }
}

Task<Result<Response>> report(Routes room, const Call& call) {
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    std::vector<Reference> references;
    const auto* list = fields.any("data");
    if (list == nullptr || !list->is_array() || list->get_array().size() > references_max) {
        fields.complain("data", "flags.references", "must be a list of 1000 places at most");
    } else {
        std::size_t place = 0;
        for (const auto& each : list->get_array()) {
            take_reference(fields, each, place++, references);
        }
    }
    ACME_TRY(fields.finish());
    auto repo = call.request.query("repo");
    if (repo) repo = to_storable(*repo);
    const auto kept = ACME_TRY(co_await replace_references(
        room.settings.parts,
        call.context,
        actor_of(room, call),
        call.params[0],
        std::move(repo),
        std::move(references)
    ));
    boost::json::array data;
    for (const Reference& each : kept) data.push_back(to_json(each));
    co_return http::json(200, boost::json::object{{"data", std::move(data)}});
}

void add_reporting(http::Router& router, Routes room) {
    router.add({
        .method = http::Method::put,
        .pattern = "/v1/flags/{flag}/references",
        .access = to_change,
        .body_bytes_max = reference_bytes_max,
        .doc =
            {.summary = "Reports where sources name a flag, in place of the last report: of all "
                        "repositories, or of one.",
             .request = "FlagReferences",
             .response = "FlagReferences",
             .query = {"repo"},
             .errors = {"flags.not_found", "flags.invalid"}},
        .handler = [room](const Call& call) { return report(room, call); },
    });
}

}  // namespace

void add_history_routes(http::Router& router, Routes room) {
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/admin/flags/{flag}/history",
        .access = to_read,
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists the changes of a flag, newest first: all, or those that concern an "
                        "environment.",
             .response = "FlagChanges",
             .query = {"environment", "limit", "cursor"},
             .errors = {"flags.not_found", "http.page_limit", "http.cursor"}},
        .handler = [room](const Call& call) { return list(room, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/admin/flags/{flag}/history/{change}:undo",
        .access = to_change,
        .body_bytes_max = http::json_bytes_max,
        .doc =
            {.summary = "Takes back what a change did; If-Match names the version of what it "
                        "changed.",
             .request = "FlagReason",
             .response = "FlagChange",
             .errors =
                 {"flags.not_found",
                  "flags.change_unknown",
                  "flags.not_undoable",
                  "flags.undo_conflict",
                  "flags.archived",
                  "flags.protected",
                  "flags.reason_required",
                  "flags.invalid"},
             .needs_if_match = true},
        .handler = [room](const Call& call) { return undo(room, call); },
    });
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/admin/flags/{flag}/evaluations",
        .access = to_read,
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Shows hour by hour how often a flag was evaluated, and which units saw "
                        "what.",
             .response = "FlagEvaluations",
             .query = {"environment", "range"},
             .errors = {"flags.not_found", "flags.environment_unknown", "flags.range"}},
        .handler = [room](const Call& call) { return chart(room, call); },
    });
    add_reporting(router, room);
}

}  // namespace acme::flag_settings
