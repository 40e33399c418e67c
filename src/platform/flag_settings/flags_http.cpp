// What flags are: listed, made, changed, archived.
#include "io/http/condition.hpp"
#include "io/http/page.hpp"
#include "io/http/time.hpp"
#include "io/pg/database.hpp"
#include "platform/flag_settings/calls.hpp"
#include "platform/flag_settings/words.hpp"
#include "platform/flags/ruleset.hpp"
#include "platform/idempotency/idempotency.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace acme::flag_settings {
namespace {

using http::Call;
using http::Fields;
using http::Response;

constexpr std::size_t text_bytes_max = 200;

std::string word_in(const Call& call, std::string_view name) {
    return call.request.query(name).value_or("").substr(0, text_bytes_max);
}

Task<Result<Response>> list(Routes room, const Call& call) {
    const Environment environment = ACME_TRY(co_await environment_of(room, call));
    Asked asked{
        .state = word_in(call, "state"),
        .kind = word_in(call, "kind"),
        .tag = word_in(call, "tag"),
        .owner = word_in(call, "owner"),
        .text = word_in(call, "q"),
    };
    ACME_TRY(check(asked));
    const std::string scope = "flags " + environment.key;
    const auto page = ACME_TRY(http::page_asked(call.request, room.cursors, scope));
    asked.after = page.after;
    asked.limit = page.limit + 1;
    auto lines = co_await room.settings.overview.list(call.context, environment, std::move(asked));
    std::string next;
    if (std::ssize(lines) > page.limit) {
        lines.pop_back();
        next = room.cursors.sign(scope, lines.back().flag.facts.key);
    }
    std::vector<std::string> people;
    for (const Line& line : lines) {
        people.push_back(line.flag.facts.owner);
        people.push_back(line.flag.targeting.updated_by);
    }
    const Names names =
        co_await names_of(room.settings.parts.accounts, call.context, std::move(people));
    boost::json::array data;
    for (const Line& line : lines) data.push_back(to_json(line, environment, names));
    co_return http::page(call.request, std::move(data), std::move(next));
}

Task<Result<Response>> sum_up(Routes room, const Call& call) {
    const Environment environment = ACME_TRY(co_await environment_of(room, call));
    const Totals totals = co_await room.settings.overview.totals(call.context, environment);
    co_return http::json(200, to_json(totals, environment, room.is_evaluated));
}

boost::json::object placed(
    const std::string& environment, const Targeting& targeting, const std::string& serves
) {
    boost::json::object json{
        {"environment", environment},
        {"enabled", targeting.is_enabled},
        {"version", targeting.version},
        {"disabled_reason", nullptr},
        {"serves", serves},
        {"updated_at", http::to_json(targeting.updated_at)},
        {"updated_by", targeting.updated_by},
    };
    if (!targeting.disabled_reason.empty()) json["disabled_reason"] = targeting.disabled_reason;
    return json;
}

/// Of a flag that was made now, in each environment.
Targeting first_of(const Facts& facts) {
    return {
        .salt = "", .rules = "{}", .updated_at = facts.updated_at, .updated_by = facts.updated_by
    };
}

/// With everything that its page shows.
Task<Result<Response>> shown(Routes room, const Call& call, int status, Facts facts) {
    Settings& settings = room.settings;
    boost::json::array environments;
    std::vector<Signal> signals;
    bool is_first = true;
    for (const Environment& each : co_await settings.environments.list(call.context)) {
        const auto found = co_await settings.targetings.find(call.context, facts.key, each.key);
        if (!found) continue;
        const Targeting& targeting = found->flag.targeting;
        if (is_first) {
            signals = co_await settings.overview.signals(call.context, each, found->flag);
        }
        is_first = false;
        const auto parsed = flags::parse_flag(document_of(found->flag));
        environments.push_back(placed(each.key, targeting, parsed ? serves_of(*parsed) : ""));
    }
    boost::json::array references;
    for (const Reference& each :
         co_await list_references(settings.parts.db, call.context, facts.id)) {
        references.push_back(to_json(each));
    }
    const Names names =
        co_await names_of(settings.parts.accounts, call.context, {facts.owner, facts.updated_by});
    boost::json::object json = to_json(facts, names);
    json["environments"] = std::move(environments);
    json["references"] = std::move(references);
    json["stale"] = to_json(signals);
    Response response = http::json(status, json);
    response.headers.emplace_back("ETag", http::etag_of(facts.version));
    co_return response;
}

Task<Result<Response>> show(Routes room, const Call& call) {
    Facts facts = ACME_TRY(co_await room.settings.catalog.find(call.context, call.params[0]));
    co_return co_await shown(room, call, 200, std::move(facts));
}

std::vector<std::string> tags_in(Fields& fields) {
    std::vector<std::string> tags;
    const auto* list = fields.any("tags");
    if (list == nullptr || list->is_null()) return tags;
    if (!list->is_array()) {
        fields.complain("tags", "flags.tags", "must be a list of texts");
        return tags;
    }
    for (const auto& tag : list->get_array()) {
        tags.emplace_back(tag.is_string() ? std::string(tag.get_string()) : "");
    }
    return tags;
}

std::string variants_in(Fields& fields, std::string otherwise) {
    const auto* list = fields.any("variants");
    if (list == nullptr || list->is_null()) return otherwise;
    if (!list->is_array()) {
        fields.complain("variants", "flags.type", "must be a list of variants");
        return otherwise;
    }
    return boost::json::serialize(*list);
}

Task<Result<Response>> create(Routes room, const Call& call) {
    const boost::json::object body = ACME_TRY(co_await http::json_object(call.request));
    Fields fields(body);
    Facts facts;
    facts.key = fields.text("key", {1, key_bytes_max});
    facts.name = fields.optional_text("name", {1, name_chars_max}).value_or(facts.key);
    facts.description = fields.text("description", {1, description_chars_max});
    facts.type = fields.optional_choice("type", {"bool", "string", "int", "double", "json"})
                     .value_or("bool");
    facts.kind =
        fields.optional_choice("kind", {"release", "experiment", "ops", "kill", "permission"})
            .value_or("release");
    facts.owner = fields.optional_text("owner", {1, 64}).value_or(call.who().user.str());
    facts.tags = tags_in(fields);
    facts.expected_removal_at = fields.optional_text("expected_removal_at", {1, 10}).value_or("");
    facts.is_permanent = fields.optional_boolean("permanent").value_or(false);
    const bool is_bool = facts.type == "bool";
    facts.variants = variants_in(
        fields, is_bool ? R"([{"key":"on","value":true},{"key":"off","value":false}])" : "[]"
    );
    ACME_TRY(fields.finish());
    auto transaction = co_await room.settings.parts.db.begin(call.context);
    auto claim =
        ACME_TRY(co_await room.idempotency.claim(transaction, call, boost::json::serialize(body)));
    if (claim.replay) co_return *std::move(claim.replay);
    const Facts made = ACME_TRY(co_await room.settings.catalog.create(
        transaction, call.context, editor_of(room, call), std::move(facts)
    ));
    const Names names = co_await names_of(
        room.settings.parts.accounts, call.context, {made.owner, made.updated_by}
    );
    boost::json::object json = to_json(made, names);
    boost::json::array environments;
    for (const Environment& each : co_await room.settings.environments.list(call.context)) {
        environments.push_back(placed(each.key, first_of(made), "off"));
    }
    json["environments"] = std::move(environments);
    json["references"] = boost::json::array();
    json["stale"] = boost::json::array();
    Response response = http::json(201, json);
    response.headers.emplace_back("ETag", http::etag_of(made.version));
    response.headers.emplace_back("Location", "/v1/admin/flags/" + made.key);
    co_await room.idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return response;
}

Task<Result<Response>> change(Routes room, const Call& call) {
    Facts facts = ACME_TRY(co_await room.settings.catalog.find(call.context, call.params[0]));
    ACME_TRY(http::check_if_match(call.request, http::etag_of(facts.version)));
    Fields fields(ACME_TRY(co_await http::json_object(call.request)));
    facts.name = fields.optional_text("name", {1, name_chars_max}).value_or(facts.name);
    facts.description =
        fields.optional_text("description", {1, description_chars_max}).value_or(facts.description);
    facts.kind =
        fields.optional_choice("kind", {"release", "experiment", "ops", "kill", "permission"})
            .value_or(facts.kind);
    // null takes away, as a merge patch says.
    if (fields.has("owner")) facts.owner = fields.optional_text("owner", {1, 64}).value_or("");
    if (fields.has("expected_removal_at")) {
        facts.expected_removal_at =
            fields.optional_text("expected_removal_at", {1, 10}).value_or("");
    }
    if (fields.has("tags")) facts.tags = tags_in(fields);
    facts.is_permanent = fields.optional_boolean("permanent").value_or(facts.is_permanent);
    facts.variants = variants_in(fields, facts.variants);
    std::string reason = reason_in(fields);
    ACME_TRY(fields.finish());
    Facts changed = ACME_TRY(co_await room.settings.catalog.change(
        call.context, editor_of(room, call, std::move(reason)), std::move(facts)
    ));
    co_return co_await shown(room, call, 200, std::move(changed));
}

Task<Result<Response>> archive(Routes room, const Call& call) {
    std::string reason = ACME_TRY(co_await reason_of(call));
    Facts facts = ACME_TRY(co_await room.settings.catalog.archive(
        call.context, editor_of(room, call, std::move(reason)), call.params[0]
    ));
    co_return co_await shown(room, call, 200, std::move(facts));
}

Task<Result<Response>> restore(Routes room, const Call& call) {
    std::string reason = ACME_TRY(co_await reason_of(call));
    Facts facts = ACME_TRY(co_await room.settings.catalog.restore(
        call.context, editor_of(room, call, std::move(reason)), call.params[0]
    ));
    co_return co_await shown(room, call, 200, std::move(facts));
}

void add_reading(http::Router& router, Routes room) {
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/admin/flags",
        .access = to_read,
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Lists the flags of an environment by key, without archived ones unless "
                        "they are asked for.",
             .response = "FlagPage",
             .query = {"environment", "state", "kind", "tag", "owner", "q", "limit", "cursor"},
             .errors =
                 {"flags.environment_unknown",
                  "flags.state",
                  "flags.kind",
                  "http.page_limit",
                  "http.cursor"}},
        .handler = [room](const Call& call) { return list(room, call); },
        .weight = http::heavy_weight,
    });
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/admin/flags:summary",
        .access = to_read,
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Counts the flags of an environment, and says what it has published.",
             .response = "FlagsSummary",
             .query = {"environment"},
             .errors = {"flags.environment_unknown"}},
        .handler = [room](const Call& call) { return sum_up(room, call); },
        .weight = http::heavy_weight,
    });
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/admin/flags/{flag}",
        .access = to_read,
        .body_bytes_max = http::no_body,
        .doc = {.summary = "Shows a flag.", .response = "Flag", .errors = {"flags.not_found"}},
        .handler = [room](const Call& call) { return show(room, call); },
    });
}

void add_changing(http::Router& router, Routes room) {
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/admin/flags",
        .access = to_change,
        .body_bytes_max = http::json_bytes_max,
        .doc =
            {.summary = "Makes a flag, which is off in every environment.",
             .request = "NewFlag",
             .response = "Flag",
             .status = 201,
             .errors =
                 {"flags.invalid",
                  "flags.taken",
                  "flags.too_many",
                  "idempotency.key_malformed",
                  "idempotency.in_progress",
                  "idempotency.other_payload"},
             .takes_key = true},
        .handler = [room](const Call& call) { return create(room, call); },
    });
    router.add({
        .method = http::Method::patch,
        .pattern = "/v1/admin/flags/{flag}",
        .access = to_change,
        .body_bytes_max = http::json_bytes_max,
        .doc =
            {.summary = "Changes what a flag is: its name, owner, tags, variants.",
             .request = "FlagPatch",
             .response = "Flag",
             .errors = {"flags.not_found", "flags.invalid", "flags.archived", "flags.protected"},
             .request_type = "application/merge-patch+json",
             .needs_if_match = true},
        .handler = [room](const Call& call) { return change(room, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/admin/flags/{flag}:archive",
        .access = to_change,
        .body_bytes_max = http::json_bytes_max,
        .doc =
            {.summary = "Archives a flag: callers keep their own defaults.",
             .request = "FlagReason",
             .response = "Flag",
             .errors = {"flags.not_found", "flags.invalid", "flags.protected"}},
        .handler = [room](const Call& call) { return archive(room, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/admin/flags/{flag}:restore",
        .access = to_change,
        .body_bytes_max = http::json_bytes_max,
        .doc =
            {.summary = "Brings an archived flag back, off everywhere.",
             .request = "FlagReason",
             .response = "Flag",
             .errors = {"flags.not_found", "flags.invalid"}},
        .handler = [room](const Call& call) { return restore(room, call); },
    });
}

}  // namespace

void add_flag_routes(http::Router& router, Routes room) {
    add_reading(router, room);
    add_changing(router, room);
}

}  // namespace acme::flag_settings
