#include "operate/logs/logs_cli.hpp"

#include "io/cli/commands.hpp"
#include "io/loop/loop.hpp"
#include "operate/logs/reader.hpp"

#include <cstdio>
#include <filesystem>

namespace acme::logs {
namespace {

constexpr std::chrono::milliseconds follow_pause{200};
constexpr std::string_view age_default = "15m";

Result<Query> query_of(const cli::Call& call, WallTime now) {
    Query query{.request = call.value("--request"), .node = call.value("--node")};
    const auto level = parse_log_level(call.value("--level", "debug"));
    if (!level) {
        return refuse(ErrorKind::invalid, "logs.level", "--level is debug, info, warn or error.");
    }
    query.least = *level;
    // Who asks for one request wants it however long ago it was.
    if (!query.request.empty() && !call.has("--since")) return query;
    const auto age = parse_age(call.value("--since", age_default));
    if (!age) return refuse(ErrorKind::invalid, "logs.since", "--since is 90s, 10m, 2h or 3d.");
    query.since = now - *age;
    return query;
}

Task<Result<>> show(const cli::Call& call, const Clock& clock, std::string home) {
    const std::string folder = call.value("--home", home) + "/logs";
    if (!std::filesystem::is_directory(folder)) {
        co_return refuse(ErrorKind::not_found, "logs.none", "There are no logs in " + folder + ".");
    }
    Reader reader(folder, ACME_TRY(query_of(call, clock.now())));
    const bool as_json = call.has("--json");
    const Reader::Sink sink = [&](std::string_view node, std::string_view line) {
        call.print(as_json ? std::string(line) : for_people(node, line));
    };
    reader.read(sink);
    while (call.has("--follow")) {
        std::fflush(stdout);
        co_await sleep_for(follow_pause);
        reader.read(sink);
    }
    co_return done;
}

}  // namespace

void add_commands(cli::Commands& commands, const Clock& clock, std::string home) {
    commands.add({
        .name = "logs",
        .options =
            {
                {"--follow", "", "keep showing what comes"},
                {"--request", "ID", "only lines of this request"},
                {"--node", "NAME", "only this node: app-1, worker-1, postgres, balancer"},
                {"--level", "LEVEL", "this and above: debug, info, warn, error"},
                {"--since", "AGE", "not older than: 90s, 10m, 2h, 3d (15m)"},
                {"--json", "", "the lines as they were written"},
                {"--home", "FOLDER", "of `acme up` (ACME_HOME, .acme)"},
            },
        .about = "Shows what all local nodes log, merged by time.",
        .example = "acme logs --follow --level warn",
        .run = [&clock, home](const cli::Call& call) { return show(call, clock, home); },
        .needs_configuration = false,
    });
}

}  // namespace acme::logs
