// acme serve: an application node, with the API and the dashboard.
#include "app/dashboard.hpp"
#include "app/lists.hpp"
#include "app/operations.hpp"
#include "app/role.hpp"
#include "app/startup.hpp"
#include "platform/ofrep/ofrep_http.hpp"

#include <boost/asio/post.hpp>

namespace acme::app {
namespace {

constexpr std::chrono::milliseconds census_period{1'000};

class Serve final : public Role {
public:
    Serve(Platform& platform, std::size_t index)
        : platform_(platform),
          router_(http::Admit([&platform](const http::Arrival& arrival) {
              const bool asks = arrival.route.access.needs_identity();
              if (asks && keys::Keys::has_key(arrival.request)) return platform.keys.admit(arrival);
              if (asks && tokens::Tokens::has_token(arrival.request))
                  return platform.tokens.admit(arrival);
              return platform.sessions.admit(arrival);
          })),
          service_(
              router_,
              platform.telemetry,
              [this](trace::Trace& trace) { platform_.keep(trace); },
              {.keep_share = trace_share_of(platform.config),
               .error_status_min = static_cast<int>(platform.config.trace_error_status_min),
               .in_flight_max = share_of(platform.config.in_flight_max, platform.config.threads),
               .release = platform.config.release,
               .internal_peers = platform.trusted_proxies,
               .unknown = [](const http::Call& call) { return answer_unknown(call); },
               .reword = ofrep::add_ofrep_words}
          ),
          server_(service_, platform.telemetry) {
        add_routes(router_, platform);
        add_dashboard(router_, platform.assets);
        add_health_routes(router_, readiness_);
        if (index == 0)
            operations_.emplace(platform, "serve", readiness_, [this] {
                return service_.in_flight();
            });
    }

    void listen() override {
        const auto port = static_cast<std::uint16_t>(platform_.config.port);
        server_.listen(platform_.loop.get_executor(), platform_.config.address, port);
        if (operations_) operations_->listen();
    }

    void run() override { platform_.run(serve()); }

    bool is_unusable() const override { return readiness_.is_unusable(); }

    bool is_drained() const override { return operations_ && operations_->is_drained(); }

    void stop(std::chrono::milliseconds delay) override {
        asio::post(platform_.loop, [this, delay] {
            readiness_.drain();
            while (!census_.empty()) census_.give(true);
            platform_.tasks.spawn(platform_.loop.get_executor(), "drain", drain(delay));
        });
    }

private:
    Task<> serve() {
        const auto executor = platform_.loop.get_executor();
        platform_.spawn_exports();
        if (operations_) platform_.feed_flags();
        platform_.tasks.spawn(executor, "startup", start());
        platform_.tasks.spawn(executor, "sessions", platform_.sessions.watch());
        platform_.tasks.spawn(executor, "census", take_census());
        if (operations_) platform_.tasks.spawn(executor, "operations", operations_->run());
        co_await server_.serve();
        platform_.sessions.stop();
        if (operations_) co_await operations_->drain();
        co_await platform_.close();
    }

    Task<> start() {
        limit_wait(platform_, readiness_);
        if (!co_await keep_assets(platform_)) {
            const auto executor = platform_.loop.get_executor();
            platform_.tasks.spawn(executor, "assets", keep_assets_later(platform_, readiness_));
        }
        co_await become_ready(platform_, readiness_);
    }

    /// Among how many nodes a quota is divided while Redis is silent. As long as PostgreSQL is, it
    /// stays what it was.
    Task<> take_census() {
        while (!readiness_.is_draining()) {
            trace::Trace trace(platform_.clock, platform_.random);
            const auto context = trace.begin(std::nullopt, 0);
            try {
                platform_.limits.set_nodes(co_await platform_.nodes.count_live(context, "serve"));
            } catch (const pg::Fault&) {
                // Which the heartbeat tells of.
            }
            co_await census_.wait(census_period);
        }
    }

    /// The balancer is told first and given time to look; only then does the port close. One that
    /// is known to send nothing here any more needs no time.
    Task<> drain(std::chrono::milliseconds delay) {
        if (operations_) platform_.log.info("drains", {{"delay_ms", delay.count()}});
        if (delay.count() > 0) co_await sleep_for(delay);
        platform_.end_flag_streams();
        co_await server_.drain(std::chrono::seconds(platform_.config.drain_timeout_seconds));
        platform_.limit_end([this] { return service_.in_flight() > 0; });
    }

    Platform& platform_;
    Readiness readiness_;
    http::Router router_;
    http::Service service_;
    http::Server server_;
    std::optional<Operations> operations_;
    Line<bool> census_;
};

}  // namespace

std::unique_ptr<Role> make_serve(Platform& platform, std::size_t index) {
    return std::make_unique<Serve>(platform, index);
}

}  // namespace acme::app
