#include "operate/drills/drills_cli.hpp"

#include "io/cli/commands.hpp"
#include "io/process/signals.hpp"
#include "operate/changes/moment.hpp"
#include "operate/drills/calendar.hpp"
#include "operate/drills/exercise.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <csignal>
#include <cstdio>

namespace acme::drills {
namespace {

namespace json = boost::json;
using changes::Drill;
using std::chrono::milliseconds;

constexpr int list_shown = 20;
constexpr std::chrono::seconds limit_min{1};
constexpr std::chrono::hours limit_max{1};

using Make = std::unique_ptr<Exercise> (*)(const deploy::CliParts&, deploy::Ground&, Wanted);

const cli::Option as_json{"--json", "", "one JSON object"};

/// "60s", "3m"; 0 when nothing was said.
Result<milliseconds> limit_of(const cli::Call& call) {
    if (!call.has("--limit")) return milliseconds(0);
    const auto limit = changes::parse_duration(call.value("--limit"), limit_min, limit_max);
    if (limit) return *limit;
    return refuse(
        ErrorKind::invalid, "drills.limit", "A limit is a number with its unit: 60s, 3m, up to 60m."
    );
}

/// Until when it was agreed that the drill may run; production asks for that (BEY-30).
Result<std::optional<WallTime>> window_of(
    const cli::Call& call, const deploy::CliParts& parts, milliseconds time_max
) {
    const WallTime now = parts.telemetry.clock.now();
    const std::string needed = seconds_text(time_max);
    if (!call.has("--window")) {
        if (!parts.is_production) return std::nullopt;
        return refuse(
            ErrorKind::conflict,
            "drills.no_window",
            "This is production: say until when the drill was agreed on, --window 30m or --window "
            "2026-11-24T18:00Z. It takes up to " +
                needed + "."
        );
    }
    auto until = changes::parse_until(call.value("--window"), now);
    if (!until) return std::unexpected(until.error());
    if (now + time_max <= *until) return *until;
    return refuse(
        ErrorKind::conflict,
        "drills.window_too_short",
        "The drill takes up to " + needed + ", and the window ends at " +
            changes::minute_of(*until) + "."
    );
}

void show_intent(const cli::Call& call, const Exercise& exercise) {
    if (call.has("--json")) {
        json::array expected;
        for (const std::string& sentence : exercise.expectations()) expected.emplace_back(sentence);
        call.print(json::serialize(json::object{
            {"dry_run", true},
            {"about", exercise.intent()},
            {"release", exercise.release()},
            {"expected", std::move(expected)},
            {"time_max_ms", exercise.time_max().count()},
        }));
        return;
    }
    call.print(exercise.intent());
    for (const std::string& sentence : exercise.expectations())
        call.print("  expects: " + sentence);
    call.print(
        "It takes up to " + seconds_text(exercise.time_max()) +
        "; Ctrl-C ends it early and leaves everything well."
    );
}

Result<> show_result(const cli::Call& call, const Drill& drill) {
    const bool is_silent = call.has("--json");
    if (is_silent) call.print(json::serialize(to_json(drill)));
    for (const Expectation& each : drill.expected) {
        if (is_silent) break;
        call.print((each.is_met ? "ok    " : "FAIL  ") + each.what + ": " + each.found);
    }
    if (drill.result == "passed") {
        if (!is_silent) call.print("Passed; recorded as " + drill.id.str() + ".");
        return {};
    }
    const auto words = [&](std::string_view how) {
        return is_silent ? "" : std::string(how) + "; recorded as " + drill.id.str() + ".";
    };
    if (drill.result == "stopped") {
        return refuse(
            ErrorKind::conflict, "drills.stopped", words("Stopped, which proves nothing")
        );
    }
    return refuse(ErrorKind::conflict, "drills.failed", words("Failed"));
}

class DrillCommands {
public:
    explicit DrillCommands(deploy::CliParts parts) : parts_(std::move(parts)), drills_(parts_.db) {}

    Task<Result<>> run(const cli::Call& call, std::string kind, Make make) {
        const milliseconds limit = ACME_TRY(limit_of(call));
        deploy::Ground ground = ACME_TRY(parts_.find_ground());
        const std::shared_ptr<Exercise> exercise =
            make(parts_, ground, {.limit = limit, .node = call.value("--node")});
        ACME_TRY(co_await exercise->prepare(call.context));
        const auto window = ACME_TRY(window_of(call, parts_, exercise->time_max()));
        if (call.has("--dry-run")) {
            show_intent(call, *exercise);
            co_return done;
        }
        const changes::Entrance entrance{
            .environment = parts_.environment,
            .release = exercise->release(),
            .deployment = "",
            .actor = {.name = "cli"},
        };
        ACME_TRY(co_await parts_.hooks.may_deploy(call.context, entrance));
        const Clock& clock = parts_.telemetry.clock;
        Drill drill{
            .id = DrillId::make(clock.now(), parts_.telemetry.random),
            .kind = std::move(kind),
            .environment = parts_.environment,
            .release = exercise->release(),
            .actor = "cli",
            .begun_at = clock.now(),
            .window_until = window,
        };
        if (!call.has("--json")) show_intent(call, *exercise);
        co_await drills_.begin(call.context, drill);
        drill.expected = co_await carry_out(call, exercise, drill.id);
        drill.ended_at = clock.now();
        drill.result = changes::result_of(drill.expected, exercise->is_stopped());
        co_await drills_.end(call.context, drill);
        co_return show_result(call, drill);
    }

    Task<Result<>> list(const cli::Call& call) {
        const auto all =
            co_await drills_.list(call.context, parts_.environment, changes::Drills::list_max);
        const auto dues = calendar(all, parts_.telemetry.clock.now());
        if (call.has("--json")) {
            json::array list;
            json::array due_list;
            for (const Drill& drill : all) list.push_back(to_json(drill));
            for (const Due& due : dues) due_list.push_back(to_json(due));
            call.print(json::serialize(
                json::object{{"drills", std::move(list)}, {"calendar", std::move(due_list)}}
            ));
            co_return done;
        }
        for (const Due& due : dues) call.print(line_of(due));
        int shown = 0;
        for (const Drill& drill : all) {
            if (shown++ < list_shown) call.print(line_of(drill));
        }
        if (all.empty()) call.print("No drill was done yet: acme drill rollback --dry-run");
        co_return done;
    }

private:
    Task<std::vector<Expectation>> carry_out(
        const cli::Call& call, std::shared_ptr<Exercise> exercise, DrillId id
    ) {
        const Executor executor = co_await asio::this_coro::executor;
        process::Signals signals(executor, {SIGINT, SIGTERM});
        const Say say = [print = call.print,
                         is_silent = call.has("--json")](std::string_view line) {
            if (!is_silent) print(line);
        };
        parts_.tasks.spawn(executor, "drills.signals", obey(signals, exercise, say));
        auto found = co_await exercise->carry_out(call.context, id, say);
        signals.cancel();
        co_await parts_.tasks.join();
        co_return found;
    }

    static Task<> obey(process::Signals& signals, std::shared_ptr<Exercise> exercise, Say say) {
        while (co_await signals.next() != 0) {
            say("Stopping; what was begun is brought to a good end first.");
            exercise->stop();
        }
    }

    static std::string line_of(const Due& due) {
        char line[160];
        std::snprintf(
            line,
            sizeof(line),
            "%-10s every %2lld days   %s, last passed %s",
            due.kind.c_str(),
            static_cast<long long>(due.every.count()),
            due.is_overdue ? "OVERDUE" : ("due " + changes::minute_of(*due.due_at)).c_str(),
            due.passed_at ? changes::minute_of(*due.passed_at).c_str() : "never"
        );
        return line;
    }

    static std::string line_of(const Drill& drill) {
        const std::string result = drill.ended_at ? drill.result : "has no end";
        std::string line = drill.id.str() + "  " + changes::minute_of(drill.begun_at) + "  " +
                           drill.kind + "  " + result + "  by " + drill.actor;
        for (const Expectation& each : drill.expected) {
            if (!each.is_met) line += "; " + each.what + ": " + each.found;
        }
        return line;
    }

    deploy::CliParts parts_;
    changes::Drills drills_;
};

std::vector<cli::Option> options_of(std::string_view limit_about) {
    return {
        {"--limit", "TIME", limit_about},
        {"--window", "TIME|DURATION", "until when it was agreed on; production asks for that"},
        {"--dry-run", "", "looks, says what would be done and expected, and changes nothing"},
        as_json,
    };
}

}  // namespace

void add_commands(cli::Commands& commands, deploy::CliParts parts) {
    const auto shared = std::make_shared<DrillCommands>(std::move(parts));
    commands.add_group("drill", "Drills: break something on purpose, and see that nobody notices.");
    commands.add({
        .name = "drill rollback",
        .options = options_of("the longest that each way may take, 60s (180s)"),
        .about = "Goes back to the good release before this one and forward again, under reads.",
        .example = "acme drill rollback --dry-run",
        .run = [shared](const cli::Call& call
               ) { return shared->run(call, "rollback", make_rollback); },
    });
    auto options = options_of("the longest that the node may be away, 10s (30s)");
    options.insert(options.begin(), {"--node", "NODE", "which one (the last that serves)"});
    commands.add({
        .name = "drill node-kill",
        .options = std::move(options),
        .about = "Kills the program of one node, under reads, and waits for its return.",
        .example = "acme drill node-kill --node app-2",
        .run = [shared](const cli::Call& call
               ) { return shared->run(call, "node-kill", make_node_kill); },
    });
    commands.add({
        .name = "drill list",
        .options = {as_json},
        .about = "Shows which drill is due or overdue, and how the newest ones went.",
        .example = "acme drill list",
        .run = [shared](const cli::Call& call) { return shared->list(call); },
    });
}

}  // namespace acme::drills
