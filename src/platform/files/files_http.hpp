#pragma once

#include "io/http/page.hpp"
#include "io/http/router.hpp"
#include "platform/files/files.hpp"
#include "platform/idempotency/idempotency.hpp"

namespace acme::files {

/// POST and GET /v1/files; GET, PATCH and DELETE /v1/files/{id}; GET /v1/files/{id}/content; GET
/// /v1/orgs/{org}/usage. Everything outlives the router's use.
void add_routes(
    http::Router& router,
    Files& files,
    idempotency::Idempotency& idempotency,
    const http::Cursors& cursors
);

}  // namespace acme::files
