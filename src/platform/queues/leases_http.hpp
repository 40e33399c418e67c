#pragma once

/// What fetching and ending have in common. Private to platform/queues.

#include "platform/queues/calls.hpp"
#include "work/pull/pull.hpp"

#include <boost/json/array.hpp>

namespace acme::queues {

/// "lease_ms": how long a lease lives without a sign of its worker.
std::chrono::milliseconds lease_time_in(http::Fields& fields);

/// The answer to a worker: what to do next, and jobs.
boost::json::object to_json(const pull::Standing& standing, const std::vector<pull::Fetched>& jobs);

boost::json::array ids_json(const std::vector<JobId>& ids);

/// /v1/leases/{lease}:extend, :ack, :close, :signal and the lists of workers.
void add_lease_routes(http::Router& router, Routes room);

}  // namespace acme::queues
