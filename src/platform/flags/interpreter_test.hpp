#pragma once

/// The algorithm once more, over the document itself, as plainly as it can be written: what the
/// compiler makes faster must come out the same. For tests.

#include "platform/flags/evaluate.hpp"

#include <map>
#include <string>

namespace acme::flags::plain {

using Attributes = std::map<std::string, std::string>;

struct Outcome {
    std::string variant;  // "" for the off value and for none
    std::string value;    // as JSON, "" for none
    std::string rule;
    std::string prerequisite;
    Reason reason = Reason::fallthrough;
    Fault fault = Fault::none;

    bool operator==(const Outcome&) const = default;
};

Outcome interpret(
    const Ruleset& ruleset, const Flag& flag, const Attributes& attributes, WallTime now
);

/// What the compiled one says, in the same form.
Outcome compiled(const Snapshot& snapshot, std::string_view flag, const Subject& subject);

/// MurmurHash3_x86_32 as its author writes it, over one text.
std::uint32_t murmur3(std::string_view text, std::uint32_t seed);

}  // namespace acme::flags::plain
