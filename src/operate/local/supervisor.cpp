#include "operate/local/supervisor.hpp"

#include "base/text.hpp"
#include "operate/local/files.hpp"
#include "operate/local/postgres.hpp"

#include <boost/json/serialize.hpp>

#include <csignal>
#include <cstdio>
#include <system_error>

namespace acme::local {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds store_ready_max{60};  // PostgreSQL may have to recover
constexpr seconds migrate_time_max{600};
constexpr seconds link_time_max{60};
constexpr seconds demo_time_max{60};
constexpr milliseconds look_again{10};
constexpr std::chrono::hours housekeeping{1};

}  // namespace

Supervisor::Supervisor(const Surroundings& around, Options options, Say say)
    : around_(around),
      options_(options),
      say_(std::move(say)),
      layout_(make_layout(around.home, process::own_user())),
      logs_(around.clock, layout_.logs()),
      log_(
          around.clock,
          LogLevel::info,
          [this](std::string_view line) {
              logs_.write("supervisor", line.substr(0, line.find('\n')));
          }
      ),
      tasks_(log_),
      releases_(around.clock, layout_.releases()),
      driver_({around.clock, logs_, say_, tasks_}, layout_.nodes()) {}

Supervisor::~Supervisor() = default;

void Supervisor::tell(std::string_view what, std::string_view text) const {
    std::string line = "  " + std::string(what);
    if (line.size() < 15) line.resize(15, ' ');
    say_(line.append(" ").append(text));
}

std::string Supervisor::value_of(std::string_view name) const {
    const auto found = around_.environment.find(name);
    return found == around_.environment.end() ? "" : found->second;
}

std::string Supervisor::seconds_since(SteadyTime begun) const {
    const auto time = std::chrono::duration_cast<milliseconds>(around_.clock.steady() - begun);
    char text[32];
    std::snprintf(text, sizeof(text), "%.1f s", static_cast<double>(time.count()) / 1000);
    return text;
}

seconds Supervisor::setting(std::string_view name, seconds otherwise) const {
    const auto number = parse_number<int>(value_of(name));
    return number ? seconds(*number) : otherwise;
}

Task<Result<>> Supervisor::run() {
    if (process::is_root()) {
        co_return refuse(
            ErrorKind::conflict,
            "local.root",
            "PostgreSQL refuses to run as root. ./dev up runs everything under an account of its "
            "own."
        );
    }
    make_folders(layout_);
    const auto lock = process::lock_file(layout_.lock());
    if (!lock) {
        co_return refuse(
            ErrorKind::unavailable,
            "local.running",
            "It runs already, as process " + read_file(layout_.lock()).value_or("?") + ", with " +
                layout_.home + ". ./dev down stops it."
        );
    }
    process::write_note(*lock, std::to_string(process::own_pid()));
    const Executor executor = co_await asio::this_coro::executor;
    signals_ =
        std::make_unique<process::Signals>(executor, std::initializer_list<int>{SIGINT, SIGTERM});
    tasks_.spawn(executor, "signals", listen_for_signals());
    const Result<> started = co_await start_or_say_why();
    if (started) {
        co_await announce();
        co_await until_told();
    }
    co_await drain();
    signals_->cancel();
    co_await tasks_.join();
    process::write_note(*lock, "");
    if (told_.is_set()) co_return done;
    co_return started;
}

Task<> Supervisor::listen_for_signals() {
    while (co_await signals_->next() != 0) {
        if (told_.is_set()) {
            hurry_.set();
            continue;
        }
        say_("Stopping; once more to stop without patience.");
        told_.set();
    }
}

/// What the disk refuses ends a start in order, as anything else does: parts run already.
Task<Result<>> Supervisor::start_or_say_why() {
    try {
        co_return co_await start();
    } catch (const std::system_error& fault) {
        co_return refuse(ErrorKind::unavailable, "local.disk", fault.what());
    }
}

Task<Result<>> Supervisor::start() {
    const SteadyTime begun = around_.clock.steady();
    const Tools tools = ACME_TRY(find_tools(around_.environment));
    const Keys keys = ensure_keys(layout_, around_.random);
    Found found = ACME_TRY(find_place(options_, layout_));
    instance_ = std::make_unique<process::Hold>(std::move(found.instance));
    port_ = std::make_unique<process::Hold>(std::move(found.port));
    logs_.remove_old();
    plan_ = make_plan(options_, layout_, tools, keys, found.place, around_.environment);
    engine_ = std::make_unique<Engine>(
        Engine::Parts{around_.clock, logs_, driver_, releases_, plan_.nodes, plan_.environment},
        layout_.fence()
    );
    ACME_TRY(choose());
    say_("Acme Platform, release " + choice_.release + ", in " + layout_.home);
    ACME_TRY(co_await start_stores(tools));
    ACME_TRY(co_await start_replicas(tools));
    ACME_TRY(co_await migrate());
    ACME_TRY(co_await start_nodes(tools));
    keep_releases();
    co_await open_engine();
    write_private(layout_.environment(), environment_text(plan_.environment));
    write_state();
    say_("Up in " + seconds_since(begun) + ".");
    co_return done;
}

Keeper& Supervisor::keep(const Part& part, const Executor& executor) {
    Kept kept{
        .name = part.name,
        .process = part.process,
        .ready_line = part.ready_line,
        .stop_signal = part.stop_signal,
        .pid_file = layout_.nodes() + "/" + part.name + ".pid",
    };
    parts_.push_back(std::make_unique<Keeper>(around_.clock, logs_, say_, std::move(kept)));
    tasks_.spawn(executor, "part", parts_.back()->run());
    return *parts_.back();
}

Task<Result<>> Supervisor::until_ready(const Keeper& keeper, seconds time) {
    const SteadyTime begun = around_.clock.steady();
    while (!keeper.is_ready()) {
        if (told_.is_set()) co_return refuse(ErrorKind::unavailable, "local.told", "Stopped.");
        if (around_.clock.steady() - begun > time) {
            co_return refuse(
                ErrorKind::unavailable,
                "local.not_ready",
                keeper.name() + " is not ready after " + std::to_string(time.count()) +
                    " s. It last said: " + keeper.last_line()
            );
        }
        co_await told_.wait_for(look_again);
    }
    tell(keeper.name(), "ready in " + seconds_since(begun));
    co_return done;
}

Task<Result<>> Supervisor::start_stores(const Tools& tools) {
    const Executor executor = co_await asio::this_coro::executor;
    const SteadyTime begun = around_.clock.steady();
    is_new_ = ACME_TRY(co_await ensure_cluster(layout_, tools));
    if (is_new_) tell("postgres", "new cluster in " + seconds_since(begun));
    const Keeper& postgres = keep(plan_.postgres, executor);
    const Keeper& redis = keep(plan_.redis, executor);
    ACME_TRY(co_await until_ready(postgres, store_ready_max));
    ACME_TRY(co_await ensure_program_role(layout_, tools));
    co_return co_await until_ready(redis, store_ready_max);
}

Task<Result<>> Supervisor::start_replicas(const Tools& tools) {
    const Executor executor = co_await asio::this_coro::executor;
    int number = 0;
    for (const Part& part : plan_.replicas) {
        const SteadyTime begun = around_.clock.steady();
        const bool is_copied = ACME_TRY(co_await ensure_replica(layout_, tools, ++number));
        if (is_copied) tell(part.name, "copied in " + seconds_since(begun));
        ACME_TRY(co_await until_ready(keep(part, executor), store_ready_max));
    }
    co_return done;
}

/// What was deployed has had its migrations; of later ones an earlier program knows nothing. But
/// the nodes' role may be new to the cluster.
Task<Result<>> Supervisor::migrate() {
    std::vector<std::string> words{program_.binary, "migrate"};
    if (!choice_.is_release_of_program && !is_new_) words.emplace_back("--grants");
    const SteadyTime begun = around_.clock.steady();
    std::string last;
    const process::LineSink sink = [&](std::string_view line) {
        logs_.write("migrate", line);
        last = line;
    };
    process::Spec spec{.argv = std::move(words), .environment = plan_.environment};
    spec.environment["ACME_NODE"] = "migrate";
    const auto exit = co_await process::run(std::move(spec), sink, migrate_time_max);
    if (exit && exit->is_clean()) {
        tell("migrations", "done in " + seconds_since(begun));
        co_return done;
    }
    co_return refuse(
        ErrorKind::unavailable,
        "local.migrations_failed",
        "The migrations failed: " + (exit ? exit->text() : std::string("they took too long")) +
            ". " + last
    );
}

void Supervisor::write_state() const {
    const boost::json::object state{
        {"pid", process::own_pid()},
        {"url", plan_.url},
        {"port", plan_.balancer.port},
        {"release", choice_.release},
        {"home", layout_.home},
        {"run", layout_.run},
        {"ready_at", to_rfc3339(around_.clock.now())},
    };
    write_private(layout_.state(), boost::json::serialize(state) + "\n");
}

Task<> Supervisor::announce() {
    say_("");
    say_("Dashboard   " + plan_.dashboard);
    if (options_.has_demo) co_await make_demo();
    co_await announce_link();
    const std::string tunnel = tunnel_line(around_.environment, plan_.balancer.port);
    if (!tunnel.empty()) say_("From afar   " + tunnel);
    say_("Logs        ./dev logs --follow");
    say_("Stop        Ctrl-C, or ./dev down");
}

/// What goes wrong with it is said and is no reason not to run.
Task<> Supervisor::make_demo() {
    std::string last = "no answer in time";
    const process::LineSink sink = [&last](std::string_view line) { last = line; };
    co_await process::run(
        {.argv = {program_.binary, "demo"}, .environment = plan_.environment}, sink, demo_time_max
    );
    say_("Demo        " + last);
}

/// A link of its own for as long as no administrator has found the way in: the first one may have
/// been lost with the terminal it stood in.
Task<> Supervisor::announce_link() {
    std::vector<std::string> lines;
    co_await process::run(
        {.argv = {program_.binary, "admin", "link", "--unless-used"},
         .environment = plan_.environment},
        [&lines](std::string_view line) { lines.emplace_back(line); },
        link_time_max
    );
    for (const std::string& line : lines) {
        const auto url = line.find("http");
        if (url == line.npos) continue;
        co_return say_("Sign in     " + line.substr(url) + "   (works once)");
    }
    say_("Sign in     ./dev acme admin link prints a link");
}

Task<> Supervisor::until_told() {
    while (!co_await told_.wait_for(housekeeping)) logs_.remove_old();
}

}  // namespace acme::local
