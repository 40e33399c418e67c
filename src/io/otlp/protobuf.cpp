#include "io/otlp/protobuf.hpp"

namespace acme::otlp::protobuf {
namespace {

enum WireType : std::uint8_t { varint = 0, fixed64 = 1, length = 2, fixed32 = 5 };

void put_number(std::string& out, std::uint64_t value) {
    while (value >= 0x80) {
        out += static_cast<char>((value & 0x7f) | 0x80);
        value >>= 7;
    }
    out += static_cast<char>(value);
}

void put_tag(std::string& out, int field, WireType type) {
    put_number(out, (static_cast<std::uint64_t>(field) << 3) | type);
}

template <class T>
void put_little_endian(std::string& out, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) out += static_cast<char>((value >> (8 * i)) & 0xff);
}

std::optional<std::uint64_t> take_number(std::string_view& bytes) {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
        const auto byte = static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
        value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
    }
    return std::nullopt;
}

/// Length of the valid sequence at the front, 0 if there is none (Unicode 15, table 3-7).
std::size_t sequence_length(std::string_view text) {
    const auto at = [&](std::size_t i) -> unsigned {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const unsigned first = at(0);
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4) return 0;
    const std::size_t bytes = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    const unsigned low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (at(1) < low || at(1) > high) return 0;
    for (std::size_t i = 2; i < bytes; ++i) {
        if ((at(i) & 0xc0U) != 0x80) return 0;
    }
    return bytes;
}

}  // namespace

void put_varint(std::string& out, int field, std::uint64_t value) {
    put_tag(out, field, varint);
    put_number(out, value);
}

void put_fixed64(std::string& out, int field, std::uint64_t value) {
    put_tag(out, field, fixed64);
    put_little_endian(out, value);
}

void put_fixed32(std::string& out, int field, std::uint32_t value) {
    put_tag(out, field, fixed32);
    put_little_endian(out, value);
}

void put_bytes(std::string& out, int field, std::string_view bytes) {
    put_tag(out, field, length);
    put_number(out, bytes.size());
    out += bytes;
}

void put_string(std::string& out, int field, std::string_view text) {
    std::string clean;
    for (std::string_view rest = text; !rest.empty();) {
        const std::size_t bytes = sequence_length(rest);
        if (bytes == 0)
            clean += "\xef\xbf\xbd";
        else
            clean += rest.substr(0, bytes);
        rest.remove_prefix(bytes == 0 ? 1 : bytes);
    }
    put_bytes(out, field, clean);
}

std::optional<Field> take_field(std::string_view& message) {
    if (message.empty()) return std::nullopt;
    const auto tag = take_number(message);
    if (!tag) return std::nullopt;
    Field field{.number = static_cast<int>(*tag >> 3)};
    const auto skip = [&](std::size_t bytes) {
        if (message.size() < bytes) return false;
        field.bytes = message.substr(0, bytes);
        message.remove_prefix(bytes);
        return true;
    };
    switch (*tag & 7) {
        case varint: {
            const auto value = take_number(message);
            if (!value) return std::nullopt;
            field.value = *value;
            return field;
        }
        case fixed64: return skip(8) ? std::optional(field) : std::nullopt;
        case fixed32: return skip(4) ? std::optional(field) : std::nullopt;
        case length: {
            const auto bytes = take_number(message);
            return bytes && skip(*bytes) ? std::optional(field) : std::nullopt;
        }
        default: return std::nullopt;
    }
}

}  // namespace acme::otlp::protobuf
