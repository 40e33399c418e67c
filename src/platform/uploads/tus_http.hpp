#pragma once

#include "io/http/router.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/uploads/uploads.hpp"

namespace acme::uploads {

/// tus 1.0 with creation, creation-with-upload, creation-defer-length, expiration, checksum and
/// termination: OPTIONS and POST /v1/uploads; OPTIONS, HEAD, PATCH, DELETE, and for who cannot send
/// these POST /v1/uploads/{id}. GET shows an upload as JSON. Everything outlives the router's use.
void add_routes(http::Router& router, Uploads& uploads, idempotency::Idempotency& idempotency);

}  // namespace acme::uploads
