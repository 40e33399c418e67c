#pragma once

#include "io/http/router.hpp"
#include "platform/files/files.hpp"

namespace acme::files {

/// GET /v1/files/{id}/content: the bytes, whole or one range of them, to be saved, never shown.
/// Private to the room. Source: RFC 9110, 13 and 14.
Task<Result<http::Response>> content(Files& files, const http::Call& call);

/// The same of a file to which the caller has a right by other means than a session.
Task<Result<http::Response>> content_of(Files& files, const http::Call& call, OrgId org, FileId id);

}  // namespace acme::files
