#pragma once

namespace acme::http {
class Cursors;
class Router;
}  // namespace acme::http

namespace acme::mail {

class Mail;

/// GET /v1/mailbox. All outlive the router.
void add_routes(http::Router& router, Mail& mail, const http::Cursors& cursors);

}  // namespace acme::mail
