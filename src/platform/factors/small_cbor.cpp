#include "platform/factors/small_cbor.hpp"

#include <cstdint>
#include <optional>

namespace acme::factors {
namespace {

// Of the eight kinds, those that matter here.
constexpr unsigned byte_text = 2;
constexpr unsigned text = 3;
constexpr unsigned array = 4;
constexpr unsigned map = 5;
constexpr unsigned tag = 6;

/// The number in the head of an item, which is taken off.
std::optional<std::uint64_t> take_argument(std::string_view& rest, unsigned info) {
    if (info < 24) return info;
    if (info > 27) return std::nullopt;
    const std::size_t size = std::size_t{1} << (info - 24);
    if (rest.size() < size) return std::nullopt;
    std::uint64_t value = 0;
    for (const char byte : rest.substr(0, size)) {
        value = (value << 8) | static_cast<unsigned char>(byte);
    }
    rest.remove_prefix(size);
    return value;
}

bool take_item(std::string_view& rest, int depth) {
    if (rest.empty() || depth > cbor_depth_max) return false;
    const auto head = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    const unsigned major = head >> 5;
    const auto argument = take_argument(rest, head & 31);
    if (!argument || major == tag) return false;
    if (major == byte_text || major == text) {
        if (*argument > rest.size()) return false;
        rest.remove_prefix(*argument);
    }
    if (major != array && major != map) return true;
    if (*argument > cbor_items_max) return false;
    const std::uint64_t items = major == map ? 2 * *argument : *argument;
    for (std::uint64_t i = 0; i < items; ++i) {
        if (!take_item(rest, depth + 1)) return false;
    }
    return true;
}

}  // namespace

bool is_small_cbor(std::string_view bytes) {
    while (!bytes.empty()) {
        if (!take_item(bytes, 1)) return false;
    }
    return true;
}

}  // namespace acme::factors
