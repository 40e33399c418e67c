#pragma once

/// Who has seen which variant, told by whoever showed it: the ground of experiments. The first one
/// counts, once for each unit, flag and environment, however often it is told.
///
/// It is in PostgreSQL when the answer says so: nothing that was accepted is lost.

#include "base/result.hpp"
#include "io/http/message.hpp"
#include "io/telemetry/telemetry.hpp"
#include "platform/flags/flags.hpp"

namespace acme::pg {
class Database;
}

namespace acme::ofrep {

inline constexpr std::size_t exposures_max = 1'000;  // of one request
inline constexpr std::size_t exposures_bytes_max = std::size_t{512} * 1024;

class Exposures {
public:
    /// Everything outlives it.
    Exposures(pg::Database& db, flags::Flags& flags, Telemetry& telemetry)
        : db_(db), flags_(flags), telemetry_(telemetry) {}

    /// POST /v1/flags/exposures: [{"flag", "variant", "unit"}]. The unit of who is signed in is
    /// themselves. While flags are off nothing is kept, and that is no error. Errors: flags.invalid
    /// (invalid) with all that is wrong, http.not_json, those of Body::read_all().
    Task<Result<http::Response>> take(const http::Call& call);

private:
    pg::Database& db_;
    flags::Flags& flags_;
    Telemetry& telemetry_;
};

}  // namespace acme::ofrep
