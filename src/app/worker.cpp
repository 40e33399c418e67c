// acme worker: takes background jobs.
#include "work/jobs/worker.hpp"

#include "app/operations.hpp"
#include "app/role.hpp"
#include "app/startup.hpp"
#include "io/pg/listener.hpp"
#include "platform/webhooks/sender.hpp"

#include <boost/asio/post.hpp>

#include <csignal>
#include <unistd.h>

namespace acme::app {
namespace {

jobs::WorkerOptions options_of(Platform& platform, std::function<void()> at_work) {
    return {
        .slots = static_cast<std::size_t>(platform.config.worker_concurrency),
        .name = platform.config.node,
        .release = platform.config.release,
        .drain_time_max = std::chrono::seconds(platform.config.job_drain_timeout_seconds),
        .keep_share = trace_share_of(platform.config),
        .keep = [&platform](trace::Trace& trace) { platform.keep(trace); },
        .at_work = std::move(at_work),
        .worn_out = [] { ::kill(::getpid(), SIGTERM); },  // whoever keeps it starts another
    };
}

/// All threads of the process hold so many lanes together as one alone would.
webhooks::SenderOptions sender_options(Platform& platform) {
    webhooks::SenderOptions options;
    options.lanes_max = static_cast<int>(share_of(options.lanes_max, platform.config.threads));
    options.struck_lanes_max =
        static_cast<int>(share_of(options.struck_lanes_max, platform.config.threads));
    options.keep_share = trace_share_of(platform.config);
    options.keep = [&platform](trace::Trace& trace) { platform.keep(trace); };
    return options;
}

class WorkerRole final : public Role {
public:
    WorkerRole(Platform& platform, std::size_t index)
        : platform_(platform),
          worker_(
              platform.jobs,
              platform.db,
              platform.telemetry,
              options_of(platform, [this] { be_at_work(); })
          ),
          listener_(
              {.conninfo = platform.config.database_url.clone()},
              jobs::wake_channel,
              [this](std::string_view news) { worker_.hear(news); },
              platform.telemetry
          ),
          sender_(platform.lanes, platform.outgoing, platform.telemetry, sender_options(platform)) {
        if (index == 0)
            operations_.emplace(platform, "worker", readiness_, [this] {
                return static_cast<std::int64_t>(worker_.running());
            });
    }

    void listen() override {
        if (operations_) operations_->listen();
    }

    void run() override { platform_.run(work()); }

    bool is_unusable() const override { return readiness_.is_unusable(); }

    bool is_hung() const override { return worker_.abandoned() > 0; }

    bool is_drained() const override { return false; }  // no balancer leads here

    void stop(std::chrono::milliseconds) override {
        asio::post(platform_.loop, [this] {
            readiness_.drain();
            worker_.stop();
            sender_.stop();
            platform_.limit_end([this] { return worker_.running() > 0 || sender_.running() > 0; });
        });
    }

private:
    /// Only now is it one that others can leave their jobs to (COMP-6).
    void be_at_work() {
        if (readiness_.is_ready() || readiness_.is_draining()) return;
        readiness_.become_ready();
        platform_.log.info("ready");
    }

    Task<> work() {
        const auto executor = platform_.loop.get_executor();
        platform_.spawn_exports();
        if (operations_) platform_.feed_flags();
        if (operations_) platform_.tasks.spawn(executor, "operations", operations_->run());
        limit_wait(platform_, readiness_);
        if (co_await until_usable(platform_, readiness_)) {
            readiness_.explain("it has not asked for its first jobs yet");
        }
        platform_.tasks.spawn(executor, "webhooks", sender_.run());
        platform_.tasks.spawn(executor, "jobs.listen", listener_.run());
        co_await worker_.run();
        listener_.stop();
        if (operations_) co_await operations_->drain();
        co_await platform_.close();
        if (is_hung()) platform_.loop.stop();
    }

    Platform& platform_;
    Readiness readiness_;
    jobs::Worker worker_;
    pg::Listener listener_;
    webhooks::Sender sender_;
    std::optional<Operations> operations_;
};

}  // namespace

std::unique_ptr<Role> make_worker(Platform& platform, std::size_t index) {
    return std::make_unique<WorkerRole>(platform, index);
}

}  // namespace acme::app
