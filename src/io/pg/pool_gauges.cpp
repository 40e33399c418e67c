#include "io/pg/pool_gauges.hpp"

#include <utility>

namespace acme::pg {

PoolGauges::PoolGauges(Metrics& metrics, const std::string& pool, std::size_t connections_max)
    : active_(metrics.gauge("db_connections_active", "Sessions in use now.", {{"pool", pool}})),
      open_(metrics.gauge("db_connections_open", "Sessions with the server.", {{"pool", pool}})),
      max_(metrics.gauge("db_connections_max", "Sessions there may be.", {{"pool", pool}})),
      wait_seconds_(metrics.histogram(
          "db_pool_wait_seconds", "From asking for a session to having it.", {{"pool", pool}}
      )),
      shown_max_(static_cast<double>(connections_max)) {
    max_.Increment(shown_max_);
}

PoolGauges::~PoolGauges() {
    show(0, 0);
    max_.Decrement(shown_max_);
}

void PoolGauges::show(std::size_t active, std::size_t open) {
    const auto is_active = static_cast<double>(active);
    const auto is_open = static_cast<double>(open);
    active_.Increment(is_active - std::exchange(shown_active_, is_active));
    open_.Increment(is_open - std::exchange(shown_open_, is_open));
}

}  // namespace acme::pg
