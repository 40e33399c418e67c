#pragma once

#include "base/clock.hpp"

#include <string>

namespace acme::http {

/// A time as the API shows it (C-8): RFC 3339 in UTC with milliseconds, cut, not rounded, so that
/// nothing seems to be in the future. "2026-11-23T10:00:00.123Z"
inline std::string to_json(WallTime time) {
    constexpr std::size_t up_to_milliseconds = 23;
    return to_rfc3339(time).substr(0, up_to_milliseconds) + 'Z';
}

}  // namespace acme::http
