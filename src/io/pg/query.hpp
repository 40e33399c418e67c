#pragma once

/// What a room says to PostgreSQL and what it hears back. No libpq in sight.

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/outage.hpp"

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

struct pg_result;

namespace acme::pg {

/// The database refused or vanished: nothing that the caller's input explains.
class Fault : public std::runtime_error {
public:
    explicit Fault(const std::string& what) : std::runtime_error(what) {}

    /// `sqlstate` is the server's, five characters; `constraint` the name of what was violated.
    Fault(const std::string& what, std::string_view sqlstate, std::string_view constraint)
        : std::runtime_error(what), sqlstate_(sqlstate), constraint_(constraint) {}

    /// "" when the server did not say. Source: PostgreSQL, appendix A.
    std::string_view sqlstate() const { return sqlstate_; }
    std::string_view constraint() const { return constraint_; }

private:
    std::string sqlstate_;
    std::string constraint_;
};

/// The server cannot be asked now: it is down, it went away before it answered, it takes no more
/// sessions, or the line for it is too long. It passes by itself; whether a statement that was on
/// its way has happened is not known.
class Unreachable : public Fault, public Outage {
public:
    using Fault::Fault;
};

/// The server ended a statement that took longer than `statement_timeout`: it is busy, or somebody
/// holds a lock. Nothing of the statement has happened.
class TooSlow : public Fault, public Outage {
public:
    using Fault::Fault;
};

/// The server is older than the product needs. It does not pass: the program ends with 78.
class ServerTooOld : public Fault {
public:
    using Fault::Fault;
};

namespace sqlstate {
inline constexpr std::string_view unique_violation = "23505";
inline constexpr std::string_view foreign_key_violation = "23503";
inline constexpr std::string_view check_violation = "23514";
inline constexpr std::string_view lock_not_available = "55P03";
inline constexpr std::string_view query_canceled = "57014";  // by statement_timeout
}  // namespace sqlstate

/// "select", "insert", "update", "delete", "tx" or "other": what a statement does at its outermost.
consteval std::string_view type_of(std::string_view sql);

/// A statement with a name. The name, "room.verb", is unique: it labels the span and the metric,
/// and the server knows the prepared statement by it. A constant at namespace scope, never copied,
/// because a connection remembers by address what it has prepared.
class Query {
public:
    consteval Query(const char* name, const char* sql)
        : name_(name), sql_(sql), type_(type_of(sql)) {}
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

    const char* name() const { return name_; }
    const char* sql() const { return sql_; }
    std::string_view type() const { return type_; }

private:
    const char* name_;
    const char* sql_;
    std::string_view type_;
};

consteval std::string_view type_of(std::string_view sql) {
    struct Verb {
        std::string_view word;
        std::string_view type;
    };
    constexpr Verb verbs[] = {
        {"SELECT", "select"},
        {"VALUES", "select"},
        {"INSERT", "insert"},
        {"UPDATE", "update"},
        {"DELETE", "delete"},
        {"BEGIN", "tx"},
        {"COMMIT", "tx"},
        {"ROLLBACK", "tx"},
        {"SAVEPOINT", "tx"},
        {"RELEASE", "tx"},
        {"START", "tx"},
    };
    const auto is_letter = [](char c) { return c >= 'A' && c <= 'Z'; };
    bool has_with = false;
    int depth = 0;  // what stands in parentheses is not the outermost
    for (std::size_t at = 0; at < sql.size(); ++at) {
        if (sql[at] == '(') ++depth;
        if (sql[at] == ')') --depth;
        if (depth > 0 || !is_letter(sql[at]) || (at > 0 && is_letter(sql[at - 1]))) continue;
        for (const Verb& verb : verbs) {
            if (sql.substr(at).starts_with(verb.word)) return verb.type;
        }
        if (!has_with && !sql.substr(at).starts_with("WITH")) return "other";
        has_with = true;
    }
    return "other";
}

template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool>;

/// One parameter in text format; nullopt is NULL.
using Param = std::optional<std::string>;

inline Param to_param(std::string_view text) { return std::string(text); }
inline Param to_param(WallTime time) { return to_rfc3339(time); }
inline Param to_param(std::nullopt_t) { return std::nullopt; }
Param to_param(std::span<const std::byte> bytes);          // bytea
Param to_param(const std::vector<std::string>& texts);     // text[]
Param to_param(const std::vector<std::int64_t>& numbers);  // bigint[]
inline Param to_param(Uuid uuid) { return to_text(uuid); }

/// What "now" is to a statement that says coalesce($n, now()): NULL, for the database's clock is
/// the one that all nodes share, or the time of a test's clock.
std::optional<WallTime> sql_now(const Clock& clock);

template <IdPrefix prefix>
Param to_param(const Id<prefix>& id) {
    return to_text(id.uuid);
}

/// Of bool alone: a pointer would become one.
template <std::same_as<bool> T>
Param to_param(T is_true) {
    return is_true ? "t" : "f";
}

template <Integer T>
Param to_param(T number) {
    return std::to_string(static_cast<std::int64_t>(number));
}

/// Behind all others: it finds those that stand before it.
template <class T>
Param to_param(const std::optional<T>& value) {
    return value ? to_param(*value) : std::nullopt;
}

/// A row, read from left to right in the order of the SELECT list; valid while its Rows lives.
/// A type that does not fit, a NULL that is not asked for, a column too many: Fault, for it is a
/// bug in the statement.
class Row {
public:
    Row(const pg_result* result, int index) : result_(result), index_(index) {}

    std::string text();  // text, json or jsonb
    std::int64_t integer();
    std::optional<std::int64_t> integer_or_null();
    WallTime time();

    std::optional<std::string> text_or_null();
    std::optional<WallTime> time_or_null();
    bool boolean();
    Uuid uuid();
    std::optional<Uuid> uuid_or_null();
    double number();                  // double precision
    std::vector<std::byte> binary();  // bytea
    bool is_null() const;             // of the next column, which stays the next
    void skip() { ++column_; }

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
