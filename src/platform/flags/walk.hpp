#pragma once

/// The steps of an evaluation. For evaluate.cpp, which takes them, and explain.cpp, which tells of
/// them: so what is explained is what was done.

#include "platform/flags/buckets.hpp"
#include "platform/flags/compiled.hpp"
#include "platform/flags/subject.hpp"

#include <optional>

namespace acme::flags {

/// With `negate` in it.
bool clause_holds(const Compiled& all, const CompiledClause& clause, const Subject& subject);

/// A value of a few, by its hash and then its bytes.
inline bool is_of_few(const Few& few, const Subject::Attribute& attribute) {
    for (std::uint32_t i = 0; i < few.count; ++i) {
        if (few.hashes[i] == attribute.hash && is_same(few.texts[i], attribute.text)) return true;
    }
    return false;
}

/// The first attribute that is present; null when none is.
inline const Subject::Attribute* unit_of(const Units& units, const Subject& subject) {
    for (std::uint16_t i = 0; i < units.count; ++i) {
        const Subject::Attribute& attribute = subject.at(units.slots[i]);
        if (attribute.is_present) return &attribute;
    }
    return nullptr;
}

/// Of a rule, and not of one that reaches everybody.
inline Bucket rollout_of(
    const Compiled& all, const CompiledFlag& flag, const CompiledRule& rule, std::string_view unit
) {
    if (rule.is_import) return rollout_bucket(all.imports[rule.import_], unit);
    return {.number = bucket_in(flag.salted.hash(unit), whole), .of = whole, .end = rule.rollout};
}

/// A share of a split: the buckets from `first` to before `end`.
struct Dealt {
    Bucket bucket;
    std::uint16_t value = 0xffff;  // none: the unit lies in no share's part of the rollout
    std::uint32_t first = 0;
    std::uint32_t end = 0;
};

/// `import_` is null for our own buckets.
Dealt deal(
    const Compiled& all, const CompiledServe& serve, const Import* import_, std::string_view unit
);

/// Null when there is none, or it has expired.
const CompiledOverride* override_of(
    const Compiled& all, Range range, std::uint16_t slot, const Subject& subject
);

}  // namespace acme::flags
