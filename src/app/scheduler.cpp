// acme scheduler: cron and periodic tasks; one leads, the others stand by.
#include "work/schedule/scheduler.hpp"

#include "app/operations.hpp"
#include "app/role.hpp"
#include "app/startup.hpp"

#include <boost/asio/post.hpp>

namespace acme::app {
namespace {

class SchedulerRole final : public Role {
public:
    SchedulerRole(Platform& platform, std::size_t index)
        : platform_(platform),
          scheduler_(
              platform.schedule, platform.db, platform.telemetry, {.name = platform.config.node}
          ) {
        if (index == 0) operations_.emplace(platform, "scheduler", readiness_, [] { return 0; });
    }

    void listen() override {
        if (operations_) operations_->listen();
    }

    void run() override { platform_.run(lead()); }

    bool is_unusable() const override { return readiness_.is_unusable(); }

    void stop() override {
        asio::post(platform_.loop, [this] {
            readiness_.drain();
            scheduler_.stop();
        });
    }

private:
    Task<> lead() {
        const auto executor = platform_.loop.get_executor();
        platform_.tasks.spawn(executor, "otlp", platform_.exporter.run());
        if (operations_) platform_.tasks.spawn(executor, "operations", operations_->run());
        co_await become_ready(platform_, readiness_);
        co_await scheduler_.run();
        if (operations_) co_await operations_->drain();
        co_await platform_.close();
    }

    Platform& platform_;
    schedule::Scheduler scheduler_;
    Readiness readiness_;
    std::optional<Operations> operations_;
};

}  // namespace

std::unique_ptr<Role> make_scheduler(Platform& platform, std::size_t index) {
    return std::make_unique<SchedulerRole>(platform, index);
}

}  // namespace acme::app
