#pragma once

#include "io/http/router.hpp"
#include "platform/files/links.hpp"

namespace acme::files {

/// POST /v1/files/{id}/links; GET /v1/files/{id}/shared, for whoever has a link. Everything
/// outlives the router's use.
void add_link_routes(http::Router& router, Files& files, Links& links);

}  // namespace acme::files
