#include "operate/changes/freezes_cli.hpp"

#include "io/cli/commands.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace acme::changes {
namespace {

constexpr int list_shown = 50;

const cli::Option as_json{"--json", "", "as JSON, on one line"};

audit::Actor actor() { return {.name = "cli"}; }

std::string line_of(const Freeze& freeze) {
    const std::string_view state = freeze.is_active   ? "in force"
                                   : freeze.lifted_at ? "lifted  "
                                                      : "over    ";
    std::string line = freeze.id.str() + "  " + std::string(state) + "  " + words_of(freeze);
    if (freeze.lifted_at) {
        line += "; lifted " + minute_of(*freeze.lifted_at) + " by " + freeze.lifted_by + ": " +
                freeze.lift_reason;
    }
    return line;
}

void show(const cli::Call& call, const Freeze& freeze) {
    call.print(call.has("--json") ? boost::json::serialize(to_json(freeze)) : line_of(freeze));
}

Task<Result<>> begin(
    Freezes& freezes, const Clock& clock, std::string environment, const cli::Call& call
) {
    std::vector<FieldError> missing;
    for (const std::string_view option : {"--until", "--reason"}) {
        if (call.has(option)) continue;
        missing.push_back({std::string(option), "changes.usage", "is missing"});
    }
    if (!missing.empty()) {
        co_return std::unexpected(Error{
            .kind = ErrorKind::invalid,
            .code = "changes.usage",
            .message = "acme freeze --until TIME|DURATION --reason TEXT; acme freeze --help",
            .fields = std::move(missing),
        });
    }
    const WallTime until = ACME_TRY(parse_until(call.value("--until"), clock.now()));
    const Freeze freeze = ACME_TRY(co_await freezes.begin(
        call.context,
        actor(),
        {.environment = std::move(environment), .reason = call.value("--reason"), .until = until}
    ));
    show(call, freeze);
    if (!call.has("--json")) {
        call.print("Rollbacks go through. It ends by itself, or by");
        call.print("acme freeze lift " + freeze.id.str() + " --reason TEXT");
    }
    co_return done;
}

Task<Result<>> list(Freezes& freezes, std::string environment, const cli::Call& call) {
    const auto all = co_await freezes.list(call.context, environment, std::nullopt, list_shown);
    if (call.has("--json")) {
        boost::json::array array;
        for (const Freeze& freeze : all) array.push_back(to_json(freeze));
        call.print(boost::json::serialize(array));
        co_return done;
    }
    if (all.empty()) call.print(environment + " was never frozen.");
    for (const Freeze& freeze : all) show(call, freeze);
    co_return done;
}

Task<Result<>> lift(Freezes& freezes, const cli::Call& call) {
    const auto id = FreezeId::parse(call.operands.at(0));
    if (!id) {
        co_return refuse(
            ErrorKind::not_found,
            "changes.no_freeze",
            "There is no such freeze: acme freeze list shows them."
        );
    }
    show(call, ACME_TRY(co_await freezes.lift(call.context, actor(), *id, call.value("--reason"))));
    co_return done;
}

Task<Result<>> let_through(Freezes& freezes, std::string environment, const cli::Call& call) {
    const auto all = co_await freezes.active(call.context, environment);
    if (all.empty()) {
        co_return refuse(
            ErrorKind::conflict, "changes.not_frozen", environment + " is not frozen now."
        );
    }
    boost::json::array array;
    for (const Freeze& freeze : all) {
        const Pass pass = ACME_TRY(co_await freezes.let_through(
            call.context, actor(), {freeze.id, call.operands.at(0), call.value("--reason")}
        ));
        array.push_back(to_json(pass));
        if (!call.has("--json")) call.print(pass.release + " passes: " + words_of(freeze));
    }
    if (call.has("--json")) call.print(boost::json::serialize(array));
    if (!call.has("--json")) call.print("Whoever deploys it must be another than cli.");
    co_return done;
}

}  // namespace

void add_commands(
    cli::Commands& commands, Freezes& freezes, const Clock& clock, std::string environment
) {
    commands.add({
        .name = "freeze",
        .options =
            {{"--until", "TIME|DURATION", "2026-11-24T18:00Z, or how long from now: 90m, 2h, 3d"},
             {"--reason", "TEXT", "why, for whoever is refused"},
             as_json},
        .about =
            "Refuses deployments until then, or begins with list, lift or pass; never a rollback.",
        .example = "acme freeze --until 2h --reason 'the sale'",
        .run = [&freezes, &clock, environment](const cli::Call& call
               ) { return begin(freezes, clock, environment, call); },
        .exit_codes = {{"changes.usage", cli::exit_usage}},
    });
    commands.add({
        .name = "freeze list",
        .options = {as_json},
        .about = "Lists the 50 newest freezes: in force, over, lifted.",
        .example = "acme freeze list",
        .run = [&freezes,
                environment](const cli::Call& call) { return list(freezes, environment, call); },
    });
    commands.add({
        .name = "freeze lift",
        .operands = {"ID"},
        .options = {{"--reason", "TEXT", "why it may end now", true}, as_json},
        .about = "Ends a freeze before its time.",
        .example = "acme freeze lift frz_01… --reason 'the sale is over'",
        .run = [&freezes](const cli::Call& call) { return lift(freezes, call); },
    });
    commands.add({
        .name = "freeze pass",
        .operands = {"RELEASE"},
        .options = {{"--reason", "TEXT", "why it cannot wait", true}, as_json},
        .about = "Lets one release, by its whole name, through what is frozen, for another person.",
        .example = "acme freeze pass 4f2a91c… --reason 'sign-in is down'",
        .run = [&freezes, environment](const cli::Call& call
               ) { return let_through(freezes, environment, call); },
    });
}

}  // namespace acme::changes
