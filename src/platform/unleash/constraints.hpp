#pragma once

/// What Unleash asks of a context, as clauses of ours.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace acme::unleash {

/// How an attribute is called here: "userId" is "user_id". Most keep their names.
std::string attribute_of(std::string_view context_name);

/// The other way about.
std::string context_name_of(std::string_view attribute);

/// What a list of constraints comes to. All of `clauses` must hold.
struct Demand {
    boost::json::array clauses = {};
    bool is_never = false;                   // no context fulfils it
    std::vector<std::string> warnings = {};  // phrases: "its operator X is not known"
};

/// Adds a constraint of a strategy or a segment. Source: the Node SDK's strategy.ts and the client
/// specification, 09, 11, 13, 14, 21 and 22.
void demand(Demand& all, const boost::json::object& constraint);

/// Adds "the attribute is one of these"; never, when there are none.
void demand_one_of(Demand& all, std::string_view attribute, std::vector<std::string> values);

/// Adds "the attribute is an address of these networks"; what is none is left out.
void demand_address(Demand& all, std::string_view attribute, const std::vector<std::string>& list);

/// Adds "the attribute is there".
void demand_present(Demand& all, std::string_view attribute);

}  // namespace acme::unleash
