#pragma once

/// The dashboard's files, as web/ built them, inside the binary: hashed names that browsers keep
/// for ever, and one page, index.html, at every address of the dashboard.

namespace acme::http {
class Router;
}

namespace acme::app {

void add_dashboard(http::Router& router);

}  // namespace acme::app
