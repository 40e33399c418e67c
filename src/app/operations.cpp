#include "app/operations.hpp"

#include "io/http/json.hpp"
#include "io/telemetry/exposition.hpp"

#include <unistd.h>

namespace acme::app {
namespace {

constexpr std::chrono::milliseconds drain_max{1000};
constexpr std::chrono::milliseconds store_period{15'000};
constexpr std::chrono::milliseconds store_time_max{5'000};
constexpr std::chrono::milliseconds drained_time{10'000};  // in which the end comes, or was put off
constexpr int examinations_max = 3;  // that found a flaw: each of them sends a part

Task<Result<http::Response>> answer_alive() {
    co_return http::Response{.body = R"({"status":"alive"})"};
}

Task<Result<http::Response>> answer_ready(const Readiness& readiness) {
    if (readiness.is_ready()) co_return http::Response{.body = R"({"status":"ready"})"};
    co_return refuse(
        ErrorKind::unavailable,
        "app.not_ready",
        "This node takes no traffic: " + readiness.reason() + "."
    );
}

/// With `?names=a,b` only those, as plain text, for who asks often; and with `sum=routes` no more
/// than a screen of it.
Task<Result<http::Response>> answer_metrics(Platform& platform, const http::Call& call) {
    const auto names = call.request.query("names");
    if (names && call.request.query("sum") == "routes") {
        co_return http::Response{
            .body = platform.metrics.brief(*names),
            .content_type = std::string(exposition::content_type(exposition::Format::text)),
        };
    }
    if (names) {
        Scrape all = platform.metrics.scrape("", "");
        co_return http::Response{
            .body = exposition::keep(all.body, *names), .content_type = std::move(all.content_type)
        };
    }
    Scrape scrape = platform.metrics.scrape(
        call.request.header("Accept"), call.request.header("Accept-Encoding")
    );
    http::Response response{
        .body = std::move(scrape.body), .content_type = std::move(scrape.content_type)
    };
    if (!scrape.content_encoding.empty()) {
        response.headers.emplace_back("Content-Encoding", std::move(scrape.content_encoding));
    }
    co_return response;
}

Task<Result<http::Response>> answer_build(const Config& config, std::string_view role) {
    co_return http::json(
        200,
        {{"release", config.release},
         {"role", role},
         {"node", config.node},
         {"environment", config.environment},
         {"profile", config.profile}}
    );
}

Task<nodes::Health> look_at_redis(redis::Client& redis, trace::Context context) {
    const auto answer = co_await redis.run(context, {"PING"});
    co_return nodes::Health{answer.has_value(), answer ? "" : "no answer"};
}

/// `flaw` is what its examination found, "" for nothing so far.
Task<nodes::Health> look_at_store(objects::Store& store, std::string flaw, trace::Context context) {
    const Result<> result = co_await store.probe(context);
    const std::string wrong = result ? flaw : result.error().message;
    co_return nodes::Health{wrong.empty(), wrong};
}

nodes::Self self_of(const Platform& platform, std::string_view role) {
    return {
        .name = platform.config.node,
        .role = std::string(role),
        .release = platform.config.release,
        .address = platform.config.address,
        .pid = ::getpid(),
        .started_at = platform.clock.now(),
    };
}

/// What everybody needs; the object store is asked less often, since each look writes to it.
std::vector<nodes::Probe> probes_of(Platform& platform, const std::string& store_flaw) {
    const auto redis = [&platform](trace::Context context) {
        return look_at_redis(platform.redis, context);
    };
    const auto store = [&platform, &store_flaw](trace::Context context) {
        return look_at_store(*platform.store, store_flaw, context);
    };
    std::vector<nodes::Probe> probes;
    probes.push_back({"PostgreSQL", "postgresql", nodes::look_at(platform.db)});
    probes.push_back({"Redis", "redis", redis});
    probes.push_back({"Object storage", "objects", store, store_period, store_time_max});
    return probes;
}

void add(
    http::Router& router,
    std::string_view pattern,
    std::string_view summary,
    http::Handler handler,
    http::Method method = http::Method::get
) {
    router.add({
        .method = method,
        .pattern = pattern,
        .access = http::Access::anyone(),
        .body_bytes_max = http::no_body,
        .doc = {.summary = summary},
        .handler = std::move(handler),
        .is_operations = true,
    });
}

}  // namespace

void add_health_routes(http::Router& router, const Readiness& readiness) {
    add(router, "/healthz", "Tells that the process is alive.", [](auto&) { return answer_alive(); }
    );
    add(router, "/readyz", "Tells whether this node may take traffic.", [&readiness](auto&) {
        return answer_ready(readiness);
    });
}

Operations::Operations(
    Platform& platform, std::string_view role, Readiness& readiness, InFlight in_flight
)
    : platform_(platform),
      heartbeat_(
          self_of(platform, role),
          platform.nodes,
          platform.telemetry,
          probes_of(platform, store_flaw_),
          std::move(in_flight)
      ),
      log_level_(platform.log_levels, platform.telemetry),
      router_(nullptr),
      service_(
          router_,
          platform.telemetry,
          [](trace::Trace&) {},
          {.keep_share = 0, .logs_requests = false}
      ),
      server_(service_, platform.telemetry) {
    readiness.listen([this](std::string_view state) { heartbeat_.set_state(state); });
    platform.metrics.describe_build(platform.config.release, std::string(role));
    add_health_routes(router_, readiness);
    add(router_, "/metrics", "Shows the metrics.", [&platform](const http::Call& call) {
        return answer_metrics(platform, call);
    });
    add(router_, "/buildinfo", "Tells what runs here.", [&platform, role](auto&) {
        return answer_build(platform.config, role);
    });
    const std::string_view drained = "Tells that the balancer sends nothing here any more.";
    add(router_, "/drained", drained, [this](auto&) { return take_drained(); }, http::Method::post);
}

Task<Result<http::Response>> Operations::take_drained() {
    drained_until_ = platform_.clock.steady() + drained_time;
    co_return http::Response{.body = R"({"status":"drained"})"};
}

void Operations::listen() {
    const auto port = static_cast<std::uint16_t>(platform_.config.metrics_port);
    server_.listen(platform_.loop.get_executor(), platform_.config.address, port);
}

Task<> Operations::run() {
    const auto executor = platform_.loop.get_executor();
    platform_.tasks.spawn(executor, "heartbeat", heartbeat_.run());
    platform_.tasks.spawn(executor, "log_level", log_level_.run());
    platform_.tasks.spawn(executor, "store.examine", examine_store());
    return server_.serve();
}

/// Beside the start, which does not wait for it: files are refused one by one while the store is
/// away, and the rest goes on (STOR-2). One that is away is examined when it is back.
Task<> Operations::examine_store() {
    while (!is_draining_) {
        trace::Trace trace(platform_.clock, platform_.random);
        const auto context = trace.begin(std::nullopt, 0);
        const Result<> alive = co_await platform_.store->probe(context);
        if (alive) {
            const Result<> found = co_await platform_.store->examine(context);
            store_flaw_ = found ? "" : found.error().message;
            if (found) co_return platform_.log.info("objects.examined");
            platform_.log.error("objects.unsound", {{"reason", store_flaw_}});
        }
        co_await pausing_.wait(store_period);
        if (alive && ++examinations_ == examinations_max) co_return;
    }
}

Task<> Operations::drain() {
    is_draining_ = true;
    while (!pausing_.empty()) pausing_.give(true);
    heartbeat_.stop();
    log_level_.stop();
    return server_.drain(drain_max);
}

}  // namespace acme::app
