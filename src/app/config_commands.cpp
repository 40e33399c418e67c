#include "app/config_commands.hpp"

#include "app/config_docs.hpp"
#include "io/cli/commands.hpp"

namespace acme::app {
namespace {

/// Main has already refused, with exit code 78, what is not usable: who comes here may start.
Task<Result<>> check(const cli::Call& call) {
    Reading reading = read_config(process_environment());
    if (call.has("--json")) {
        call.print(report_json(reading.problems));
    } else {
        call.print("acme: configuration is usable");
        std::string shown = show(reading.config);
        shown.pop_back();
        call.print(shown);
    }
    co_return done;
}

Task<Result<>> docs(const cli::Call& call) {
    std::string text = configuration_markdown();
    text.pop_back();  // print() ends the line
    call.print(text);
    co_return done;
}

}  // namespace

void add_config_commands(cli::Commands& commands) {
    commands.add({
        .name = "config check",
        .options = {{"--json", "", "as one JSON object"}},
        .about = "Checks the environment and reports all problems at once; exit code 78 if any.",
        .example = "acme config check --json",
        .run = [](const cli::Call& call) { return check(call); },
    });
    commands.add({
        .name = "config docs",
        .about = "Prints docs/configuration.md, the table of all variables.",
        .example = "acme config docs > docs/configuration.md",
        .run = [](const cli::Call& call) { return docs(call); },
        .needs_configuration = false,
    });
}

}  // namespace acme::app
