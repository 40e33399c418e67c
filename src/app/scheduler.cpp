// acme scheduler: cron and periodic tasks; one leads, the others stand by.
#include "work/schedule/scheduler.hpp"

#include "app/deploy_parts.hpp"
#include "app/operations.hpp"
#include "app/role.hpp"
#include "app/startup.hpp"
#include "operate/deploy/deploy_metrics.hpp"
#include "operate/deploy/takeover.hpp"

#include <boost/asio/post.hpp>

#include <csignal>
#include <unistd.h>

namespace acme::app {
namespace {

class SchedulerRole final : public Role {
public:
    SchedulerRole(Platform& platform, std::size_t index)
        : platform_(platform),
          scheduler_(
              platform.schedule,
              platform.db,
              platform.telemetry,
              {.name = platform.config.node,
               // What was read of zones is kept, so another process has to read them; whoever keeps
               // this one starts it.
               .outdated = [] { ::kill(::getpid(), SIGTERM); }}
          ) {
        if (index > 0) return;
        takeover_.emplace(deploy_parts(platform), platform.config.node);
        deploy_metrics_.emplace(deploy::DeployMetrics::Parts{
            platform.db,
            platform.telemetry,
            deploy_parts(platform).find_ground,
            platform.config.environment
        });
        operations_.emplace(platform, "scheduler", readiness_, [] { return 0; });
        operations_->set_lead([this] { return scheduler_.is_leader(); });
    }

    void listen() override {
        if (operations_) operations_->listen();
    }

    void run() override { platform_.run(lead()); }

    bool is_unusable() const override { return readiness_.is_unusable(); }

    bool is_drained() const override { return false; }  // no balancer leads here

    void stop(std::chrono::milliseconds) override {
        asio::post(platform_.loop, [this] {
            readiness_.drain();
            if (takeover_) takeover_->stop();
            if (deploy_metrics_) deploy_metrics_->stop();
            scheduler_.stop();
            platform_.limit_end([] { return false; });
        });
    }

private:
    Task<> lead() {
        const auto executor = platform_.loop.get_executor();
        platform_.spawn_exports();
        if (operations_) platform_.feed_flags();
        if (operations_) platform_.tasks.spawn(executor, "operations", operations_->run());
        limit_wait(platform_, readiness_);
        co_await become_ready(platform_, readiness_);
        if (takeover_) platform_.tasks.spawn(executor, "takeover", takeover_->run());
        if (deploy_metrics_) {
            platform_.tasks.spawn(executor, "deploy.metrics", deploy_metrics_->run());
        }
        co_await scheduler_.run();
        if (operations_) co_await operations_->drain();
        co_await platform_.close();
    }

    Platform& platform_;
    schedule::Scheduler scheduler_;
    Readiness readiness_;
    std::optional<Operations> operations_;
    std::optional<deploy::DeployMetrics> deploy_metrics_;
    std::optional<deploy::Takeover> takeover_;  // of one thread: one controller a process
};

}  // namespace

std::unique_ptr<Role> make_scheduler(Platform& platform, std::size_t index) {
    return std::make_unique<SchedulerRole>(platform, index);
}

}  // namespace acme::app
