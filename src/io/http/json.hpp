#pragma once

/// JSON in and out of handlers. For .cpp files: Boost.JSON costs each includer half a second.

#include "io/http/router.hpp"

#include <boost/json/value.hpp>

namespace acme::http {

inline constexpr std::size_t json_depth_max = 32;

Response json(int status, const boost::json::value& body);

/// Reads the body, to be taken apart by Fields. Errors: http.media_type (415) unless Content-Type
/// is application/json or, for a PATCH, application/merge-patch+json; http.not_json (400) for what
/// does not parse, is not UTF-8, names a key twice or goes deeper than json_depth_max;
/// http.not_object (invalid); and those of Body::read_all().
Task<Result<boost::json::object>> json_object(const Request& request);

/// The same of text that is at hand.
Result<boost::json::object> parse_object(std::string_view text);

}  // namespace acme::http
