#pragma once

/// How flags and what belongs to them look. For .cpp files, like io/http/json.hpp.

#include "platform/flag_settings/references.hpp"
#include "platform/flag_settings/settings.hpp"

#include <boost/json/object.hpp>

#include <map>

namespace acme::flag_settings {

/// What people are called, by their ids; whoever is not a user here has no name.
using Names = std::map<std::string, std::string>;

Task<Names> names_of(
    accounts::Accounts& accounts, trace::Context context, std::vector<std::string> ids
);

boost::json::object to_json(const Environment& environment);
boost::json::object to_json(const Line& line, const Environment& environment, const Names& names);
boost::json::object to_json(const Facts& facts, const Names& names);
boost::json::object to_json(const Placed& placed, const Names& names);
boost::json::object to_json(const Change& change, const Names& names);
boost::json::object to_json(const Chart& chart);
boost::json::object to_json(const Previewed& previewed);
boost::json::object to_json(const Impact& impact);
boost::json::object to_json(const Segment& segment, const std::vector<std::string>& used_by);
boost::json::object to_json(const Reference& reference);
boost::json::object to_json(const Imported& imported);
boost::json::array to_json(const std::vector<Signal>& signals);
boost::json::object to_json(
    const Totals& totals, const Environment& environment, bool is_evaluated
);

}  // namespace acme::flag_settings
