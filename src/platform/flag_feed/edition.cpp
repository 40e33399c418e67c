#include "platform/flag_feed/edition.hpp"

#include "platform/flags/ruleset.hpp"

#include <array>
#include <bit>
#include <zlib.h>

namespace acme::flag_feed {
namespace {

constexpr int gzip_window_bits = 15 + 16;  // 16: with gzip's head
constexpr int any_window_bits = 15 + 32;   // 32: whichever head it has
constexpr int memory_level = 8;
constexpr std::size_t piece_bytes = std::size_t{64} * 1024;
constexpr char zlib_first = 0x78;
constexpr char gzip_first = 0x1f;

unsigned char* bytes_of(char* text) { return std::bit_cast<unsigned char*>(text); }

/// zlib does not write to it.
unsigned char* bytes_of(std::string_view text) { return bytes_of(const_cast<char*>(text.data())); }

std::unexpected<Error> no_payload() {
    return refuse(ErrorKind::invalid, "flags.payload", "This is no rule set that was published.");
}

}  // namespace

std::optional<std::string> inflated(std::string_view bytes, std::size_t bytes_max) {
    z_stream stream{};
    if (inflateInit2(&stream, any_window_bits) != Z_OK) return std::nullopt;
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

std::string gzipped(std::string_view text) {
    z_stream stream{};
    if (deflateInit2(
            &stream,
            Z_DEFAULT_COMPRESSION,
            Z_DEFLATED,
            gzip_window_bits,
            memory_level,
            Z_DEFAULT_STRATEGY
        ) != Z_OK) {
        return "";
    }
    std::string out(deflateBound(&stream, text.size()), '\0');
    stream.next_in = bytes_of(text);
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = bytes_of(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(out.size() - stream.avail_out);
    deflateEnd(&stream);
    return out;
}

Result<Shown> bind(Printed printed) {
    std::string json = std::move(printed.payload);
    if (json.starts_with(zlib_first) || json.starts_with(gzip_first)) {
        auto text = inflated(json, payload_bytes_max);
        if (!text) return no_payload();
        json = *std::move(text);
    }
    auto ruleset = flags::parse_ruleset(json);
    if (!ruleset) return std::unexpected(std::move(ruleset).error());
    auto snapshot = flags::Snapshot::compile(*std::move(ruleset));
    if (!snapshot) return std::unexpected(std::move(snapshot).error());
    const flags::Snapshot& compiled = **snapshot;
    const bool is_it = std::cmp_equal(compiled.version(), printed.version) &&
                       compiled.environment() == printed.environment;
    if (!is_it) return no_payload();
    auto edition = std::make_shared<Edition>();
    edition->environment = std::move(printed.environment);
    edition->version = printed.version;
    edition->etag = std::move(printed.etag);
    edition->published_at = printed.published_at;
    edition->gzip = gzipped(json);
    edition->json = std::move(json);
    edition->snapshot = *std::move(snapshot);
    return edition;
}

}  // namespace acme::flag_feed
