#pragma once

/// What `acme up` stands on: folders, keys, programs, addresses that nobody else has.

#include "base/random.hpp"
#include "base/result.hpp"
#include "io/process/machine.hpp"
#include "operate/local/plan.hpp"

#include <functional>
#include <string>

namespace acme::local {

/// Errors: local.tool_missing (conflict), which names all that is missing and their packages.
Result<Tools> find_tools(const process::Environment& given);

void make_folders(const Layout& layout);

/// Made on the first call and the same ever after.
Keys ensure_keys(const Layout& layout, Random& random);

/// A place that is free, and what keeps it ours.
struct Found {
    Place place;
    process::Hold instance;
    process::Hold port;
};

/// Errors: local.no_place (unavailable).
Result<Found> find_place(const Options& options, const Layout& layout);

}  // namespace acme::local
