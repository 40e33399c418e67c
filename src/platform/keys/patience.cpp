#include "platform/keys/patience.hpp"

#include "io/pg/database.hpp"

namespace acme::keys {

Task<> Patience::run(std::string name, Work work) {
    const SteadyTime now = telemetry_.clock.steady();
    std::shared_ptr<Running>& place = running_[name];
    const bool is_new = place == nullptr;
    if (is_new) place = std::make_shared<Running>(now);
    const auto running = place;
    if (is_new) {
        const auto executor = co_await asio::this_coro::executor;
        tasks_.spawn(executor, "keys.patience", do_work(std::move(name), std::move(work)));
    }
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(wait_max - (now - running->began));
    if (running->is_done || left.count() <= 0) co_return;
    (void)co_await running->waiting.wait(left);
}

Task<> Patience::do_work(std::string name, Work work) {
    trace::Trace trace(telemetry_.clock, telemetry_.random);
    try {
        co_await work(trace.begin(std::nullopt, 0));
    } catch (const pg::Unreachable&) {
        // Whoever waits goes on with what was known.
    } catch (const std::exception& thrown) {
        telemetry_.log.error("keys.read_failed", {{"reason", thrown.what()}});
    }
    const auto running = running_.extract(name).mapped();
    running->is_done = true;
    while (!running->waiting.empty()) running->waiting.give(true);
}

}  // namespace acme::keys
