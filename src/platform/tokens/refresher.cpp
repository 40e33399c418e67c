#include "platform/tokens/refresher.hpp"

#include <algorithm>

namespace acme::tokens {

Task<Result<std::string>> Refresher::token(trace::Context context) {
    const SteadyTime asked = telemetry_.clock.steady();
    if (!token_.empty() && asked < refresh_at_) co_return token_;
    auto given = co_await ask_(context);
    if (given) {
        // 0 to 1, in as many steps as a double has.
        const double chance = static_cast<double>(telemetry_.random.number() >> 11U) * 0x1p-53;
        const double share = refresh_share + refresh_jitter * (2 * chance - 1);
        const std::chrono::duration<double> wait = given->life * share;
        token_ = std::move(given->token);
        refresh_at_ = asked + std::chrono::duration_cast<SteadyTime::duration>(wait);
        ends_at_ = asked + given->life;
        co_return token_;
    }
    telemetry_.log.warn("tokens.not_refreshed", {{"code", given.error().code.text()}});
    if (token_.empty() || asked >= ends_at_) co_return std::unexpected(std::move(given).error());
    refresh_at_ = std::min<SteadyTime>(asked + retry_pause, ends_at_);
    co_return token_;
}

std::chrono::milliseconds Refresher::idle() const {
    const auto left = refresh_at_ - telemetry_.clock.steady();
    return std::max(std::chrono::ceil<std::chrono::milliseconds>(left), {});
}

}  // namespace acme::tokens
