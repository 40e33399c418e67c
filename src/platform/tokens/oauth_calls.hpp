#pragma once

/// What the handlers of OAuth's routes have in common. Private to platform/tokens.

#include "base/networks.hpp"
#include "io/http/json.hpp"
#include "io/http/router.hpp"

#include <boost/json/object.hpp>

namespace acme::tokens {

class DeviceLogins;

inline constexpr std::size_t form_bytes_max = std::size_t{16} * 1024;
inline constexpr std::string_view form_type = "application/x-www-form-urlencoded";

/// In the form of RFC 6749, 5.2.
http::Response refusal(int status, std::string_view code, std::string_view about);

http::Response no_store(boost::json::object body);

bool is_form(const http::Request& request);

/// What the routes of device_http.cpp take. Outlives the router.
struct DeviceRoutes {
    DeviceLogins& logins;
    const std::string& url;           // where the dashboard is
    const Networks& trusted_proxies;  // see http::client_address()
};

/// The answer to whoever polls with this device code. Source: RFC 8628, 3.5.
Task<Result<http::Response>> give_device_key(
    DeviceRoutes room, const http::Call& call, std::string code
);

/// POST /oauth/device_authorization, POST /v1/auth/device/show, /approve and /deny.
void add_device_routes(http::Router& router, DeviceRoutes room);

}  // namespace acme::tokens
