#include "operate/load/load_cli.hpp"

#include "base/text.hpp"
#include "io/cli/commands.hpp"
#include "io/process/signals.hpp"

#include <boost/json/serialize.hpp>
#include <boost/url/parse.hpp>

#include <csignal>
#include <cstdio>
#include <unistd.h>

namespace acme::load {
namespace {

constexpr std::chrono::milliseconds progress_period{1'000};
constexpr std::chrono::milliseconds look_again{50};

std::optional<std::chrono::seconds> seconds_in(std::string_view text) {
    const auto unit = text.empty() ? '\0' : text.back();
    const auto number = parse_number<std::int64_t>(text.substr(0, text.size() - (unit != '\0')));
    if (!number || *number < 1 || *number > Options::time_max.count()) return std::nullopt;
    if (unit == 's') return std::chrono::seconds(*number);
    if (unit == 'm') return std::chrono::minutes(*number);
    return std::nullopt;
}

/// An address of this machine alone. A name is none, but for "localhost": who knows where it leads.
bool is_loopback(const boost::urls::url_view& url) {
    switch (url.host_type()) {
        case boost::urls::host_type::ipv4: return url.host_ipv4_address().is_loopback();
        case boost::urls::host_type::ipv6: return url.host_ipv6_address().is_loopback();
        case boost::urls::host_type::name: return url.host() == "localhost";
        default: return false;
    }
}

std::string problem_of_url(const std::string& text, bool may_leave) {
    const auto url = boost::urls::parse_uri(text);
    const bool is_http = url && (url->scheme() == "http" || url->scheme() == "https");
    if (!is_http || url->host().empty()) return "is like http://127.0.0.1:8080";
    const bool is_origin = url->path().size() < 2 && !url->has_query() && !url->has_userinfo();
    if (!is_origin) return "has no path, query or password: http://127.0.0.1:8080";
    if (may_leave || is_loopback(*url)) return "";
    return "is not of this machine: --anywhere sends load to machines that you may burden";
}

Result<Options> options_of(const cli::Call& call, const std::string& url) {
    Options options{.url = call.value("--url", url), .path = call.value("--path")};
    std::vector<FieldError> wrong;
    const auto add = [&](std::string name, std::string expected) {
        wrong.push_back({std::move(name), "load.option", std::move(expected)});
    };
    const auto rps = parse_number<std::int64_t>(call.value("--rps", "50"));
    options.rps = rps.value_or(0);
    if (options.rps < 1 || options.rps > Options::rps_max) add("--rps", "is 1 to 5000");
    const auto time = seconds_in(call.value("--for", "30s"));
    options.time = time.value_or(std::chrono::seconds(0));
    if (!time || *time > Options::time_max) add("--for", "is 1s to 60m: 90s, 5m");
    const std::string bad_url = problem_of_url(options.url, call.has("--anywhere"));
    if (!bad_url.empty()) add("--url", bad_url);
    if (call.has("--path") && !options.path.starts_with('/')) add("--path", "begins with /");
    if (wrong.empty()) return options;
    return std::unexpected(Error{
        .kind = ErrorKind::invalid,
        .code = "load.option",
        .message = "These options are wrong.",
        .fields = std::move(wrong),
    });
}

/// The line that a person watches; written over itself.
void show_progress(const Traffic& traffic) {
    const Tally& tally = traffic.tally();
    std::fprintf(
        stderr,
        "\r\033[K%5.0f s  %llu begun  %llu ended  %llu failed  %llu not sent  p99 %.1f ms  %zu in "
        "flight",
        static_cast<double>(traffic.ran_for().count()) / 1000,
        static_cast<unsigned long long>(tally.begun()),
        static_cast<unsigned long long>(tally.ended()),
        static_cast<unsigned long long>(tally.failed()),
        static_cast<unsigned long long>(tally.not_sent()),
        static_cast<double>(tally.latencies().quantile(0.99).count()) / 1000,
        traffic.in_flight()
    );
}

/// One run with what belongs to it: the signals that end it early, and the line that shows it.
class Session {
public:
    Session(const Executor& executor, Telemetry& telemetry, Traffic& traffic)
        : executor_(executor),
          signals_(executor, {SIGINT, SIGTERM}),
          tasks_(telemetry.log),
          traffic_(traffic) {}

    Task<Result<>> run(trace::Context context) {
        tasks_.spawn(executor_, "load.signals", obey());
        const bool is_watched = ::isatty(STDERR_FILENO) == 1;
        const auto prepared = co_await traffic_.prepare(context);
        if (prepared) {
            if (is_watched) tasks_.spawn(executor_, "load.progress", show());
            co_await traffic_.run();
        }
        has_ended_ = true;
        left_ = co_await traffic_.clean_up(context);
        signals_.cancel();
        co_await tasks_.join();
        if (is_watched) std::fputs("\r\033[K", stderr);
        co_return prepared;
    }

    const std::string& left() const { return left_; }

private:
    Task<> obey() {
        while (co_await signals_.next() != 0) traffic_.stop();
    }

    Task<> show() {
        auto waited = progress_period;
        while (!has_ended_) {
            co_await sleep_for(look_again);
            waited += look_again;
            if (waited < progress_period) continue;
            waited = look_again;
            show_progress(traffic_);
        }
    }

    Executor executor_;
    process::Signals signals_;
    TaskGroup tasks_;
    Traffic& traffic_;
    std::string left_;
    bool has_ended_ = false;
};

void print_report(
    const cli::Call& call, const Options& options, const Traffic& traffic, const std::string& left
) {
    const double seconds = static_cast<double>(traffic.ran_for().count()) / 1000;
    if (call.has("--json")) {
        boost::json::object report = traffic.tally().to_json();
        report["url"] = options.url;
        report["rps"] = options.rps;
        report["asked_seconds"] = options.time.count();
        report["seconds"] = seconds;
        report["ended_early"] = traffic.is_stopped();
        report["left_behind"] = left;
        return call.print(boost::json::serialize(report));
    }
    char head[80];
    std::snprintf(
        head,
        sizeof(head),
        " at %lld requests/s for %.1f s%s",
        static_cast<long long>(options.rps),
        seconds,
        traffic.is_stopped() ? ", ended early" : ""
    );
    call.print(options.url + head);
    for (const std::string& line : traffic.tally().table()) call.print(line);
    if (!left.empty()) call.print(left);
}

Task<Result<>> load(const cli::Call& call, const Parts& parts) {
    const Options options = ACME_TRY(options_of(call, parts.url));
    const Executor executor = co_await asio::this_coro::executor;
    Traffic traffic(parts.telemetry, options, parts.make_account, parts.make_crowd);
    Session session(executor, parts.telemetry, traffic);
    ACME_TRY(co_await session.run(call.context));
    print_report(call, options, traffic, session.left());
    const Tally& tally = traffic.tally();
    if (tally.failed() == 0 && tally.not_sent() == 0) co_return done;
    const std::string numbers = call.has("--json")
                                    ? ""
                                    : std::to_string(tally.failed()) + " of " +
                                          std::to_string(tally.ended()) + " requests failed, " +
                                          std::to_string(tally.not_sent()) + " were not sent.";
    co_return refuse(ErrorKind::conflict, "load.failures", numbers);
}

}  // namespace

void add_commands(cli::Commands& commands, Parts parts) {
    commands.add({
        .name = "load",
        .options =
            {
                {"--rps", "N", "requests a second (50)"},
                {"--for", "TIME", "how long (30s)"},
                {"--url", "URL", "what to visit (what `acme up` runs)"},
                {"--path", "PATH", "GET and POST only this, without an account"},
                {"--anywhere", "", "allow an address that is not of this machine"},
                {"--json", "", "the report as one JSON object"},
            },
        .about = "Visits the platform as its users do and counts what fails, by release.",
        .example = "acme load --rps 200 --for 2m",
        .run = [parts = std::move(parts)](const cli::Call& call) { return load(call, parts); },
        .needs_configuration = false,
    });
}

}  // namespace acme::load
