#pragma once

/// What a command would do, shown before it is done (BEY-3): its steps, what takes each back, how
/// long it may take, and a digest by which exactly that can be asked for.

#include "io/cli/commands.hpp"

#include <boost/json/object.hpp>

#include <chrono>

namespace acme::cli {

inline const Option plan_option{
    "--plan", "DIGEST", "does exactly the plan that was shown, or nothing"
};

struct PlanStep {
    std::string about;  // a sentence for people
    std::string undo;   // what takes it back, or why nothing does
    std::vector<std::string> nodes;
    std::chrono::milliseconds expected;
};

struct Plan {
    std::vector<PlanStep> steps;  // none: nothing is to be done
    std::string made_from;        // the state of the world that it is for, as text

    std::chrono::milliseconds expected() const;

    /// "sha256:…" of all that it says and of what it was made from.
    std::string digest() const;

    boost::json::object json() const;  // with the digest
    std::vector<std::string> words() const;
};

/// Errors: `moved` (conflict), when the call names another plan by `--plan`.
Result<> expect(const Call& call, const Plan& plan, ErrorCode moved);

}  // namespace acme::cli
