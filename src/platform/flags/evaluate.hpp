#pragma once

/// The evaluation of a flag: pure, without a lock, an allocation or I/O.
///
/// Disabled: the off value, or none. Prerequisites: if one is not met, the same, with reason
/// fallthrough. Then the override of the user, then that of the organization; then the rules in
/// their order, of which the first wins whose clauses all hold and in whose rollout the unit is;
/// then the fallthrough. A unit is the first attribute of `bucket_by` that is present. When none
/// is, the fallthrough is served, or no value if that is a split; nothing is left to chance.
///
/// Bucket: h = murmur3_x86_32(salt + unit, seed 0), (h * 100000) >> 32, in the rollout when below
/// it. Splits: the same with seed 0x9747b28c, and weights added up. Source: design/flags.md, 4.3.

#include "platform/flags/snapshot.hpp"
#include "platform/flags/subject.hpp"

#include <cstdint>
#include <string_view>

namespace acme::flags {

enum class Reason : std::uint8_t {
    fixed,            // STATIC: nothing depends on who asks
    targeting_match,  // an override or a rule
    split,            // a bucket decided which variant
    fallthrough,      // DEFAULT: rules exist, and none matched
    disabled,
    error,
};
inline constexpr std::size_t reason_count = 6;

/// "STATIC", "TARGETING_MATCH", "SPLIT", "DEFAULT", "DISABLED", "ERROR".
std::string_view word_of(Reason reason);

enum class Fault : std::uint8_t { none, targeting_key_missing, type_mismatch, flag_not_found };

/// "", "TARGETING_KEY_MISSING", "TYPE_MISMATCH", "FLAG_NOT_FOUND": as OFREP spells them.
std::string_view word_of(Fault fault);

inline constexpr std::uint16_t no_value = 0xffff;
inline constexpr std::uint16_t no_rule = 0xffff;
inline constexpr std::uint16_t no_prerequisite = 0xffff;

/// Eight bytes: it comes back in a register.
struct Evaluation {
    std::uint16_t value =
        no_value;                  // of Snapshot::value_of(); no_value: the caller's default stands
    std::uint16_t rule = no_rule;  // of Snapshot::rule_id()
    std::uint16_t prerequisite = no_prerequisite;  // that was not met
    Reason reason = Reason::fallthrough;
    Fault fault = Fault::none;

    bool has_value() const { return value != no_value; }
    friend bool operator==(const Evaluation&, const Evaluation&) = default;
};

/// `flag` is below snapshot.size(), and `subject` was made for this snapshot. Counts nothing: see
/// Flags::evaluate().
Evaluation evaluate(const Snapshot& snapshot, std::uint32_t flag, const Subject& subject);

}  // namespace acme::flags
