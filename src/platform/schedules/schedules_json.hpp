#pragma once

/// How schedules and their runs look. For .cpp files, like io/http/json.hpp.

#include "io/http/router.hpp"
#include "platform/schedules/schedules.hpp"

#include <boost/json/object.hpp>

#include <span>

namespace acme::schedules {

boost::json::object to_json(const Row& row);

/// With its next runs.
boost::json::object to_json(const Row& row, const std::vector<Run>& runs);

boost::json::object to_json(const Fire& fire);
boost::json::object to_json(const Backfilled& result, bool is_dry_run);
boost::json::array to_json(const std::vector<Run>& runs);

std::span<const http::Schema> schemas();

}  // namespace acme::schedules
