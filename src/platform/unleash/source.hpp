#pragma once

/// What an Unleash server has, whichever of its three forms it was told in. For .cpp files.

#include "base/result.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace acme::unleash {

struct Feature {
    std::string name;
    std::string description = "";
    std::string type = "";
    std::vector<std::string> tags = {};
    bool is_enabled = false;
    bool has_impressions = false;          // Unleash reports each evaluation of it
    boost::json::array strategies = {};    // objects, in the order in which they are tried
    boost::json::array variants = {};      // objects
    boost::json::array dependencies = {};  // objects
    std::size_t left_out = 0;              // strategies that were switched off
};

struct SourceSegment {
    std::string name;
    boost::json::array constraints = {};
    bool is_known = true;  // an export tells of a segment no more than its name
};

struct Source {
    std::vector<Feature> features;
    std::map<std::string, SourceSegment> segments;  // by id
};

/// Errors: http.not_json, http.not_object, unleash.invalid (invalid) with everything that is wrong.
Result<Source> read_source(std::string_view json);

}  // namespace acme::unleash
