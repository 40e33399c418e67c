#pragma once

/// Finds the master of a service that Redis Sentinel watches. Private to io/redis.
///
/// Asked before each connection, so a failover is followed by connecting again. Source: "Guidelines
/// for Redis clients with support for Redis Sentinel": sentinels are asked one after another, the
/// one that answered first the next time, and the server has to confirm that it is the master
/// (Line does that).

#include "io/redis/line.hpp"

#include <optional>

namespace acme::redis {

class Sentinels {
public:
    /// Of one sentinel: to connect and to answer.
    static constexpr std::chrono::milliseconds answer_time_max{200};

    /// `place` has sentinels; `security` and `telemetry` as a Line has them.
    Sentinels(Place place, std::shared_ptr<tls::Context> security, Telemetry& telemetry);

    /// Where the master is now; null when no sentinel answers, or none knows the service. `self` is
    /// held for as long as it takes, which is answer_time_max for each sentinel.
    static Task<std::shared_ptr<const Address>> find_master(std::shared_ptr<Sentinels> self);

private:
    Task<std::shared_ptr<const Address>> ask(std::shared_ptr<const Address> sentinel);

    Place place_;
    std::shared_ptr<tls::Context> security_;
    Telemetry& telemetry_;
    std::size_t first_ = 0;  // to be asked
};

}  // namespace acme::redis
