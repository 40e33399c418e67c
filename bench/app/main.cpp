// An application of three routes, as its maker would write it: what benchmarks ask, with log,
// metrics and traces as `acme serve` has them. Its configuration is the product's. Ended by
// SIGTERM.
#include "app/config.hpp"
#include "app/config_docs.hpp"
#include "app/platform.hpp"
#include "base/text.hpp"
#include "io/http/json.hpp"
#include "io/http/server.hpp"

#include <csignal>
#include <cstdio>
#include <unistd.h>

namespace {

using namespace acme;
using http::Call;
using http::Response;

constexpr pg::Query find_row{
    "bench.find", "SELECT id, title, made_at FROM bench_rows WHERE id = $1"
};

Task<Result<Response>> greet() { co_return Response{.body = R"({"hello":"world"})"}; }

Task<Result<Response>> find(pg::Database& db, const Call& call) {
    const auto id = parse_number<std::int64_t>(call.params[0]);
    if (!id) co_return refuse(ErrorKind::invalid, "bench.id", "This is no number.");
    const pg::Rows rows = co_await db.run(call.context, find_row, *id);
    if (rows.empty()) co_return refuse(ErrorKind::not_found, "bench.none", "There is no such row.");
    pg::Row row = rows[0];
    boost::json::object body;
    body["id"] = row.integer();
    body["title"] = row.text();
    body["made_at"] = to_rfc3339(row.time());
    co_return http::json(200, body);
}

http::Route route(std::string_view pattern, http::Access access, http::Handler handler) {
    return {
        .method = http::Method::get,
        .pattern = pattern,
        .access = access,
        .body_bytes_max = http::no_body,
        .doc = {.summary = "Is measured."},
        .handler = std::move(handler),
        .is_metered = access.needs_identity(),
    };
}

void add_routes(http::Router& router, app::Platform& platform) {
    const auto row = [&](const Call& call) { return find(platform.db, call); };
    router.add(route("/hello", http::Access::anyone(), [](const Call&) { return greet(); }));
    router.add(route("/rows/{id}", http::Access::anyone(), row));
    router.add(route("/my/rows/{id}", http::Access::org(OrgRole::member), row));
}

Task<> serve(app::Platform& platform, http::Server& server) {
    const auto executor = platform.loop.get_executor();
    platform.tasks.spawn(executor, "otlp", platform.exporter.run());
    platform.tasks.spawn(executor, "sessions", platform.sessions.watch());
    co_await server.serve();
    platform.sessions.stop();
}

int run() {
    std::signal(SIGPIPE, SIG_IGN);
    const app::Reading reading = app::read_config(app::process_environment());
    for (const std::string& line : app::report(reading.problems)) {
        std::fprintf(stderr, "%s\n", line.c_str());
    }
    if (!reading.problems.empty()) return 78;
    Metrics metrics;
    LogPipe pipe(STDOUT_FILENO);
    const SystemClock clock;
    flag_feed::Ground flags(metrics, clock, false, reading.config.environment);
    app::Platform platform(reading.config, metrics, pipe, flags);
    http::Router router(http::Admit([&](const http::Arrival& arrival) {
        return platform.sessions.admit(arrival);
    }));
    add_routes(router, platform);
    http::Service service(
        router,
        platform.telemetry,
        [&](trace::Trace& trace) { platform.exporter.keep(trace); },
        {.keep_share = 0, .release = reading.config.release}
    );
    http::Server server(service, platform.telemetry);
    const auto port = static_cast<std::uint16_t>(reading.config.port);
    server.listen(platform.loop.get_executor(), reading.config.address, port);
    platform.run(serve(platform, server));
    return 0;
}

}  // namespace

int main() {
    try {
        return run();
    } catch (const std::exception& fault) {
        std::fprintf(stderr, "bench: %s\n", fault.what());
    }
    std::_Exit(70);
}
