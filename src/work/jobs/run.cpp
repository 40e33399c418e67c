#include "work/jobs/run.hpp"

#include <stdexcept>

namespace acme::jobs {

Task<> Run::progress(double percent, std::string note, std::string data) {
    const SteadyTime now = telemetry_.clock.steady();
    if (noted_ && now - *noted_ < progress_pause) co_return;
    noted_ = now;
    try {
        co_await table_.note_progress(
            context_, job_, std::clamp(percent, 0.0, 100.0), std::move(note), std::move(data)
        );
    } catch (const pg::Fault& fault) {
        telemetry_.log.write(LogLevel::warn, "job.progress", context_, {{"reason", fault.what()}});
    }
}

void Run::output(std::string json) {
    if (json.size() > output_bytes_max) {
        throw std::length_error("the output of " + job_.kind + " is larger than 64 KiB");
    }
    output_ = std::move(json);
}

Task<bool> Run::complete(pg::Transaction& transaction) {
    is_complete_ =
        co_await table_.settle_in(transaction, context_, {.job = job_, .output = output_});
    co_return is_complete_;
}

}  // namespace acme::jobs
