#include "operate/drift/drift_cli.hpp"

#include "io/cli/commands.hpp"
#include "operate/drift/repair.hpp"

#include <boost/json/serialize.hpp>

namespace acme::drift {
namespace {

namespace json = boost::json;
using Shared = std::shared_ptr<deploy::CliParts>;

const cli::Option as_json{"--json", "", "one JSON object"};

Task<Result<>> show(Shared parts, const cli::Call& call) {
    const Look now = co_await look(*parts, call.context);
    const bool is_silent = call.has("--json");
    if (is_silent) call.print(json::serialize(to_json(now)));
    if (!now.note.empty()) {
        co_return refuse(
            ErrorKind::unavailable, "drift.not_compared", is_silent ? "" : now.note + "."
        );
    }
    if (now.seen.empty()) {
        if (!is_silent) call.print("Everything is as it is recorded: " + now.release + ".");
        co_return done;
    }
    for (const Seen& seen : now.seen) {
        if (!is_silent) call.print(seen.deviation.text());
    }
    co_return refuse(
        ErrorKind::conflict,
        "drift.found",
        is_silent ? "" : "acme drift repair --dry-run says what would be done about it."
    );
}

/// The plan for people, or as JSON.
void tell(const cli::Call& call, const Repair& repair) {
    if (call.has("--json")) {
        json::object plan = repair.json();
        plan["digest"] = repair.digest();
        call.print(json::serialize(plan));
        return;
    }
    if (repair.actions.empty()) call.print("Nothing is to be done.");
    for (const Action& action : repair.actions) call.print("  " + action.about);
    for (const std::string& line : repair.by_hand) call.print("by hand: " + line);
    if (!repair.actions.empty()) call.print("plan " + repair.digest());
}

Task<Result<>> show_plan(Shared parts, const cli::Call& call, deploy::Ground& ground) {
    const Found found = ACME_TRY(co_await find(*parts, ground, call.context));
    if (!found.note.empty()) {
        co_return refuse(ErrorKind::unavailable, "drift.not_compared", found.note + ".");
    }
    tell(call, repair_of(found.world));
    co_return done;
}

/// What is left after a repair is told as `drift show` tells it.
Task<Result<>> run_repair(Shared parts, const cli::Call& call) {
    deploy::Ground ground = ACME_TRY(parts->find_ground());
    const bool is_asked = call.has("--yes") || call.has("--plan");
    if (!is_asked || call.has("--dry-run")) {
        ACME_TRY(co_await show_plan(parts, call, ground));
        if (call.has("--dry-run")) co_return done;
        co_return refuse(
            ErrorKind::conflict, "drift.unconfirmed", "Say --yes to do this, or --plan DIGEST."
        );
    }
    const Say say = [print = call.print, is_silent = call.has("--json")](std::string_view line) {
        if (!is_silent) print(line);
    };
    ACME_TRY(co_await repair(*parts, ground, call.context, call.value("--plan"), say));
    co_return co_await show(parts, call);
}

}  // namespace

void add_commands(cli::Commands& commands, deploy::CliParts given) {
    const auto parts = std::make_shared<deploy::CliParts>(std::move(given));
    commands.add_group("drift", "What is not as it is recorded: nodes, weights, the balancer.");
    commands.add({
        .name = "drift show",
        .options = {as_json},
        .about = "Looks what is not as it is recorded; exit 1 when something is.",
        .example = "acme drift show",
        .run = [parts](const cli::Call& call) { return show(parts, call); },
    });
    commands.add({
        .name = "drift repair",
        .options =
            {{"--yes", "", "does it without asking"},
             {"--plan", "DIGEST", "does exactly the plan that was shown, or nothing"},
             {"--dry-run", "", "shows the plan and changes nothing"},
             as_json},
        .about = "Brings nodes and balancer back to what is recorded.",
        .example = "acme drift repair --dry-run",
        .run = [parts](const cli::Call& call) { return run_repair(parts, call); },
    });
}

}  // namespace acme::drift
