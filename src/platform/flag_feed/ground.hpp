#pragma once

/// What all threads of a process share of feature flags: made beside Metrics, filled by one Feed.

#include "platform/flag_feed/shelf.hpp"
#include "platform/flags/depot.hpp"

namespace acme::flag_feed {

struct Ground {
    /// `is_on` is ENABLE_FEATURE_FLAGS: without it nothing ever comes here. `environment` is the
    /// node's own. Metrics and the clock outlive it.
    Ground(Metrics& metrics, const Clock& clock, bool is_on, std::string environment)
        : depot(metrics, clock, is_on, std::move(environment)) {}

    flags::Depot depot;
    Shelf shelf;
};

}  // namespace acme::flag_feed
