#pragma once

/// Where sources name a flag, as builds report it: one that nothing names any more can go.

#include "platform/flag_settings/catalog.hpp"

namespace acme::flag_settings {

inline constexpr std::size_t references_max = 1'000;  // of a flag, in one report

struct Reference {
    std::string repo;
    std::string path;
    std::int64_t line = 1;
    std::string commit;
    WallTime reported_at;
};

/// In the order of repository, path and line.
Task<std::vector<Reference>> list_references(
    pg::Database& db, trace::Context context, std::int64_t flag
);

/// In place of those that were reported before: of all repositories, or of `repo`. Twice is the
/// same. Errors: flags.not_found; flags.invalid (invalid), when one is of another repository.
Task<Result<std::vector<Reference>>> replace_references(
    Parts parts,
    trace::Context context,
    audit::Actor actor,
    std::string flag,
    std::optional<std::string> repo,
    std::vector<Reference> references
);

}  // namespace acme::flag_settings
