#pragma once

/// The bodies of OFREP's answers. Private to platform/ofrep.

#include "platform/flags/flags.hpp"

#include <string>

namespace acme::ofrep {

/// How "rules exist, and none matched" is written: DEFAULT, as flagd and the providers have it, or
/// UNKNOWN, which is in the enumeration of the protocol's older schema.
enum class Words : std::uint8_t { usual, strict };

/// One flag's answer: a value, none where the caller's own default stands, or errorCode where it
/// cannot be told, see has_failed().
void append_answer(
    std::string& body,
    const flags::Snapshot& snapshot,
    std::uint32_t flag,
    const flags::Evaluation& evaluation,
    Words words
);

/// {"flags":[…]} with every flag of the snapshot, and `more` behind the list: members that begin
/// with a comma. Counts the evaluations.
std::string all_flags(
    flags::Flags& flags, const flags::Subject& subject, Words words, std::string_view more
);

/// Whether its answer is an error: there is no unit to go by, and nothing that is served without.
bool has_failed(const flags::Evaluation& evaluation);

}  // namespace acme::ofrep
