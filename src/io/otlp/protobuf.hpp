#pragma once

/// As much of the protobuf wire format as OTLP needs. Source: protobuf.dev, "Encoding".

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace acme::otlp::protobuf {

void put_varint(std::string& out, int field, std::uint64_t value);
void put_fixed64(std::string& out, int field, std::uint64_t value);
void put_fixed32(std::string& out, int field, std::uint32_t value);
void put_bytes(std::string& out, int field, std::string_view bytes);  // messages too

/// What is not UTF-8 becomes U+FFFD: a string that is not makes the whole message invalid.
void put_string(std::string& out, int field, std::string_view text);

/// A field of a message that somebody else wrote.
struct Field {
    int number = 0;
    std::uint64_t value = 0;      // of a varint
    std::string_view bytes = {};  // of a string or message
};

/// Takes the first field off `message`; nullopt at its end, and for what is no protobuf.
std::optional<Field> take_field(std::string_view& message);

}  // namespace acme::otlp::protobuf
