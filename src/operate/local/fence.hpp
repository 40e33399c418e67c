#pragma once

/// Who may change what runs here: one at a time, for a time, under a number that only grows.

#include "base/clock.hpp"
#include "base/result.hpp"
#include "operate/deploy/driver.hpp"

#include <string>

namespace acme::local {

/// Number, holder and time are in a file before they are given out, so that no number is given
/// twice, whatever dies when. After a restart the holder has his whole time again: how much of it
/// had passed is not known.
class Fences {
public:
    static constexpr std::chrono::milliseconds time_most{std::chrono::hours(1)};
    static constexpr std::size_t holder_bytes_max = 200;

    /// Throws std::runtime_error for a file that nobody here wrote.
    Fences(const Clock& clock, std::string path);

    /// See deploy::Driver. Errors: engine.held; engine.malformed (invalid) for a holder
    /// without a name and for a time that is none or above time_most. Throws std::system_error when
    /// it cannot be written down; then nothing has changed.
    Result<deploy::Fence> take(
        const std::string& holder, std::chrono::milliseconds time_max, deploy::Claim claim
    );
    deploy::Fence held() const;

    /// Does nothing for a fence that is not the present one.
    void give_back(const deploy::Fence& fence);

    /// Errors: engine.fenced, unless the fence is the last that was given out. One whose time is
    /// over is good until somebody else takes the machines.
    Result<> check(const deploy::Fence& fence) const;

    /// Nobody has taken the machines since, though they may have been given back.
    bool is_latest(const deploy::Fence& fence) const { return fence.number == fence_.number; }

private:
    void write(const deploy::Fence& fence, std::chrono::milliseconds time_max, deploy::Claim claim);
    bool is_held() const { return !fence_.holder.empty() && clock_.steady() < until_; }

    const Clock& clock_;
    std::string path_;
    deploy::Fence fence_;  // no holder: it was given back
    deploy::Claim claim_ = deploy::Claim::watch;
    SteadyTime until_{};
};

}  // namespace acme::local
