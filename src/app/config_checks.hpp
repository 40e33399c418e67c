#pragma once

/// The rules that a value of the configuration keeps, each as a Check, and those of several values
/// together.

#include "app/config.hpp"

#include <optional>

namespace acme::app {

std::string check_database_url(std::string_view value);
std::string check_database_urls(std::string_view value);  // URLs, with commas between
std::string check_redis_url(std::string_view value);
std::string check_bucket(std::string_view value);      // S3's rules for names
std::string check_region(std::string_view value);      // [a-z0-9-]{1,32}
std::string check_secret_key(std::string_view value);  // each of the list, 32 bytes at least
std::string check_object_endpoint(std::string_view value);
std::string check_http_url(std::string_view value);
std::string check_name(std::string_view value);     // [A-Za-z0-9._-]{1,64}
std::string check_address(std::string_view value);  // IPv4, or IPv6 without brackets

std::string check_smtp_url(std::string_view value);

std::string check_providers(std::string_view value);  // [a-z0-9-]{1,32}, with commas between
std::string check_issuer(std::string_view value);
std::string check_client_id(std::string_view value);
std::string check_title(std::string_view value);

/// Those of OIDC_PROVIDERS, with the names of their variables; none for what check_providers()
/// complains of.
std::vector<OidcProvider> providers_named(std::string_view list);

std::string check_email(std::string_view value);
std::string check_networks(std::string_view value);  // 10.0.0.0/8, with commas between

/// Source: OpenTelemetry, "OTLP Exporter Configuration" and "Resource SDK".
std::string check_otlp_headers(std::string_view value);
std::string check_otlp_attributes(std::string_view value);

std::string check_trace_share(std::string_view value);

/// What check_trace_share() has found right; nullopt for what is no number.
std::optional<double> parse_share(std::string_view value);

/// What no single variable can show: credentials without an endpoint, production without TLS.
void check_together(const Config& config, std::vector<Problem>& problems);

}  // namespace acme::app
