// Source: RFC 1950 (zlib's format: the first byte is 0x78), zlib's manual.
#include "platform/flag_settings/pack.hpp"

#include <array>
#include <bit>
#include <memory>
#include <stdexcept>
#include <zlib.h>

namespace acme::flag_settings {
namespace {

constexpr std::byte zlib_head{0x78};
constexpr std::size_t piece_bytes = std::size_t{64} * 1024;

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

std::optional<std::string> unpack(std::span<const std::byte> bytes, std::size_t bytes_max) {
    const std::string in(std::bit_cast<const char*>(bytes.data()), bytes.size());
    if (bytes.empty() || bytes.front() != zlib_head) return in;
    z_stream stream{};
    if (inflateInit(&stream) != Z_OK) return std::nullopt;
    const std::unique_ptr<z_stream, int (*)(z_stream*)> owner(&stream, inflateEnd);
    std::string packed = in;
    stream.next_in = std::bit_cast<Bytef*>(packed.data());
    stream.avail_in = static_cast<uInt>(packed.size());
    std::string out;
    std::array<char, piece_bytes> piece{};
    int code = Z_OK;
    while (code == Z_OK && out.size() <= bytes_max) {
        stream.next_out = std::bit_cast<Bytef*>(piece.data());
        stream.avail_out = piece.size();
        code = inflate(&stream, Z_NO_FLUSH);
        out.append(piece.data(), piece.size() - stream.avail_out);
    }
    if (code != Z_STREAM_END || out.size() > bytes_max) return std::nullopt;
    return out;
}

}  // namespace acme::flag_settings
