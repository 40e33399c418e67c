#include "platform/flags/explain.hpp"

#include "base/text.hpp"
#include "platform/flags/walk.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace acme::flags {
namespace {

using What = Step::What;

/// 38412 as 38,412.
std::string grouped(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
    return digits;
}

std::string attribute_words(std::string_view name) {
    if (name == "user_id") return "user";
    if (name == "org_id") return "organization";
    return std::string(name);
}

std::string op_words(Op op, bool is_plural) {
    switch (op) {
        case Op::in: return is_plural ? "one of" : "";
        case Op::matches: return "like";
        case Op::lt: return "less than";
        case Op::le: return "at most";
        case Op::gt: return "more than";
        case Op::ge: return "at least";
        case Op::eq: return "the number";
        case Op::semver_lt: return "an earlier version than";
        case Op::semver_le: return "at the latest version";
        case Op::semver_eq: return "version";
        case Op::semver_ge: return "at least version";
        case Op::semver_gt: return "a later version than";
        case Op::cidr: return "in network";
        default: return std::string(word_of(op));
    }
}

/// "eu-west", or how many there are: lists of ids do not belong in a sentence.
std::string values_words(const Clause& clause) {
    if (clause.values.size() == 1) return clause.values.front();
    if (clause.op == Op::in && clause.values.size() > 3)
        return std::to_string(clause.values.size());
    std::string words;
    for (const std::string& value : clause.values) {
        if (!words.empty()) words += ", ";
        if (words.size() > 100) return words + "…";
        words += value;
    }
    return words;
}

/// What is so of the subject: "region eu-west is one of 4", "region is not known".
std::string clause_words(const Clause& clause, const Subject::Attribute* attribute, bool is_so) {
    const std::string values = values_words(clause);
    const std::string is = is_so ? " is " : " is not ";
    if (clause.op == Op::segment) return "the user or organization" + is + "in segment " + values;
    const std::string name = attribute_words(clause.attribute);
    if (clause.op == Op::present) return name + is + "known";
    if (attribute == nullptr && clause.attribute != "now") return name + " is not known";
    const std::string who = attribute == nullptr ? name : name + " " + attribute->text;
    switch (clause.op) {
        case Op::starts_with:
            return who + (is_so ? " starts with " : " does not start with ") + values;
        case Op::ends_with: return who + (is_so ? " ends with " : " does not end with ") + values;
        case Op::contains: return who + (is_so ? " contains " : " does not contain ") + values;
        default: break;
    }
    const std::string op = op_words(clause.op, clause.values.size() > 1);
    if (clause.op == Op::in && clause.values.size() == 1 && is_so) return name + " is " + values;
    return who + is + (op.empty() ? "" : op + " ") + values;
}

class Teller {
public:
    Teller(const Snapshot& snapshot, std::uint32_t index, const Subject& subject)
        : snapshot_(snapshot),
          all_(snapshot.compiled()),
          flag_(all_.flags[index]),
          document_(all_.ruleset.flags[index]),
          subject_(subject) {}

    std::vector<Step> tell(const Evaluation& outcome) && {
        const std::string where = " in " + all_.ruleset.environment;
        add(What::state,
            document_.is_enabled,
            std::string(document_.is_enabled ? "Flag is on" : "Flag is off") + where);
        if (!document_.is_enabled) return std::move(steps_);
        prerequisites();
        if (outcome.prerequisite != no_prerequisite) return std::move(steps_);
        overrides();
        for (std::size_t i = 0; i < document_.rules.size(); ++i) rule(i, outcome);
        if (document_.fallthrough) fallthrough(outcome);
        return std::move(steps_);
    }

private:
    Step& add(What what, std::optional<bool> is_met, std::string text) {
        Step& step = steps_.emplace_back();
        step.what = what;
        step.is_met = is_met;
        step.text = std::move(text);
        step.rule = rule_;
        return step;
    }

    void prerequisites() {
        for (std::size_t i = 0; i < document_.prerequisites.size(); ++i) {
            const Prerequisite& one = document_.prerequisites[i];
            const std::uint32_t other = all_.prerequisites[flag_.prerequisites.first + i].flag;
            const Evaluation outcome = evaluate(snapshot_, other, subject_);
            const std::string_view variant =
                outcome.has_value() ? snapshot_.value_of(other, outcome.value).key : "";
            const bool is_one = std::ranges::find(one.variants, variant) != one.variants.end();
            const bool is_met = variant.empty() ? one.or_none : is_one;
            std::string text = "Prerequisite " + one.flag + " serves ";
            text += variant.empty() ? "no variant" : std::string(variant);
            add(What::prerequisite, is_met, std::move(text));
        }
    }

    void overrides() {
        if (document_.overrides.empty()) return;
        const auto* user = override_of(all_, flag_.user_overrides, user_slot, subject_);
        const auto* org = override_of(all_, flag_.org_overrides, org_slot, subject_);
        const auto text = [](const char* kind, const CompiledOverride* found) {
            return std::string("Override of the ") + kind +
                   (found ? ": " + std::string(found->id) : ": none");
        };
        if (flag_.user_overrides.count > 0) {
            add(What::override_, user != nullptr, text("user", user));
        }
        if (flag_.org_overrides.count > 0 && user == nullptr) {
            add(What::override_, org != nullptr, text("organization", org));
        }
    }

    /// The compiled one; null when it is switched off, reaches nobody or is never reached.
    const CompiledRule* compiled_of(std::size_t number) const {
        for (std::uint32_t i = 0; i < flag_.rules.count; ++i) {
            const CompiledRule& rule = all_.rules[flag_.rules.first + i];
            if (rule.number == number) return &rule;
        }
        return nullptr;
    }

    void rule(std::size_t number, const Evaluation& outcome) {
        const Rule& rule = document_.rules[number];
        rule_ = rule.id;
        told_ = "Rule " + std::to_string(number + 1) + ": ";
        const CompiledRule* const compiled = compiled_of(number);
        const bool is_passed = outcome.has_value() && outcome.rule == no_rule &&
                               outcome.reason == Reason::targeting_match;  // an override decided
        if (!rule.is_enabled) {
            add(What::rule, std::nullopt, told_ + "is switched off");
        } else if (is_passed || is_decided_) {
            add(What::rule, std::nullopt, told_ + "was not needed");
        } else if (compiled == nullptr) {
            add(What::rule, false, told_ + (rule.rollout == 0U ? "reaches 0 %" : "is never reached")
            );
        } else {
            asked(rule, *compiled);
            is_decided_ = is_decided_ || outcome.rule == number;
        }
        rule_.clear();
    }

    void asked(const Rule& rule, const CompiledRule& compiled) {
        bool do_all_hold = true;
        for (std::size_t i = 0; i < rule.clauses.size(); ++i) {
            const CompiledClause& clause = all_.clauses[compiled.clauses.first + i];
            const bool holds = clause_holds(all_, clause, subject_);
            const bool is_there = clause.slot != no_slot && subject_.at(clause.slot).is_present;
            const auto* attribute = is_there ? &subject_.at(clause.slot) : nullptr;
            const bool is_so = holds != clause.negate;
            add(What::clause, holds, told_ + clause_words(rule.clauses[i], attribute, is_so));
            do_all_hold = do_all_hold && holds;
        }
        if (rule.clauses.empty()) add(What::rule, true, told_ + "asks for nothing");
        if (!do_all_hold) return;
        if (compiled.has_gate) {
            const auto* const unit = unit_of(compiled.units, subject_);
            if (unit == nullptr) return lacks_unit(compiled.is_import);
            const Bucket bucket = rollout_of(all_, flag_, compiled, unit->text);
            const char* const relation = bucket.is_in() ? " is under " : " is not under ";
            Step& step =
                add(What::rollout,
                    bucket.is_in(),
                    told_ + "bucket " + grouped(bucket.number) + relation + grouped(bucket.end));
            step.bucket = bucket.number;
            step.of = bucket.of;
            if (!bucket.is_in()) return;
        }
        const Import* const import_ =
            compiled.is_import ? &all_.imports[compiled.import_] : nullptr;
        split(compiled.serve, import_, import_ ? import_->split_units : compiled.units);
    }

    void lacks_unit(bool is_import) {
        add(What::rollout,
            false,
            told_ + (is_import ? "nothing to bucket by is known"
                               : "nothing to bucket by is known; the fallthrough is served"));
        is_decided_ = !is_import;
    }

    void split(const CompiledServe& serve, const Import* import_, const Units& units) {
        if (!serve.is_split) return;
        const auto* const unit = unit_of(units, subject_);
        if (unit == nullptr) return lacks_unit(import_ != nullptr);
        const Dealt dealt = deal(all_, serve, import_, unit->text);
        std::string text = "Split: bucket " + grouped(dealt.bucket.number) + " falls in ";
        if (dealt.value == no_value) {
            text += "no share";
        } else {
            text += std::string(all_.values[flag_.values + dealt.value].key) + " (" +
                    grouped(dealt.first) + "–" + grouped(dealt.end - 1) + ")";
        }
        Step& step = add(What::split, dealt.value != no_value, std::move(text));
        step.bucket = dealt.bucket.number;
        step.of = dealt.bucket.of;
    }

    void fallthrough(const Evaluation& outcome) {
        const bool is_it = outcome.rule == no_rule && outcome.reason != Reason::targeting_match;
        if (!is_it) {
            add(What::fallthrough, std::nullopt, "Otherwise: was not needed");
        } else if (flag_.fallthrough.is_split) {
            told_ = "Otherwise: ";
            split(flag_.fallthrough, nullptr, flag_.units);
        } else {
            const auto variant = all_.values[flag_.values + flag_.fallthrough.value].key;
            add(What::fallthrough, true, "Otherwise: " + std::string(variant));
        }
    }

    const Snapshot& snapshot_;
    const Compiled& all_;
    const CompiledFlag& flag_;
    const Flag& document_;
    const Subject& subject_;
    std::vector<Step> steps_;
    std::string rule_;  // that is being told of
    std::string told_;  // what its sentences begin with
    bool is_decided_ = false;
};

}  // namespace

Explanation explain(const Snapshot& snapshot, std::uint32_t flag, const Subject& subject) {
    const Evaluation outcome = evaluate(snapshot, flag, subject);
    return {.evaluation = outcome, .steps = Teller(snapshot, flag, subject).tell(outcome)};
}

boost::json::object to_json(
    const Snapshot& snapshot, std::uint32_t flag, const Explanation& explanation
) {
    namespace json = boost::json;
    const Evaluation& outcome = explanation.evaluation;
    const auto or_null = [](std::string_view text) {
        return text.empty() ? json::value() : json::value(text);
    };
    json::array steps;
    for (const Step& step : explanation.steps) {
        json::object object{{"what", word_of(step.what)}, {"ok", nullptr}, {"text", step.text}};
        if (step.is_met) object["ok"] = *step.is_met;
        if (!step.rule.empty()) object["rule"] = step.rule;
        if (step.bucket) object["bucket"] = *step.bucket;
        if (step.of) object["of"] = *step.of;
        steps.push_back(std::move(object));
    }
    json::object object{{"value", nullptr}, {"variant", nullptr}};
    if (outcome.has_value()) {
        object["value"] = snapshot.json_of(flag, outcome.value);
        object["variant"] = or_null(snapshot.value_of(flag, outcome.value).key);
    }
    object["reason"] = word_of(outcome.reason);
    object["rule"] = or_null(snapshot.rule_id(flag, outcome.rule));
    object["prerequisite"] = or_null(snapshot.prerequisite_of(flag, outcome.prerequisite));
    object["error_code"] = or_null(word_of(outcome.fault));
    object["steps"] = std::move(steps);
    return object;
}

}  // namespace acme::flags
