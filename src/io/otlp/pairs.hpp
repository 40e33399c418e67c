#pragma once

/// "name=value,name=value" as OpenTelemetry's variables have it, values %-encoded.
///
/// Source: OpenTelemetry, "Resource SDK", OTEL_RESOURCE_ATTRIBUTES; W3C Baggage, 3.3.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace acme::otlp {

using Pair = std::pair<std::string, std::string>;

/// nullopt when one has no name or no "=", or is no valid encoding.
std::optional<std::vector<Pair>> parse_pairs(std::string_view text);

/// Whether Resource has a place of its own for that attribute.
bool is_own_attribute(std::string_view name);

}  // namespace acme::otlp
