#pragma once

/// ETags, and requests that hang on them. Source: RFC 9110, 8.8.3 and 13.1.

#include "base/result.hpp"
#include "io/http/message.hpp"

namespace acme::http {

/// A strong one, of a version that changes with every change of the resource: "\"7\"".
std::string etag_of(std::int64_t version);

/// For an update of the resource that now has `etag`. Errors: http.precondition_required (428)
/// without If-Match, http.precondition_failed (412) when it names another version.
Result<> check_if_match(const Request& request, std::string_view etag);

/// Whether a GET is answered with 304 and no body: If-None-Match names `etag`.
bool is_not_modified(const Request& request, std::string_view etag);

}  // namespace acme::http
