#pragma once

/// What a room says to PostgreSQL and what it hears back. No libpq in sight.

#include "base/clock.hpp"
#include "base/ids.hpp"

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

struct pg_result;

namespace acme::pg {

/// The database refused or vanished: nothing that the caller's input explains.
class Fault : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A statement with a name. The name, "room.verb", is unique: it labels the span and the metric,
/// and the server knows the prepared statement by it. A constant at namespace scope, never copied,
/// because a connection remembers by address what it has prepared.
class Query {
public:
    consteval Query(const char* name, const char* sql) : name_(name), sql_(sql) {}
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

    const char* name() const { return name_; }
    const char* sql() const { return sql_; }

private:
    const char* name_;
    const char* sql_;
};

template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool>;

/// One parameter in text format; nullopt is NULL.
using Param = std::optional<std::string>;

inline Param to_param(std::string_view text) { return std::string(text); }
inline Param to_param(WallTime time) { return to_rfc3339(time); }
inline Param to_param(std::nullopt_t) { return std::nullopt; }
inline Param to_param(bool is_true) { return is_true ? "t" : "f"; }

template <IdPrefix prefix>
Param to_param(const Id<prefix>& id) {
    return to_text(id.uuid);
}

template <class T>
Param to_param(const std::optional<T>& value) {
    return value ? to_param(*value) : std::nullopt;
}

template <Integer T>
Param to_param(T number) {
    return std::to_string(static_cast<std::int64_t>(number));
}

/// A row, read from left to right in the order of the SELECT list; valid while its Rows lives.
/// A type that does not fit, a NULL that is not asked for, a column too many: Fault, for it is a
/// bug in the statement.
class Row {
public:
    Row(const pg_result* result, int index) : result_(result), index_(index) {}

    std::string text();
    std::int64_t integer();
    std::optional<std::int64_t> integer_or_null();
    WallTime time();

    std::optional<std::string> text_or_null();
    std::optional<WallTime> time_or_null();
    bool boolean();
    Uuid uuid();

    /// A column of type uuid, as one of the key types of base/ids.hpp.
    template <class Key>
    Key id() {
        return Key{uuid()};
    }

private:
    std::string_view bytes();  // of the next column
    void expect_type(std::initializer_list<unsigned> types) const;

    const pg_result* result_;
    int index_;
    int column_ = 0;
};

class Rows {
public:
    explicit Rows(std::shared_ptr<const pg_result> result) : result_(std::move(result)) {}

    int size() const;
    bool empty() const { return size() == 0; }
    Row operator[](int index) const { return {result_.get(), index}; }

private:
    std::shared_ptr<const pg_result> result_;
};

}  // namespace acme::pg
