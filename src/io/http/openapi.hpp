#pragma once

/// The API as OpenAPI 3.1, made from the table of routes and nothing else: what is not a route is
/// not in it, and what is a route cannot be left out.

#include "io/http/router.hpp"

#include <string>

namespace acme::http {

/// What a program's key must be good for to call a route, "files:read"; nullopt where keys never
/// may.
using ScopeOf = std::function<std::optional<std::string>(const TableRoute&)>;

/// All routes under /v1 but the document itself. Throws std::logic_error when a Doc names a schema
/// that nobody added, or a schema is no JSON.
///
/// Each operation says what it takes (path, query, body, Idempotency-Key, If-Match), who may call
/// it ("security" and "x-access"), its answer, and what every such route can refuse with; the codes
/// of the room stand as "x-codes" beside "default". Without `scope_of` no route takes keys.
std::string openapi(const Router& router, std::string_view release, const ScopeOf& scope_of = {});

/// GET /v1/openapi.json for anyone. The document is made when it is first asked for, so that all
/// routes are there. `router` outlives its routes, as it does.
void add_openapi(Router& router, std::string release, ScopeOf scope_of = {});

}  // namespace acme::http
