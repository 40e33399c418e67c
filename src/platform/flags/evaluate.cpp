#include "platform/flags/evaluate.hpp"

#include "platform/flags/walk.hpp"

#include <span>

namespace acme::flags {
namespace {

template <class T>
std::span<const T> part(const std::vector<T>& list, Range range) {
    return {list.data() + range.first, range.count};
}

/// Rules whose clauses hold, but whose unit is absent, say so.
enum class Match : std::uint8_t { no, yes, lacks_unit };

class Evaluator {
public:
    Evaluator(const Compiled& all, const CompiledFlag& flag, const Subject& subject)
        : all_(all), flag_(flag), subject_(subject) {}

    Evaluation evaluate() const {
        Evaluation result;
        if (flag_.prerequisites.count > 0 && !are_met(result)) return result;
        if (flag_.user_overrides.count > 0 &&
            is_overridden(flag_.user_overrides, user_slot, result)) {
            return result;
        }
        if (flag_.org_overrides.count > 0 && is_overridden(flag_.org_overrides, org_slot, result)) {
            return result;
        }
        for (const CompiledRule& rule : part(all_.rules, flag_.rules)) {
            switch (match(rule, result)) {
                case Match::no: break;
                case Match::yes: return result;
                case Match::lacks_unit: {
                    Evaluation rest = fallthrough();
                    rest.fault = Fault::targeting_key_missing;
                    return rest;
                }
            }
        }
        return fallthrough();
    }

private:
    bool are_met(Evaluation& result) const {
        for (std::uint32_t i = 0; i < flag_.prerequisites.count; ++i) {
            const CompiledPrerequisite& one = all_.prerequisites[flag_.prerequisites.first + i];
            const CompiledFlag& other = all_.flags[one.flag];
            const std::uint16_t value = value_of(other);
            const bool is_variant = value < other.variants;
            if (is_variant ? (one.variants >> value & 1) != 0 : one.or_none) continue;
            result.value = flag_.off;
            result.prerequisite = static_cast<std::uint16_t>(i);
            return false;
        }
        return true;
    }

    std::uint16_t value_of(const CompiledFlag& other) const {
        if (other.state == State::constant) {
            // The off value of a flag that is off is no variant, and lies after them.
            return other.value;
        }
        return Evaluator(all_, other, subject_).evaluate().value;
    }

    bool is_overridden(Range range, std::uint16_t slot, Evaluation& result) const {
        const CompiledOverride* const found = override_of(all_, range, slot, subject_);
        if (found == nullptr) return false;
        result.value = found->value;
        result.reason = Reason::targeting_match;
        return true;
    }

    /// Most clauses are about a few values: those cost no call, and what is surely none of many
    /// costs none either.
    bool holds(const CompiledClause& clause) const {
        if (!clause.is_few && !clause.is_many) return clause_holds(all_, clause, subject_);
        const Subject::Attribute& attribute = subject_.at(clause.slot);
        const bool may_be = attribute.is_present && (clause.bits & bit_of(attribute.hash)) != 0;
        if (!may_be) return clause.negate;
        const bool is_in = clause.is_few
                               ? is_of_few(all_.few[clause.data], attribute)
                               : all_.sets[clause.data].contains(attribute.text, attribute.hash);
        return is_in != clause.negate;
    }

    Match match(const CompiledRule& rule, Evaluation& result) const {
        for (const CompiledClause& clause : part(all_.clauses, rule.clauses)) {
            if (!holds(clause)) return Match::no;
        }
        if (rule.has_gate) {
            const Subject::Attribute* const unit = unit_of(rule.units, subject_);
            if (unit == nullptr) return rule.is_import ? Match::no : Match::lacks_unit;
            if (!rollout_of(all_, flag_, rule, unit->text).is_in()) return Match::no;
        }
        if (!rule.serve.is_split) {
            result.value = rule.serve.value;
            result.reason = Reason::targeting_match;
        } else {
            const Import* const import_ = rule.is_import ? &all_.imports[rule.import_] : nullptr;
            const Units& units = import_ == nullptr ? rule.units : import_->split_units;
            const Subject::Attribute* const unit = unit_of(units, subject_);
            if (unit == nullptr) return rule.is_import ? Match::no : Match::lacks_unit;
            result.value = deal(all_, rule.serve, import_, unit->text).value;
            if (result.value == no_value) return Match::no;
            result.reason = Reason::split;
        }
        result.rule = rule.number;
        return Match::yes;
    }

    Evaluation fallthrough() const {
        Evaluation result{.value = flag_.fallthrough.value, .reason = Reason::fallthrough};
        if (!flag_.fallthrough.is_split) return result;
        const Subject::Attribute* const unit = unit_of(flag_.units, subject_);
        if (unit == nullptr) {
            result.fault = Fault::targeting_key_missing;
            return result;
        }
        result.value = deal(all_, flag_.fallthrough, nullptr, unit->text).value;
        result.reason = Reason::split;
        return result;
    }

    const Compiled& all_;
    const CompiledFlag& flag_;
    const Subject& subject_;
};

}  // namespace

Evaluation evaluate(const Snapshot& snapshot, std::uint32_t flag, const Subject& subject) {
    const Compiled& all = snapshot.compiled();
    return evaluate(all, all.flags[flag], subject);
}

Evaluation evaluate(const Compiled& all, const CompiledFlag& flag, const Subject& subject) {
    if (flag.state == State::constant) return constant_of(flag);
    return Evaluator(all, flag, subject).evaluate();
}

}  // namespace acme::flags
