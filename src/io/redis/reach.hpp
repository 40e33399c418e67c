#pragma once

/// How one server is reached: at its address, or where the sentinels say, with TLS or without.
/// Private to io/redis.

#include "io/redis/sentinels.hpp"

namespace acme::redis {

class Reach {
public:
    /// Throws std::invalid_argument for a URL that parse_url() refuses. `telemetry` outlives the
    /// lines.
    Reach(const Options& options, Telemetry& telemetry);

    /// A connection that is being made.
    std::shared_ptr<Line> connect(
        const Executor& executor, std::chrono::milliseconds deadline, Line::Heard heard = nullptr
    ) const;

private:
    Telemetry& telemetry_;
    std::shared_ptr<tls::Context> security_;  // null without TLS
    std::shared_ptr<const Address> address_;  // one of the two
    std::shared_ptr<Sentinels> sentinels_;
};

}  // namespace acme::redis
