// Results come in binary format: nothing to parse, and no session setting (DateStyle, TimeZone)
// can change what a value looks like. Source: PostgreSQL, "Frontend/Backend Protocol", formats.
#include "io/pg/query.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <bit>

namespace acme::pg {
namespace {

// pg_type.oid; they are part of the protocol and never change.
constexpr unsigned oid_int8 = 20;
constexpr unsigned oid_int4 = 23;
constexpr unsigned oid_bool = 16;
constexpr unsigned oid_text = 25;
constexpr unsigned oid_uuid = 2950;
constexpr unsigned oid_timestamptz = 1184;
constexpr unsigned oid_json = 114;
constexpr unsigned oid_jsonb = 3802;
constexpr unsigned oid_bytea = 17;
constexpr unsigned oid_float8 = 701;

constexpr WallTime postgres_epoch = std::chrono::sys_days(std::chrono::year(2000) / 1 / 1);

std::int64_t big_endian(std::string_view bytes) {
    // Starts from the sign, so that a negative int4 stays one.
    std::int64_t number = (bytes[0] & 0x80) != 0 ? -1 : 0;
    for (const char byte : bytes) number = number * 256 + static_cast<unsigned char>(byte);
    return number;
}

}  // namespace

void Row::expect_type(std::initializer_list<unsigned> types) const {
    if (std::ranges::find(types, PQftype(result_, column_)) != types.end()) return;
    throw Fault("column " + std::to_string(column_ + 1) + " is missing or of another type");
}

std::string_view Row::bytes() {
    const int column = column_++;
    if (PQgetisnull(result_, index_, column) != 0) {
        throw Fault("NULL in column " + std::to_string(column + 1));
    }
    const auto length = static_cast<std::size_t>(PQgetlength(result_, index_, column));
    return {PQgetvalue(result_, index_, column), length};
}

std::string Row::text() {
    expect_type({oid_text, oid_json, oid_jsonb});
    const bool has_version = PQftype(result_, column_) == oid_jsonb;  // one byte, before the text
    return std::string(bytes().substr(has_version ? 1 : 0));
}

std::int64_t Row::integer() {
    expect_type({oid_int8, oid_int4});
    return big_endian(bytes());
}

std::optional<std::int64_t> Row::integer_or_null() {
    if (PQgetisnull(result_, index_, column_) == 0) return integer();
    expect_type({oid_int8, oid_int4});
    ++column_;
    return std::nullopt;
}

WallTime Row::time() {
    expect_type({oid_timestamptz});
    return postgres_epoch + std::chrono::microseconds(big_endian(bytes()));
}

std::optional<std::string> Row::text_or_null() {
    if (PQgetisnull(result_, index_, column_) == 0) return text();
    expect_type({oid_text, oid_json, oid_jsonb});
    ++column_;
    return std::nullopt;
}

std::optional<WallTime> Row::time_or_null() {
    if (PQgetisnull(result_, index_, column_) == 0) return time();
    expect_type({oid_timestamptz});
    ++column_;
    return std::nullopt;
}

bool Row::boolean() {
    expect_type({oid_bool});
    return bytes()[0] != 0;
}

Uuid Row::uuid() {
    expect_type({oid_uuid});
    const std::string_view all = bytes();
    return {
        .high = static_cast<std::uint64_t>(big_endian(all.substr(0, 8))),
        .low = static_cast<std::uint64_t>(big_endian(all.substr(8))),
    };
}

std::optional<Uuid> Row::uuid_or_null() {
    if (!is_null()) return uuid();
    expect_type({oid_uuid});
    ++column_;
    return std::nullopt;
}

double Row::number() {
    expect_type({oid_float8});
    return std::bit_cast<double>(big_endian(bytes()));
}

std::vector<std::byte> Row::binary() {
    expect_type({oid_bytea});
    const auto all = std::as_bytes(std::span(bytes()));
    return {all.begin(), all.end()};
}

bool Row::is_null() const { return PQgetisnull(result_, index_, column_) != 0; }

Param to_param(std::span<const std::byte> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text = "\\x";
    text.reserve(2 + bytes.size() * 2);
    for (const std::byte byte : bytes) {
        text += digits[std::to_integer<std::size_t>(byte >> 4)];
        text += digits[std::to_integer<std::size_t>(byte & std::byte{15})];
    }
    return text;
}

Param to_param(const std::vector<std::string>& texts) {
    std::string all = "{";
    for (const std::string& text : texts) {
        all += all.size() > 1 ? ",\"" : "\"";
        for (const char c : text) {
            if (c == '"' || c == '\\') all += '\\';
            all += c;
        }
        all += '"';
    }
    return all + "}";
}

Param to_param(const std::vector<std::int64_t>& numbers) {
    std::string all = "{";
    for (const std::int64_t number : numbers) {
        if (all.size() > 1) all += ',';
        all += std::to_string(number);
    }
    return all + "}";
}

std::optional<WallTime> sql_now(const Clock& clock) {
    if (dynamic_cast<const SystemClock*>(&clock) != nullptr) return std::nullopt;
    return clock.now();
}

int Rows::size() const { return PQntuples(result_.get()); }

}  // namespace acme::pg
