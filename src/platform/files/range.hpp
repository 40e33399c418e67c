#pragma once

/// The part of a file that a request asks for. Source: RFC 9110, 14.

#include "io/objects/store.hpp"

#include <cstdint>
#include <string_view>

namespace acme::files {

enum class Asked : std::uint8_t {
    all,  // no range, or one that may be ignored: malformed, of another unit, several
    part,
    nothing,  // it lies behind the end: 416
};

struct RangeAsked {
    Asked asked = Asked::all;
    objects::Range range = {};  // of a part, within the file
};

/// `header` is the value of Range; "" for none.
RangeAsked read_range(std::string_view header, std::uint64_t bytes);

}  // namespace acme::files
