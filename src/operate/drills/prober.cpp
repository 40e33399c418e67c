#include "operate/drills/prober.hpp"

#include "io/loop/loop.hpp"

namespace acme::drills {
namespace {

constexpr std::chrono::milliseconds look_again{20};

/// A node answers it while it drains, too: who asks for it is a reader like any other.
constexpr const char* path = "/healthz";

}  // namespace

Prober::Run::Run(Telemetry& telemetry, std::string url)
    : traffic(
          telemetry,
          {.url = std::move(url), .rps = rps, .time = time_max, .path = path, .only_reads = true},
          nullptr
      ) {}

Prober::Prober(Telemetry& telemetry, TaskGroup& tasks, std::string url)
    : tasks_(tasks), run_(std::make_shared<Run>(telemetry, std::move(url))) {}

Prober::~Prober() { run_->traffic.stop(); }

Task<> Prober::read(std::shared_ptr<Run> run) {
    co_await run->traffic.run();
    run->is_over = true;
}

Task<> Prober::begin() {
    tasks_.spawn(co_await asio::this_coro::executor, "drills.prober", read(run_));
}

Task<changes::Expectation> Prober::end() {
    run_->traffic.stop();
    while (!run_->is_over) co_await sleep_for(look_again);
    const load::Tally& tally = run_->traffic.tally();
    std::string found =
        std::to_string(tally.failed()) + " of " + std::to_string(tally.ended()) + " failed";
    const std::string failures = tally.failures();
    if (!failures.empty()) found += ": " + failures;
    if (tally.not_sent() > 0) found += "; " + std::to_string(tally.not_sent()) + " were not sent";
    const bool is_met = tally.ended() > 0 && tally.failed() == 0 && tally.not_sent() == 0;
    co_return changes::Expectation{
        .what = std::string(sentence), .found = std::move(found), .is_met = is_met
    };
}

}  // namespace acme::drills
