#pragma once

/// Keeps a token fresh for a program that calls with it (SEC-7): asks for the next one when four
/// fifths of the life are over, and goes on with the present one until its end if none is given.

#include "base/result.hpp"
#include "base/task.hpp"
#include "io/telemetry/telemetry.hpp"

#include <functional>
#include <string>

namespace acme::tokens {

inline constexpr double refresh_share = 0.8;    // of the life, and as much more or less as
inline constexpr double refresh_jitter = 0.05;  // so that not all ask at once
inline constexpr std::chrono::seconds retry_pause{30};

struct Given {
    std::string token;
    std::chrono::seconds life{0};
};

class Refresher {
public:
    /// Asks for one. Errors: what whoever gives them says.
    using Ask = std::function<Task<Result<Given>>(trace::Context)>;

    /// `telemetry` outlives it, and so does what `ask` refers to.
    Refresher(Ask ask, Telemetry& telemetry) : ask_(std::move(ask)), telemetry_(telemetry) {}

    /// One that is good now. Errors: those of `ask`, once there is none any more that is good.
    Task<Result<std::string>> token(trace::Context context);

    /// How long there is nothing to do: token() asks for another one after that.
    std::chrono::milliseconds idle() const;

private:
    Ask ask_;
    Telemetry& telemetry_;
    std::string token_;
    SteadyTime refresh_at_{};
    SteadyTime ends_at_{};
};

}  // namespace acme::tokens
