#include "operate/deploy/deploy_cli.hpp"

#include "io/cli/commands.hpp"
#include "operate/deploy/deploy_commands.hpp"

namespace acme::deploy {
namespace {

using Shared = std::shared_ptr<DeployCommands>;

const cli::Option as_json{"--json", "", "one JSON object, or one a line"};
const cli::Option reason{"--reason", "TEXT", "why, for the history"};
const cli::Option dry_run{"--dry-run", "", "shows the plan and changes nothing"};
const cli::Option strategy{
    "--strategy",
    "HOW",
    "drain-first (the default), or start-first: each node's new program beside its old one"
};
const cli::Option digest{"--plan", "DIGEST", "does exactly the plan that was shown, or nothing"};

const std::vector<std::pair<ErrorCode, int>> own_exit_codes = {
    {"deploy.rolled_back", 10},
    {"deploy.rollback_failed", 11},
    {"deploy.outcome_unknown", cli::exit_fault},
};

std::vector<cli::Option> forward_options() {
    return {
        {"--canary-window",
         "TIME",
         "how long the canary is judged (10m); shorter is a trial, wants --reason"},
        {"--canary", "NODE", "which node is the canary (the last one)"},
        {"--break-glass", "REASON", "also while it is frozen; told to all"},
        {"--accept-load", "REASON", "also when the others' CPU would pass 85 % beside the canary"},
        strategy,
        {"--wait", "", "stays for the 15 minutes after which the release is good"},
        reason,
        dry_run,
        digest,
        as_json,
    };
}

void add_forward(cli::Commands& commands, const Shared& shared) {
    commands.add({
        .name = "deploy run",
        .operands = {"RELEASE"},
        .options = forward_options(),
        .about = "Brings a release to all nodes: canary, judge, roll, smoke; back by itself.",
        .example = "acme deploy run 4f2a91c --canary-window 60s --reason trial",
        .run = [shared](const cli::Call& call) { return shared->run(call); },
        .exit_codes = own_exit_codes,
    });
    commands.add({
        .name = "deploy plan",
        .operands = {"RELEASE"},
        .options = forward_options(),
        .about = "Shows what `deploy run` would do, with the undo of each step.",
        .example = "acme deploy plan 4f2a91c",
        .run = [shared](const cli::Call& call) { return shared->plan(call); },
    });
    commands.add({
        .name = "deploy rollback",
        .options =
            {{"--to", "RELEASE", "a release that was good; its first 7 characters are enough"},
             {"--yes", "", "does it without asking"},
             {"--force", "", "also to one that never was good; wants --reason"},
             strategy,
             reason,
             dry_run,
             digest,
             as_json},
        .about =
            "Brings all nodes back to the known-good release, or where that runs everywhere to "
            "the good one before it; also without a database.",
        .example = "acme deploy rollback --yes",
        .run = [shared](const cli::Call& call) { return shared->rollback(call); },
        .exit_codes = own_exit_codes,
    });
}

void add_questions(cli::Commands& commands, const Shared& shared) {
    commands.add({
        .name = "deploy status",
        .options = {as_json},
        .about = "Shows what runs on which node, and the deployment that runs.",
        .example = "acme deploy status --json",
        .run = [shared](const cli::Call& call) { return shared->status(call); },
    });
    commands.add({
        .name = "deploy history",
        .options = {as_json},
        .about = "Lists the 20 newest deployments.",
        .example = "acme deploy history",
        .run = [shared](const cli::Call& call) { return shared->history(call); },
    });
    commands.add({
        .name = "deploy watch",
        .options = {as_json},
        .about = "Follows the newest deployment until it has succeeded or ended.",
        .example = "acme deploy watch",
        .run = [shared](const cli::Call& call) { return shared->watch(call); },
    });
}

struct Verb {
    std::string_view name;
    std::string_view about;
    std::string_view example;
    std::vector<cli::Option> options = {reason, as_json};
};

void add_wishes(cli::Commands& commands, const Shared& shared) {
    const Verb verbs[] = {
        {"hold",
         "Keeps the canary as it is, and judges it on.",
         "acme deploy hold --reason \"one more look\""},
        {"resume", "Ends a hold.", "acme deploy resume"},
        {"promote",
         "Ends the canary's window now, if what was measured is good enough.",
         "acme deploy promote --reason \"a fix that cannot wait\"",
         {reason, {"--break-glass", "REASON", "also alone, by who began it; told to all"}, as_json}
        },
        {"abort",
         "Stops the deployment that runs and brings everything back.",
         "acme deploy abort --reason \"wrong release\""},
    };
    for (const Verb& verb : verbs) {
        commands.add({
            .name = "deploy " + std::string(verb.name),
            .options = verb.options,
            .about = verb.about,
            .example = verb.example,
            .run = [shared, what = std::string(verb.name)](const cli::Call& call
                   ) { return shared->wish(call, what); },
        });
    }
}

}  // namespace

void add_commands(cli::Commands& commands, CliParts parts) {
    const Shared shared = std::make_shared<DeployCommands>(std::move(parts));
    commands.add_group("deploy", "Releases: canary, roll, smoke, and the way back.");
    add_forward(commands, shared);
    add_questions(commands, shared);
    add_wishes(commands, shared);
}

}  // namespace acme::deploy
