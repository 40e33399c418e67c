#pragma once

/// Refusals: the outcomes a caller can cause and must be told about.
///
/// A broken connection or a bug is not an Error. It is thrown as an exception and caught once, at
/// the edge of the process (the HTTP router, the job runner, main).

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acme {

/// Why something was refused. The set is closed: HTTP status, exit code and the fate of a job each
/// follow from it, in one switch.
enum class ErrorKind : std::uint8_t {
    invalid,          // breaks a rule that the caller could have checked
    unauthenticated,  // no session, or one that has ended
    forbidden,        // a session without this right
    not_found,
    conflict,  // a sound request that the present state does not allow
    too_large,
    rate_limited,
    unavailable,  // maintenance, draining, or a dependency known to be down
};

/// "room.reason", spelled the same in JSON, logs and metrics. Only a literal converts, so it cannot
/// dangle, and a search finds every place that returns it.
class ErrorCode {
public:
    consteval ErrorCode(const char* literal) : text_(literal) {}

    constexpr std::string_view text() const { return text_; }
    friend constexpr bool operator==(ErrorCode, ErrorCode) = default;

private:
    std::string_view text_;
};

/// One field of the input that breaks a rule. Source: RFC 9457, 3 and RFC 6901 (the pointer).
struct FieldError {
    std::string pointer;  // "/email"; "" for the whole
    std::string code;     // "accounts.email_malformed"
    std::string detail;   // what was expected, never what was sent
};

struct [[nodiscard]] Error {
    ErrorKind kind;
    ErrorCode code;
    std::string message;  // one English sentence for a person; never a secret, never echoed input
    std::vector<FieldError> fields = {};  // all that is wrong, when the input is
    std::optional<std::chrono::seconds> retry_after = std::nullopt;
};

}  // namespace acme
