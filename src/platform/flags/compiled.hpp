#pragma once

/// What a snapshot is made of. For this room's .cpp files: compile.cpp fills it, evaluate.cpp and
/// explain.cpp walk over it.

#include "base/networks.hpp"
#include "platform/flags/evaluate.hpp"
#include "platform/flags/index.hpp"
#include "platform/flags/members.hpp"
#include "platform/flags/murmur.hpp"
#include "platform/flags/regex.hpp"
#include "platform/flags/semver.hpp"
#include "platform/flags/snapshot.hpp"
#include "platform/flags/text_hash.hpp"

#include <array>
#include <deque>
#include <unordered_map>

namespace acme::flags {

inline constexpr std::uint16_t no_slot = 0xffff;
inline constexpr std::uint16_t user_slot = 0;
inline constexpr std::uint16_t org_slot = 1;
inline constexpr std::size_t few_max = 8;  // texts that are compared one by one
inline constexpr std::uint32_t split_seed = 0x9747b28c;

/// A part of one of the lists below.
struct Range {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
};

/// The unit that is bucketed: slots in their order.
struct Units {
    std::array<std::uint16_t, bucket_by_max> slots{};
    std::uint16_t count = 0;
};

struct CompiledShare {
    std::uint32_t below = 0;  // the end of its buckets
    std::uint16_t value = 0;
};

/// Either a value, or a split (`value` is no_value), or nothing at all.
struct CompiledServe {
    std::uint16_t value = 0xffff;
    bool is_split = false;
    Murmur salted;  // with the seed of splits
    Range shares;
};

inline bool is_growthbook(Scheme scheme) {
    return scheme == Scheme::growthbook1 || scheme == Scheme::growthbook2;
}

/// Of a rule with the buckets of another system.
struct Import {
    Scheme scheme = Scheme::acme;
    std::string group;
    std::string split_group;
    Units split_units;
    std::uint32_t rollout = whole;
    std::uint32_t weights = 0;  // together
    Murmur salted = {};         // of systems that hash by Murmur: with the group
    Murmur split_salted = {};   // and with that of splits
};

struct Few {
    std::array<std::uint64_t, few_max> hashes{};
    std::array<std::string_view, few_max> texts;
    std::uint32_t count = 0;
};

struct CompiledClause {
    Op op = Op::in;
    bool negate = false;
    bool ignores_case = false;
    bool is_many = false;  // of `in`: `data` is an index of `sets`
    bool is_few = false;   // of `in`: `data` is an index of `few`
    std::uint16_t slot = no_slot;
    std::uint32_t data = 0;  // index of the first of them in the list that belongs to the operator
    std::uint32_t count = 0;
    std::uint64_t bits = 0;  // of `in`: a bit of each value's hash, which tells most that are none
};

inline std::uint64_t bit_of(std::uint64_t hash) { return std::uint64_t{1} << (hash & 63); }

struct CompiledRule {
    Range clauses;
    std::uint32_t rollout = whole;  // never 0: a rule that reaches nobody is left out
    std::uint16_t number = 0;       // in the document
    bool is_import = false;
    bool has_gate = false;  // whether the rollout is asked
    std::uint32_t import_ = 0;
    Units units;
    CompiledServe serve;
};

struct CompiledOverride {
    std::uint64_t hash;
    std::string_view id;
    std::uint16_t value;
    WallTime expires_at;  // max() for never
};

struct CompiledPrerequisite {
    std::uint32_t flag;
    std::uint64_t variants;  // a bit for each
    bool or_none;
};

enum class State : std::uint8_t { constant, dynamic };

struct CompiledFlag {
    State state = State::constant;
    std::uint8_t reason = 0;       // of a constant
    std::uint16_t value = 0xffff;  // of a constant
    std::uint16_t rule = 0xffff;   // of a constant
    std::uint16_t off = 0xffff;    // what an unmet prerequisite serves
    ValueType type = ValueType::boolean;
    std::uint32_t values = 0;  // first of `values`
    std::uint16_t variants = 0;
    std::uint32_t places = 0;  // first of a Tally
    Range prerequisites;
    Range user_overrides;
    Range org_overrides;
    Range rules;
    Murmur salted;
    CompiledServe fallthrough;
    Units units;
};

/// Of one whose state is constant.
inline Evaluation constant_of(const CompiledFlag& flag) {
    return {.value = flag.value, .rule = flag.rule, .reason = static_cast<Reason>(flag.reason)};
}

struct CompiledSegment {
    std::shared_ptr<const MemberList> members;
    Range clauses;
};

struct Compiled {
    Ruleset ruleset;  // texts below are views of it, or of `texts`
    std::deque<std::string> texts;
    Index index;
    std::unordered_map<std::string_view, std::uint16_t> slots;
    std::uint16_t slot_count = 0;
    std::uint16_t now_slot = no_slot;

    std::vector<CompiledFlag> flags;
    std::vector<CompiledRule> rules;
    std::vector<CompiledClause> clauses;
    std::vector<CompiledShare> shares;
    std::vector<CompiledOverride> overrides;  // those of a flag and kind by their hash
    std::vector<CompiledPrerequisite> prerequisites;
    std::vector<Import> imports;
    std::vector<Value> values;
    std::vector<std::string_view> members;  // of answers; see place_of_members()
    std::uint32_t places = 0;

    std::vector<Few> few;
    std::vector<Members> sets;
    std::vector<std::string_view> patterns;  // of starts_with, ends_with, contains
    std::vector<std::string> folded;         // of those that ignore case, lower
    std::vector<Regex> regexes;
    std::vector<double> numbers;
    std::vector<Semver> semvers;
    std::vector<WallTime> times;
    std::vector<Networks> networks;
    std::vector<std::uint32_t> segment_uses;  // indexes of `segments`
    std::vector<CompiledSegment> segments;
};

/// Of a rule set without problems. See Snapshot::compile().
std::unique_ptr<const Compiled> compiled_of(Ruleset ruleset, const MemberLists& lists);

/// Each flag has one more than it has values: that of an answer without one comes first.
inline std::uint32_t place_of_members(
    const Compiled& all, std::uint32_t flag, std::uint16_t value
) {
    return all.flags[flag].values + flag + static_cast<std::uint16_t>(value + 1);
}

/// As evaluate() of evaluate.hpp, of a flag that was looked up.
Evaluation evaluate(const Compiled& all, const CompiledFlag& flag, const Subject& subject);

}  // namespace acme::flags
