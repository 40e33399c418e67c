#pragma once

/// The dashboard's files, as web/ built them, inside the binary: hashed names that browsers keep
/// for ever, and one page, index.html, at every address of the dashboard.

#include "base/result.hpp"
#include "base/task.hpp"

namespace acme::assets {
class Assets;
}
namespace acme::http {
class Router;
struct Call;
struct Response;
}  // namespace acme::http

namespace acme::app {

class Readiness;
struct Platform;

/// A file that this program lacks is looked for among those that `kept` has of other releases.
/// `kept` outlives the router.
void add_dashboard(http::Router& router, assets::Assets& kept);

/// Keeps the assets of this release for nodes of others. Comes before the node is ready: whoever is
/// shown its page asks any node for the parts. False when the database did not take them.
Task<bool> keep_assets(Platform& platform);

/// The same until it was done, or the node drains.
Task<> keep_assets_later(Platform& platform, const Readiness& readiness);

/// For what no route knows: a browser that was led astray is shown the dashboard's page that says
/// so, with status 404; everybody else, and everything under /v1, gets http.no_route.
Task<Result<http::Response>> answer_unknown(const http::Call& call);

}  // namespace acme::app
