#pragma once

/// Result<T>: a T, or the Error that says why there is none.

#include "base/error.hpp"

#include <expected>
#include <utility>

namespace acme {

template <class T = void>
using Result = std::expected<T, Error>;

/// `co_return done;` ends an operation that has no value to return.
inline constexpr std::in_place_t done{};

/// `co_return refuse(ErrorKind::conflict, "notes.full", "There is no room for another note.");`
inline std::unexpected<Error> refuse(ErrorKind kind, ErrorCode code, std::string message) {
    return std::unexpected(Error{.kind = kind, .code = code, .message = std::move(message)});
}

}  // namespace acme

/// `const Note note = ACME_TRY(co_await notes.find(id));` yields the value, or returns the error
/// from the coroutine around it. The only macro of the house: without it every call takes two
/// lines and a name. It is a GNU statement expression, which clang compiles rightly around
/// co_await and g++ 12 does not compile at all.
#define ACME_TRY(...)                                                                \
    ({                                                                               \
        auto acme_result = (__VA_ARGS__);                                            \
        if (!acme_result) co_return std::unexpected(std::move(acme_result).error()); \
        *std::move(acme_result);                                                     \
    })
