#pragma once

/// What OpenAPI says of this room. Private to platform/flag_settings.

#include "io/http/router.hpp"

#include <span>

namespace acme::flag_settings {

std::span<const http::Schema> flag_schemas();
std::span<const http::Schema> targeting_schemas();
std::span<const http::Schema> segment_schemas();

}  // namespace acme::flag_settings
