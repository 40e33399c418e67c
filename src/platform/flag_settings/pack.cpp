// Source: RFC 1950 (zlib's format: the first byte is 0x78), zlib's manual.
#include "platform/flag_settings/pack.hpp"

#include <bit>
#include <span>
#include <stdexcept>
#include <zlib.h>

namespace acme::flag_settings {
namespace {

std::vector<std::byte> to_bytes(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

}  // namespace

std::vector<std::byte> pack(std::string_view json) {
    if (json.size() <= packed_from_bytes) return to_bytes(json);
    uLongf size = compressBound(json.size());
    std::vector<std::byte> packed(size);
    const int code = compress2(
        std::bit_cast<Bytef*>(packed.data()),
        &size,
        std::bit_cast<const Bytef*>(json.data()),
        json.size(),
        Z_BEST_SPEED
    );
    if (code != Z_OK) throw std::runtime_error("zlib: a rule set cannot be packed");
    packed.resize(size);
    return packed;
}

}  // namespace acme::flag_settings
