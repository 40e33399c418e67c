#include "io/loop/log_turns.hpp"

#include <boost/asio/steady_timer.hpp>

#include <memory>

namespace acme {
namespace {

using Timer = asio::basic_waitable_timer<
    std::chrono::steady_clock,
    asio::wait_traits<std::chrono::steady_clock>,
    Executor>;

void flush_in(Loop& loop, Log& log, std::chrono::milliseconds delay) {
    const auto timer = std::make_shared<Timer>(loop.get_executor(), delay);
    timer->async_wait([timer, &log](const boost::system::error_code&) { log.flush(); });
}

}  // namespace

void write_log_by_turns(Loop& loop, Telemetry& telemetry) {
    Log& log = telemetry.log;
    log.collect(telemetry.metrics, [&loop, &log](std::chrono::milliseconds delay) {
        // What is posted runs behind everything that is ready now.
        if (delay.count() == 0)
            asio::post(loop, [&log] { log.flush(); });
        else
            flush_in(loop, log, delay);
    });
}

}  // namespace acme
