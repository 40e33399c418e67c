#include "operate/deploy/hold.hpp"

#include <algorithm>

namespace acme::deploy {
namespace {

constexpr std::chrono::milliseconds look_again{100};

}  // namespace

Task<Result<>> Hold::take(Claim claim) {
    const SteadyTime asked = telemetry_.clock.steady();
    const Fence taken = ACME_TRY(co_await driver_.take(holder_, hold_time, claim));
    if (fence_.number != 0 && fence_.number != taken.number) {
        // Somebody took them and gave them back. What he did is not ours to go on with.
        is_lost_ = true;
        co_await driver_.give_back(taken);
        co_return refuse(
            ErrorKind::conflict, "engine.fenced", "Somebody else had the machines meanwhile."
        );
    }
    fence_ = taken;
    claim_ = claim;
    renewed_ = std::max(renewed_, asked);
    co_return done;
}

Task<> Hold::renew(std::shared_ptr<Hold> hold) {
    const Clock& clock = hold->telemetry_.clock;
    while (!hold->is_over_ && !hold->is_lost()) {
        co_await sleep_for(look_again);
        if (hold->is_over_ || hold->is_lost()) continue;
        if (clock.steady() - hold->renewed_ < renew_period) continue;
        const auto renewed = co_await hold->take(hold->claim_);
        if (!renewed && renewed.error().code == ErrorCode("engine.held")) hold->lose();
    }
}

Task<> Hold::let_go() {
    is_over_ = true;
    if (is_lost()) co_return;  // there is nothing to give, and perhaps nobody who would answer
    const auto given = co_await driver_.give_back(fence_);
    if (!given) telemetry_.log.warn("deploy.give_back", {{"reason", given.error().message}});
}

}  // namespace acme::deploy
