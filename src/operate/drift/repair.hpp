#pragma once

/// Carries a repair out.

#include "operate/drift/look.hpp"

#include <functional>

namespace acme::drift {

/// Told as each action begins, and with how it ended.
using Say = std::function<void(std::string_view line)>;

/// `digest` "": whatever the repair is now. Holds the machines meanwhile, and says in the audit
/// what it did. Errors: engine.held (unavailable) with who holds them; drift.plan_moved (conflict),
/// when the repair is another one than was shown; drift.under_way (conflict), while a deployment
/// is; those of the first action that failed: what comes after it is not done. Throws pg::Fault.
Task<Result<>> repair(
    const deploy::CliParts& parts,
    deploy::Ground& ground,
    trace::Context context,
    std::string digest,
    Say say
);

}  // namespace acme::drift
