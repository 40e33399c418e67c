#pragma once

/// Who gets what and why: the same evaluation, with every clause's outcome and bucket. For the
/// editor's preview and the command line; slow, and for who may read rules only. A draft is
/// explained by compiling a rule set that holds it.

#include "platform/flags/evaluate.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <vector>

namespace acme::flags {

struct Step {
    enum class What : std::uint8_t {
        state,  // on or off in this environment
        prerequisite,
        override_,
        rule,  // switched off, or matched though nothing was asked
        clause,
        rollout,
        split,
        fallthrough,
    };

    What what = What::state;
    std::optional<bool> is_met;  // absent: was not looked at
    std::string text;            // "Rule 2: bucket 38,412 is under 50,000"
    std::string rule;            // its id, of steps of a rule
    std::optional<std::uint32_t> bucket;
    std::optional<std::uint32_t> of;  // how many buckets there are
};

/// "state", "prerequisite", "override", "rule", "clause", "rollout", "split", "fallthrough".
std::string_view word_of(Step::What what);

struct Explanation {
    Evaluation evaluation;  // what evaluate() says
    std::vector<Step> steps;
};

/// As evaluate(). Clauses after the first that fails are asked as well, and so are the rules after
/// the one that won: `is_met` of those is absent.
Explanation explain(const Snapshot& snapshot, std::uint32_t flag, const Subject& subject);

/// {"value", "variant", "reason", "rule", "prerequisite", "error_code", "steps": [{"what", "ok",
/// "text", "rule", "bucket", "of"}]}; what is absent is null, in steps it is left out but "ok".
boost::json::object to_json(
    const Snapshot& snapshot, std::uint32_t flag, const Explanation& explanation
);

}  // namespace acme::flags
