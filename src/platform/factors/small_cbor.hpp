#pragma once

/// Whether CBOR is as small as it looks. libcbor makes room for as many items as an array says that
/// it has, before it looks for one, so five bytes of a stranger would cost gigabytes.

#include <string_view>

namespace acme::factors {

inline constexpr std::size_t cbor_items_max = 16;  // of one array or map
inline constexpr int cbor_depth_max = 4;

/// Items one after the other, none of them of unknown length, a tag, or cut off. "" is. Source: RFC
/// 8949, 3.
bool is_small_cbor(std::string_view bytes);

}  // namespace acme::factors
