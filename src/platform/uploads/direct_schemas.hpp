#pragma once

/// What direct uploads look like in JSON. Private to the room; for .cpp files.

#include "io/http/router.hpp"
#include "platform/uploads/direct.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace acme::uploads {

boost::json::object to_json(const Direct& direct);

/// Each with the headers that are signed.
boost::json::array to_json(const std::vector<PartAddress>& addresses);

/// NewDirectUpload, DirectUpload, DirectParts, DirectCompletion.
void add_direct_schemas(http::Router& router);

}  // namespace acme::uploads
