#include "operate/smoke/smoke_cli.hpp"

#include "base/text.hpp"
#include "io/cli/commands.hpp"

#include <boost/json/serialize.hpp>

#include <cstdio>

namespace acme::smoke {
namespace {

constexpr int nodes_max = 1'000;

std::string sum_of(const Report& report) {
    char took[32];
    std::snprintf(took, sizeof(took), "%.1f s", static_cast<double>(report.took.count()) / 1000);
    return (report.is_green() ? "Green after " : "Red after ") + std::string(took) + ".";
}

Task<Result<>> smoke(const cli::Call& call, const Parts& parts, std::string endpoint) {
    Options options{
        .endpoint = call.value("--endpoint", endpoint),
        .release = call.value("--release"),
        .nodes = parse_number<int>(call.value("--nodes", "0")).value_or(-1),
        .ca_file = call.value("--ca"),
    };
    if (options.nodes < 0 || options.nodes > nodes_max) {
        co_return refuse(ErrorKind::invalid, "smoke.option", "--nodes is a number, 1 to 1000.");
    }
    const bool as_json = call.has("--json");
    const Tell tell = [&](const Check& check) {
        if (as_json) return;
        call.print(line_of(check));
        std::fflush(stdout);
    };
    const Report report = ACME_TRY(co_await run(call.context, parts, std::move(options), tell));
    if (as_json) {
        call.print(boost::json::serialize(report.to_json()));
    } else {
        if (!report.left_behind.empty()) call.print("  left behind: " + report.left_behind);
        call.print(sum_of(report));
    }
    if (report.is_green()) co_return done;
    co_return refuse(
        ErrorKind::conflict, "smoke.red", as_json ? "" : "Failed: " + report.failures() + "."
    );
}

}  // namespace

void add_commands(cli::Commands& commands, Parts parts, std::string endpoint) {
    commands.add({
        .name = "smoke",
        .options =
            {
                {"--endpoint", "URL", "what to check (what `acme up` runs)"},
                {"--release", "ID", "the release that every node has to name"},
                {"--nodes", "N", "how many nodes serve (as many as /v1/nodes shows)"},
                {"--ca", "FILE", "trust these authorities in place of the system's"},
                {"--json", "", "the report as one JSON object"},
            },
        .about = "Checks that the platform does what people come for, and clears up after itself.",
        .example = "acme smoke --endpoint https://app.example.com --release 9f2c1e7",
        .run = [parts = std::move(parts), endpoint = std::move(endpoint)](const cli::Call& call
               ) { return smoke(call, parts, endpoint); },
        .needs_configuration = false,
    });
}

}  // namespace acme::smoke
