#pragma once

/// The machines are ours while we renew that.

#include "io/loop/loop.hpp"
#include "io/telemetry/telemetry.hpp"
#include "operate/deploy/driver.hpp"

#include <memory>

namespace acme::deploy {

inline constexpr std::chrono::milliseconds hold_time{15'000};
inline constexpr std::chrono::milliseconds renew_period{3'000};

class Hold {
public:
    Hold(Driver& driver, Telemetry& telemetry, std::string holder)
        : driver_(driver), telemetry_(telemetry), holder_(std::move(holder)) {}

    /// Again with another claim, it is held for that from now on. Errors: those of Driver::take();
    /// engine.fenced, when somebody had the machines meanwhile, also if they are free now.
    Task<Result<>> take(Claim claim);

    /// Renews until let_go(), forget() or the loss. Spawn it once, after take().
    static Task<> renew(std::shared_ptr<Hold> hold);

    /// Ends renew() and gives the machines back, unless they are lost.
    Task<> let_go();

    /// Ends renew(); the machines are free when the time is up.
    void forget() { is_over_ = true; }

    Fence fence() const { return fence_; }

    /// Somebody else has the machines, or may have them: nobody could be asked for the whole time.
    /// A process that was stopped and goes on knows it at once, before it touches anything.
    bool is_lost() const { return is_lost_ || telemetry_.clock.steady() - renewed_ > hold_time; }

    /// A machine said so.
    void lose() { is_lost_ = true; }

    /// It was said, and is no mere silence.
    bool is_taken() const { return is_lost_; }

private:
    Driver& driver_;
    Telemetry& telemetry_;
    std::string holder_;
    Claim claim_ = Claim::watch;
    Fence fence_;
    SteadyTime renewed_{};
    bool is_lost_ = false;
    bool is_over_ = false;
};

}  // namespace acme::deploy
