#pragma once

/// A session as the API shows it. For .cpp files: Boost.JSON costs each includer half a second.

#include "platform/sessions/sessions.hpp"

#include <boost/json/object.hpp>

namespace acme::sessions {

boost::json::object to_json(const Session& session, bool is_current);

}  // namespace acme::sessions
