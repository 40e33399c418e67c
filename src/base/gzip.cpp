// RFC 1952 (gzip), RFC 1950 (zlib's own format), zlib's manual.
#include "base/gzip.hpp"

#include <bit>
#include <new>
#include <zlib.h>

namespace acme {
namespace {

constexpr int gzip_window_bits = 15 + 16;  // 16: with gzip's head
constexpr int any_window_bits = 15 + 32;   // 32: whichever head it has
constexpr int memory_level = 8;
constexpr std::size_t piece_bytes = std::size_t{64} * 1024;

unsigned char* bytes_of(char* text) { return std::bit_cast<unsigned char*>(text); }

/// zlib does not write to it.
unsigned char* bytes_of(std::string_view text) { return bytes_of(const_cast<char*>(text.data())); }

}  // namespace

std::string gzipped(std::string_view text, Pains pains) {
    const int level = pains == Pains::few ? Z_BEST_SPEED : Z_DEFAULT_COMPRESSION;
    z_stream stream{};
    // All else that it may answer is for arguments that are wrong.
    if (deflateInit2(
            &stream, level, Z_DEFLATED, gzip_window_bits, memory_level, Z_DEFAULT_STRATEGY
        ) != Z_OK) {
        throw std::bad_alloc();
    }
    std::string out(deflateBound(&stream, text.size()), '\0');
    stream.next_in = bytes_of(text);
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = bytes_of(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

std::optional<std::string> inflated(std::string_view bytes, std::size_t bytes_max) {
    z_stream stream{};
    if (inflateInit2(&stream, any_window_bits) != Z_OK) throw std::bad_alloc();
    stream.next_in = bytes_of(bytes);
    stream.avail_in = static_cast<uInt>(bytes.size());
    std::string text;
    int state = Z_OK;
    while (state == Z_OK && text.size() <= bytes_max) {
        const std::size_t have = text.size();
        text.resize(have + piece_bytes);
        stream.next_out = bytes_of(text.data() + have);
        stream.avail_out = static_cast<uInt>(piece_bytes);
        state = inflate(&stream, Z_NO_FLUSH);
        text.resize(have + piece_bytes - stream.avail_out);
    }
    inflateEnd(&stream);
    if (state != Z_STREAM_END || text.size() > bytes_max) return std::nullopt;
    return text;
}

}  // namespace acme
