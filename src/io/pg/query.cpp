// Results come in binary format: nothing to parse, and no session setting (DateStyle, TimeZone)
// can change what a value looks like. Source: PostgreSQL, "Frontend/Backend Protocol", formats.
#include "io/pg/query.hpp"

#include <libpq-fe.h>

#include <algorithm>

namespace acme::pg {
namespace {

// pg_type.oid; they are part of the protocol and never change.
constexpr unsigned oid_int8 = 20;
constexpr unsigned oid_int4 = 23;
constexpr unsigned oid_bool = 16;
constexpr unsigned oid_text = 25;
constexpr unsigned oid_uuid = 2950;
constexpr unsigned oid_timestamptz = 1184;

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
    expect_type({oid_text});
    return std::string(bytes());
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
    expect_type({oid_text});
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

int Rows::size() const { return PQntuples(result_.get()); }

}  // namespace acme::pg
