#pragma once

/// Webhooks and deliveries as the API shows them. Private to platform/webhooks.

#include "io/http/router.hpp"
#include "platform/webhooks/deliveries.hpp"

#include <boost/json/object.hpp>

#include <span>

namespace acme::webhooks {

std::span<const http::Schema> schemas();

boost::json::object to_json(const Webhook& webhook);
boost::json::object to_json(const Made& made);  // with the secret
boost::json::object to_json(const Delivery& delivery);
boost::json::object to_json(const Details& details);

/// {"data": …}: the whole list of types, with schemas and examples.
boost::json::object types_json();

}  // namespace acme::webhooks
