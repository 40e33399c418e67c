#pragma once

/// What a controller and the engine of this machine say to each other, one line of JSON each way:
/// {"call": "start", "fence": {…}, "facts": {…}} and {"ok": …} or {"error": {…}}. Private to the
/// room: both ends are of the same program, though not always of the same release, so members are
/// only ever added.

#include "operate/deploy/driver.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace acme::local::wire {

namespace json = boost::json;

/// Of an answer. All nodes with their last lines stay below.
inline constexpr std::size_t answer_bytes_max = std::size_t{16} * 1024 * 1024;

json::value to_json(const std::vector<deploy::Instance>& instances);
json::value to_json(const std::vector<deploy::Stored>& releases);
json::value to_json(const deploy::Fence& fence);
json::value to_json(const deploy::Facts& facts);
json::value to_json(const deploy::Ended& ended);

/// These throw std::exception for anything that to_json() does not write.
std::vector<deploy::Instance> instances_of(const json::value& value);
std::vector<deploy::Stored> releases_of(const json::value& value);
deploy::Fence fence_of(const json::value& value);
deploy::Facts facts_of(const json::value& value);
deploy::Ended ended_of(const json::value& value);

/// Whole answers, without their line end.
std::string ok(json::value value);
std::string failed(const Error& error);

/// The value of an answer, or the error in it; one whose code nobody here knows is engine.failed.
/// Throws as above.
Result<json::value> read(std::string_view answer);

}  // namespace acme::local::wire
