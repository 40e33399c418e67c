#include "operate/deploy/deploy_commands.hpp"

#include "io/process/signals.hpp"
#include "io/process/terminal.hpp"
#include "operate/changes/moment.hpp"
#include "operate/deploy/release_name.hpp"
#include "operate/deploy/show.hpp"
#include "operate/deploy/usual_return.hpp"
#include "operate/deploy/wishes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <csignal>

namespace acme::deploy {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

constexpr milliseconds look_again{100};
constexpr milliseconds progress_period{3'000};

void print_json(const cli::Call& call, const json::object& object) {
    call.print(json::serialize(object));
}

}  // namespace

Listener listener_of(const cli::Call& call) {
    const bool as_json = call.has("--json");
    return [print = call.print, as_json](const Record& record) {
        const std::string text = as_json ? record.line() : words_of(record);
        if (!text.empty()) print(text);
    };
}

/// What only the database knows cannot be asked while it is away, and that is nobody's fault.
Task<Result<>> DeployCommands::with_database(Task<Result<>> task) {
    std::string reason;
    try {
        co_return co_await std::move(task);
    } catch (const pg::Unreachable& fault) {
        reason = fault.what();
    }
    co_return refuse(
        ErrorKind::unavailable,
        "deploy.no_database",
        "PostgreSQL does not answer (" + reason +
            "). Without it there are acme deploy status, acme deploy history, Ctrl-C where a "
            "deployment runs, and acme deploy rollback --yes."
    );
}

Task<Result<>> DeployCommands::run(const cli::Call& call) {
    Ground ground = ACME_TRY(parts_.find_ground());
    Order order = ACME_TRY(co_await forward_order(call, *ground.driver));
    if (!call.has("--dry-run")) {
        order.reason = ACME_TRY(co_await reason_of(call, order.limits));
    }
    co_return co_await with_database(carry_out(call, ground, std::move(order)));
}

/// A trial says why it is one (PIPE-7).
Task<Result<std::string>> DeployCommands::reason_of(const cli::Call& call, const Limits& limits) {
    std::string reason = call.value("--reason");
    if (!reason.empty() || limits.canary_window >= canary_window_default) co_return reason;
    if (process::is_somebody_there() && !call.has("--json")) {
        call.print(
            "A canary shorter than 10 min is a trial, and recorded as one. Why is it shorter?"
        );
        reason = co_await process::read_line();
    }
    if (!reason.empty()) co_return reason;
    co_return refuse(
        ErrorKind::invalid,
        "deploy.reason_missing",
        "A canary shorter than 10 min is a trial: say why, with --reason TEXT."
    );
}

/// A person is shown what will be done, and answers; a program has to say --yes.
Task<Result<>> DeployCommands::confirm(const cli::Call& call, Ground& ground, const Order& order) {
    ACME_TRY(co_await show_plan(call, ground, order));
    if (process::is_somebody_there() && !call.has("--json")) {
        call.print("Roll back now? [y/N]");
        const std::string answer = co_await process::read_line();
        if (answer == "y" || answer == "Y" || answer == "yes") co_return done;
        co_return refuse(ErrorKind::conflict, "deploy.unconfirmed", "Nothing was changed.");
    }
    co_return refuse(
        ErrorKind::conflict, "deploy.unconfirmed", "Say --yes to do this, or --plan DIGEST."
    );
}

Task<Result<>> DeployCommands::plan(const cli::Call& call) {
    Ground ground = ACME_TRY(parts_.find_ground());
    const Order order = ACME_TRY(co_await forward_order(call, *ground.driver));
    co_return co_await show_plan(call, ground, order);
}

Task<Result<>> DeployCommands::rollback(const cli::Call& call) {
    Ground ground = ACME_TRY(parts_.find_ground());
    Order order = ACME_TRY(co_await return_order(call, ground));
    const bool is_asked = call.has("--yes") || call.has("--dry-run") || call.has("--plan");
    if (!is_asked) ACME_TRY(co_await confirm(call, ground, order));
    co_return co_await carry_out(call, ground, std::move(order));
}

Task<Result<>> DeployCommands::wish(const cli::Call& call, std::string what) {
    co_return co_await with_database(ask_for(call, std::move(what)));
}

Task<Result<>> DeployCommands::ask_for(const cli::Call& call, std::string what) {
    const auto running = co_await deployments_.running(call.context, parts_.environment);
    if (running.empty()) {
        co_return refuse(
            ErrorKind::conflict, "deploy.none_runs", "No deployment runs. acme deploy status"
        );
    }
    const DeploymentId meant = meant_of(running).id;
    ACME_TRY(co_await deployments_.wish(
        call.context,
        meant,
        {.what = what,
         .who = "cli",
         .reason = call.value("--break-glass", call.value("--reason")),
         .breaks_glass = call.has("--break-glass")}
    ));
    const std::string id = meant.str();
    if (call.has("--json")) {
        print_json(call, {{"deployment", id}, {"wish", what}});
    } else {
        call.print("Asked " + id + " to " + what + ". acme deploy watch shows what it does.");
    }
    co_return done;
}

Result<Limits> DeployCommands::limits_of(const cli::Call& call) const {
    Limits limits;
    if (!call.has("--canary-window")) return limits;
    const auto window = changes::parse_duration(
        call.value("--canary-window"), canary_window_min, canary_window_max
    );
    if (!window) {
        return refuse(
            ErrorKind::invalid,
            "deploy.duration",
            "A window is a number with its unit, from 1s to 24h: 60s, 10m."
        );
    }
    limits.canary_window = *window;
    return limits;
}

Result<Strategy> DeployCommands::strategy_in(const cli::Call& call) {
    if (!call.has("--strategy")) return Strategy::drain_first;
    if (const auto found = strategy_of(call.value("--strategy"))) return *found;
    return refuse(
        ErrorKind::invalid, "deploy.strategy", "The strategy is drain-first or start-first."
    );
}

Order DeployCommands::order_of(const cli::Call& call) const {
    return {
        .id = DeploymentId::make(parts_.telemetry.clock.now(), parts_.telemetry.random),
        .environment = parts_.environment,
        .release = "",
        .actor = "cli",
        .reason = call.value("--reason"),
        .canary = call.value("--canary"),
        .break_glass = call.value("--break-glass"),
        .accept_load = call.value("--accept-load"),
        .plan_digest = call.value("--plan"),
        .is_production = parts_.is_production,
        .is_watched_here = call.has("--wait"),
    };
}

Task<Result<Order>> DeployCommands::forward_order(const cli::Call& call, Driver& driver) {
    Order order = order_of(call);
    order.limits = ACME_TRY(limits_of(call));
    order.strategy = ACME_TRY(strategy_in(call));
    const auto stored = ACME_TRY(co_await driver.releases());
    order.release = ACME_TRY(release_named(stored, call.operands.at(0)));
    co_return order;
}

Task<Result<Order>> DeployCommands::return_order(const cli::Call& call, Ground& ground) {
    Order order = order_of(call);
    order.is_return = true;
    order.limits = Limits::of_return();
    order.strategy = ACME_TRY(strategy_in(call));
    const auto stored = ACME_TRY(co_await ground.driver->releases());
    if (call.has("--to")) {
        const bool is_forced = call.has("--force") && !order.reason.empty();
        order.release = ACME_TRY(return_named(stored, call.value("--to"), is_forced));
        co_return order;
    }
    const Return usual =
        ACME_TRY(co_await usual_return(parts_, *ground.driver, call.context, stored));
    if (!usual.note.empty() && !call.has("--json")) call.print(usual.note);
    order.release = usual.release;
    co_return order;
}

Controller DeployCommands::controller_of(Ground& ground, Journal& journal) {
    return Controller({
        .driver = *ground.driver,
        .balancer = *ground.balancer,
        .fetch = parts_.fetch,
        .journal = journal,
        .judging = *ground.judging,
        .telemetry = parts_.telemetry,
        .tasks = parts_.tasks,
        .hooks = parts_.hooks,
    });
}

Task<Result<>> DeployCommands::show_plan(
    const cli::Call& call, Ground& ground, const Order& order
) {
    Journal journal(parts_.journal_folder, parts_.db, parts_.telemetry.clock, parts_.telemetry);
    Controller controller = controller_of(ground, journal);
    const Plan plan = ACME_TRY(co_await controller.plan(call.context, order));
    if (call.has("--json")) {
        json::object object = plan.json();
        object["digest"] = plan.digest();
        if (!plan.load.empty()) object["load"] = plan.load;
        print_json(call, object);
        co_return done;
    }
    if (plan.steps.empty()) {
        call.print(short_of(order.release) + " runs everywhere already.");
        co_return done;
    }
    for (const std::string& line : words_of(plan)) call.print(line);
    co_return done;
}

Task<Result<>> DeployCommands::carry_out(const cli::Call& call, Ground& ground, Order order) {
    if (call.has("--dry-run")) co_return co_await show_plan(call, ground, order);
    Journal journal(parts_.journal_folder, parts_.db, parts_.telemetry.clock, parts_.telemetry);
    journal.listen(listener_of(call));
    Controller controller = controller_of(ground, journal);
    const Executor executor = co_await asio::this_coro::executor;
    process::Signals signals(executor, {SIGINT, SIGTERM});
    parts_.tasks.spawn(executor, "deploy.signals", abort_on(signals, controller));
    bool is_over = call.has("--json");  // a program reads the records
    parts_.tasks.spawn(executor, "deploy.progress", show_progress(call, controller, is_over));
    const std::string release = order.release;
    std::exception_ptr broken;
    Result<Ending> ending;
    try {
        ending = co_await controller.run(call.context, std::move(order));
    } catch (...) {
        broken = std::current_exception();
    }
    // However it ended: what runs beside looks at what is here.
    is_over = true;
    signals.cancel();
    co_await parts_.tasks.join();
    if (broken) std::rethrow_exception(broken);
    if (!ending) co_return std::unexpected(ending.error());
    co_return said(call, release, *ending, journal.missing());
}

/// Every few seconds what is waited for, as long as it lasts.
Task<> DeployCommands::show_progress(const cli::Call& call, Controller& controller, bool& is_over) {
    milliseconds waited{0};
    while (!is_over) {
        co_await sleep_for(look_again);
        const std::string& doing = controller.doing();
        waited = doing.empty() ? milliseconds(0) : waited + look_again;
        if (is_over || waited < progress_period) continue;
        waited = milliseconds(0);
        call.print("              " + doing);
    }
}

Task<> DeployCommands::abort_on(process::Signals& signals, Controller& controller) {
    if (co_await signals.next() != 0) controller.abort("Ctrl-C");
}

Result<> DeployCommands::said(
    const cli::Call& call, const std::string& release, const Ending& ending, std::size_t missing
) const {
    if (missing > 0 && !call.has("--json")) {
        call.print(
            "PostgreSQL missed " + std::to_string(missing) +
            " records; they follow when it is back."
        );
    }
    if (ending.state.empty() && !call.has("--json")) {
        call.print(short_of(release) + " runs everywhere already.");
    }
    if (ending.state == "rollback_failed") {
        return refuse(ErrorKind::conflict, "deploy.rollback_failed", ending.outcome);
    }
    if (ending.state == "lost") {
        return refuse(
            ErrorKind::conflict,
            "deploy.outcome_unknown",
            "Somebody else goes on with it. acme deploy watch shows how it ends. " + ending.outcome
        );
    }
    if (ending.state == "rolled_back" && !ending.is_as_asked) {
        return refuse(ErrorKind::conflict, "deploy.rolled_back", ending.outcome);
    }
    return {};
}

}  // namespace acme::deploy
