#pragma once

/// JSON in and out of handlers. For .cpp files: Boost.JSON costs each includer half a second.

#include "io/http/router.hpp"

#include <boost/json/value.hpp>

namespace acme::http {

Response json(int status, const boost::json::value& body);

/// Reads the body. Errors: http.not_json, http.not_object (invalid), and those of Body::read_all().
Task<Result<boost::json::object>> json_object(const Request& request);

/// The text under `key`; a missing one reads as "". Errors: http.not_text (invalid).
Result<std::string> text_of(const boost::json::object& object, std::string_view key);

}  // namespace acme::http
