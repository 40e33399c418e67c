#include "app/operations.hpp"

#include "io/http/json.hpp"

namespace acme::app {
namespace {

constexpr std::chrono::milliseconds drain_max{1000};

Task<Result<http::Response>> answer_alive() {
    co_return http::Response{.body = R"({"status":"alive"})"};
}

Task<Result<http::Response>> answer_ready(const Readiness& readiness) {
    if (readiness.is_ready) co_return http::Response{.body = R"({"status":"ready"})"};
    co_return refuse(
        ErrorKind::unavailable,
        "app.not_ready",
        "This node takes no traffic: " + readiness.reason + "."
    );
}

Task<Result<http::Response>> answer_metrics(const Metrics& metrics) {
    co_return http::Response{
        .body = metrics.text(), .content_type = "text/plain; version=0.0.4; charset=utf-8"
    };
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

void add(
    http::Router& router, std::string_view pattern, std::string_view summary, http::Handler handler
) {
    router.add({
        .method = http::Method::get,
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

Operations::Operations(Platform& platform, std::string_view role, const Readiness& readiness)
    : platform_(platform),
      router_(nullptr),
      service_(
          router_,
          platform.telemetry,
          [](trace::Trace&) {},
          {.keep_share = 0, .logs_requests = false}
      ),
      server_(service_, platform.telemetry) {
    add_health_routes(router_, readiness);
    add(router_, "/metrics", "Shows the metrics.", [&platform](auto&) {
        return answer_metrics(platform.metrics);
    });
    add(router_, "/buildinfo", "Tells what runs here.", [&platform, role](auto&) {
        return answer_build(platform.config, role);
    });
}

void Operations::listen() {
    const auto port = static_cast<std::uint16_t>(platform_.config.metrics_port);
    server_.listen(platform_.loop.get_executor(), platform_.config.address, port);
}

Task<> Operations::drain() { return server_.drain(drain_max); }

}  // namespace acme::app
