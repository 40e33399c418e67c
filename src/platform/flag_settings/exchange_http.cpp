// Everything of an environment, out and in.
#include "base/text.hpp"
#include "platform/flag_settings/calls.hpp"

namespace acme::flag_settings {
namespace {

using http::Call;
using http::Response;

constexpr std::chrono::minutes import_time_max{2};

Task<Result<Response>> export_all(Routes room, const Call& call) {
    const Environment environment = ACME_TRY(co_await environment_of(room, call));
    const auto document =
        ACME_TRY(co_await room.settings.exchange.export_all(call.context, environment.key));
    co_return http::json(200, document);
}

Task<Result<Response>> import_all(Routes room, const Call& call) {
    const Environment environment = ACME_TRY(co_await environment_of(room, call));
    const std::string from = call.request.query("format").value_or("acme");
    if (from != "acme" && from != "unleash") {
        co_return refuse(ErrorKind::invalid, "flags.format", "format must be acme or unleash.");
    }
    const std::string text = ACME_TRY(co_await call.request.body.read_all(import_bytes_max));
    auto document = ACME_TRY(
        from == "acme" ? http::parse_object(text) : room.settings.exchange.read_foreign(text)
    );
    const std::string dry = call.request.query("dry_run").value_or("");
    const std::string reason = call.request.query("reason").value_or("");
    const Imported imported = ACME_TRY(co_await room.settings.exchange.import_all(
        call.context,
        editor_of(room, call, to_storable(reason.substr(0, reason_chars_max))),
        {.environment = environment.key,
         .document = std::move(document),
         .is_dry_run = dry == "1" || dry == "true"}
    ));
    co_return http::json(200, to_json(imported));
}

}  // namespace

void add_exchange_routes(http::Router& router, Routes room) {
    router.add({
        .method = http::Method::get,
        .pattern = "/v1/admin/flags:export",
        .access = to_read,
        .body_bytes_max = http::no_body,
        .doc =
            {.summary = "Exports the flags and segments of an environment.",
             .response = "FlagExport",
             .query = {"environment"},
             .errors = {"flags.environment_unknown"}},
        .handler = [room](const Call& call) { return export_all(room, call); },
        .weight = http::heavy_weight,
    });
    router.add({
        .method = http::Method::post,
        .pattern = "/v1/admin/flags:import",
        .access = to_change,
        .body_bytes_max = import_bytes_max,
        .doc =
            {.summary = "Imports flags and segments into an environment, or tells what that would "
                        "change.",
             .request = "FlagExport",
             .response = "FlagImported",
             .query = {"environment", "format", "dry_run", "reason"},
             .errors =
                 {"flags.environment_unknown",
                  "flags.format",
                  "flags.invalid",
                  "flags.protected",
                  "flags.too_large",
                  "flags.too_many",
                  "http.not_json",
                  "unleash.invalid"}},
        .handler = [room](const Call& call) { return import_all(room, call); },
        .time_max = import_time_max,
        .weight = http::heavy_weight,
    });
}

}  // namespace acme::flag_settings
