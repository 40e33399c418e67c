#pragma once

/// Who asks for flags, and for whom: the context of an OFREP request as the evaluator takes it.
///
/// A program (an API key, a token) is a server: it says for whom it asks. A person's browser is not
/// believed: who they are and where their data lies comes from the session. Private to
/// platform/ofrep.

#include "io/http/message.hpp"
#include "platform/flags/subject.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace acme::ofrep {

/// Why there is no answer, in OFREP's words: "PARSE_ERROR", "INVALID_CONTEXT",
/// "TARGETING_KEY_MISSING", "FLAG_NOT_FOUND", "GENERAL".
struct Refusal {
    int status;
    std::string_view code;  // a literal
    std::string details;
};

/// {"key", "errorCode", "errorDetails"}; without a key where it is "", as for all flags at once.
http::Response answer(const Refusal& refusal, std::string_view key = "");

inline constexpr std::size_t attributes_max = 200;
inline constexpr std::size_t body_bytes_max = std::size_t{64} * 1024;

/// Sets what `body`, the JSON of an evaluationRequest, says of the subject, and what the server
/// knows of `who`. Their data lies in `region`. nullopt when all is well.
std::optional<Refusal> describe(
    flags::Subject& subject, std::string_view body, const Identity& who, std::string_view region
);

}  // namespace acme::ofrep
