#pragma once

/// Which release a person means.

#include "base/result.hpp"
#include "operate/deploy/driver.hpp"

namespace acme::deploy {

inline constexpr std::size_t prefix_bytes_min = 7;

/// The whole id, or a beginning of it that only one release has. Errors: deploy.unknown_release
/// (not_found) with the ten newest there are; deploy.ambiguous_release (conflict) with those that
/// begin so; deploy.short_release (invalid).
Result<std::string> release_named(const std::vector<Stored>& stored, std::string_view name);

/// As release_named(), among those that were good once. Errors: rollback.not_good (conflict) with
/// the ten newest that were; `is_forced` takes any.
Result<std::string> return_named(
    const std::vector<Stored>& stored, std::string_view name, bool is_forced
);

/// A refusal that names the ten newest of them.
std::unexpected<Error> refuse_with(
    ErrorKind kind, ErrorCode code, std::string message, const std::vector<Stored>& stored
);

}  // namespace acme::deploy
