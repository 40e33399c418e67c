// Everything of an environment, out and in at a terminal.
#include "platform/flag_settings/terminal.hpp"

#include <boost/json/serialize.hpp>

namespace acme::flag_settings {
namespace {

Task<Result<>> export_all(Settings& settings, const cli::Call& call) {
    const Environment environment = ACME_TRY(co_await environment_of(settings, call));
    call.print(boost::json::serialize(
        ACME_TRY(co_await settings.exchange.export_all(call.context, environment.key))
    ));
    co_return done;
}

Task<Result<>> import_all(Settings& settings, const cli::Call& call) {
    const Environment environment = ACME_TRY(co_await environment_of(settings, call));
    const std::string text = ACME_TRY(read_file(call.operands.at(0)));
    const std::string from = call.value("--from", "acme");
    if (from != "acme" && from != "unleash") {
        co_return refuse(ErrorKind::invalid, "flags.format", "--from is acme or unleash.");
    }
    auto document = from == "acme" ? object_of(text) : settings.exchange.read_foreign(text);
    if (!document) co_return std::unexpected(std::move(document).error());
    auto imported = co_await settings.exchange.import_all(
        call.context,
        editor_of(call),
        {.environment = environment.key,
         .document = *std::move(document),
         .is_dry_run = call.has("--dry-run")}
    );
    if (!imported) co_return std::unexpected(std::move(imported).error());
    if (call.has("--json")) {
        call.print(boost::json::serialize(to_json(*imported)));
        co_return done;
    }
    for (const std::string& key : imported->created) call.print(key + "  made");
    for (const std::string& key : imported->changed) call.print(key + "  changed");
    for (const auto& [flag, each] : imported->differences) {
        call.print("  " + flag + "  " + line_of(each));
    }
    for (const std::string& key : imported->segments) call.print("segment " + key + "  set");
    for (const std::string& warning : imported->warnings) call.print("note: " + warning);
    call.print(
        std::to_string(imported->unchanged) + " unchanged" +
        (imported->is_dry_run ? ", nothing was kept"
                              : ", version " + std::to_string(imported->version))
    );
    co_return done;
}

}  // namespace

void add_exchange_commands(cli::Commands& commands, Settings& settings) {
    commands.add({
        .name = "flags export",
        .options = {in_environment, as_json},
        .about = "Prints the flags and segments of an environment as one JSON document.",
        .example = "acme flags export --environment staging > flags.json",
        .run = [&settings](const cli::Call& call) { return export_all(settings, call); },
    });
    commands.add({
        .name = "flags import",
        .operands = {"FILE"},
        .options =
            {in_environment,
             {.name = "--from", .value = "SYSTEM", .about = "acme or unleash (acme)"},
             with_reason,
             dry_run,
             as_json},
        .about = "Imports flags and segments from FILE, or -, into an environment.",
        .example = "acme flags import flags.json --environment production --dry-run",
        .run = [&settings](const cli::Call& call) { return import_all(settings, call); },
    });
}

}  // namespace acme::flag_settings
