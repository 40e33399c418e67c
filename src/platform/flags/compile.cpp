// From the document to the lists that evaluate.cpp walks over: texts become numbers, what can never
// be reached is left out, and a flag that depends on nothing becomes a constant.
#include "base/moment.hpp"
#include "base/text.hpp"
#include "platform/flags/buckets.hpp"
#include "platform/flags/compiled.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>
#include <map>

namespace acme::flags {
namespace {

std::string lower(std::string_view text) {
    std::string folded(text);
    for (char& c : folded) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return folded;
}

std::uint32_t size_of(const auto& list) { return static_cast<std::uint32_t>(list.size()); }

class Compiler {
public:
    Compiler(Ruleset ruleset, const MemberLists& lists)
        : lists_(lists), out_(std::make_unique<Compiled>()) {
        out_->ruleset = std::move(ruleset);
    }

    std::unique_ptr<Compiled> compile() && {
        for (const char* name : {"user_id", "org_id", "region", "device_id"}) slot_of(name);
        for (Segment& segment : out_->ruleset.segments) add_segment(segment);
        const auto& flags = out_->ruleset.flags;
        add_index();
        for (std::uint32_t i = 0; i < flags.size(); ++i) {
            out_->flags.emplace_back();
            add_values(flags[i], out_->flags.back());
        }
        for (std::uint32_t i = 0; i < flags.size(); ++i) add_flag(flags[i], out_->flags[i]);
        add_answers(*out_);
        return std::move(out_);
    }

private:
    std::uint16_t slot_of(std::string_view name) {
        const auto [found, is_new] = out_->slots.try_emplace(name, out_->slot_count);
        if (is_new) {
            if (name == "now") out_->now_slot = out_->slot_count;
            ++out_->slot_count;
        }
        return found->second;
    }

    void add_index() {
        const auto& flags = out_->ruleset.flags;
        Index& index = out_->index;
        index.places.resize(std::bit_ceil(flags.size() * 2 + 1));
        index.mask = index.places.size() - 1;
        for (std::uint32_t i = 0; i < flags.size(); ++i) {
            const std::uint64_t hash = hash_text(flags[i].key);
            std::uint64_t at = hash & index.mask;
            while (index.places[at].size != Index::free) at = (at + 1) & index.mask;
            index.places[at] = {.hash = hash, .flag = i, .size = size_of(flags[i].key)};
            by_key_.emplace(flags[i].key, i);
        }
    }

    std::string_view kept(std::string text) { return out_->texts.emplace_back(std::move(text)); }

    Value value_of(const Flag& flag, const boost::json::value& json, std::string_view key) {
        Value value;
        value.type = flag.type;
        value.key = key;
        value.label = key;
        if (json.is_bool()) value.boolean = json.get_bool();
        if (flag.type == ValueType::integer) value.integer = json.to_number<std::int64_t>();
        if (json.is_number()) value.number = json.to_number<double>();
        const std::string serialized = boost::json::serialize(json);
        value.text = flag.type == ValueType::string ? kept(std::string(json.get_string()))
                                                    : kept(serialized);
        if (flag.type == ValueType::boolean) value.label = value.boolean ? "true" : "false";
        if (key.empty()) value.label = "disabled";
        std::string members = "\"key\":\"" + flag.key + "\",\"value\":" + serialized;
        if (!key.empty()) append_json_string(members.append(",\"variant\":"), key);
        out_->members.push_back(kept(std::move(members)));
        return value;
    }

    void add_values(const Flag& flag, CompiledFlag& compiled) {
        compiled.type = flag.type;
        compiled.values = size_of(out_->values);
        out_->members.push_back(kept("\"key\":\"" + flag.key + "\""));
        compiled.variants = static_cast<std::uint16_t>(flag.variants.size());
        for (const Variant& variant : flag.variants) {
            out_->values.push_back(value_of(flag, variant.value, variant.key));
        }
        if (flag.off_value) {
            compiled.off = compiled.variants;
            out_->values.push_back(value_of(flag, *flag.off_value, ""));
        }
        compiled.places = out_->places;
        out_->places += compiled.variants + 4U;  // off value, disabled, default, error
    }

    std::uint16_t index_of(const Flag& flag, std::string_view variant) const {
        const auto found = std::ranges::find(flag.variants, variant, &Variant::key);
        return static_cast<std::uint16_t>(found - flag.variants.begin());
    }

    void add_flag(const Flag& flag, CompiledFlag& compiled) {
        if (!flag.is_enabled) {
            return make_constant(compiled, compiled.off, no_rule, Reason::disabled);
        }
        compiled.salted = Murmur(flag.salt, 0);
        compiled.units = units_of(flag.bucket_by);
        compiled.prerequisites.first = size_of(out_->prerequisites);
        for (const Prerequisite& one : flag.prerequisites) add_prerequisite(one);
        compiled.prerequisites.count = size_of(out_->prerequisites) - compiled.prerequisites.first;
        compiled.user_overrides = add_overrides(flag, SubjectKind::user);
        compiled.org_overrides = add_overrides(flag, SubjectKind::org);
        const bool has_rules = add_rules(flag, compiled);
        if (flag.fallthrough) compiled.fallthrough = serve_of(flag, *flag.fallthrough, nullptr);
        compiled.state = State::dynamic;
        const bool is_bare = flag.prerequisites.empty() && flag.overrides.empty();
        if (is_bare) fold(compiled, has_rules);
    }

    /// What is the same for everybody is found once.
    void fold(CompiledFlag& compiled, bool has_rules) {
        if (compiled.rules.count == 0 && !compiled.fallthrough.is_split) {
            const bool is_fixed = !has_rules && compiled.fallthrough.value != no_value;
            const Reason reason = is_fixed ? Reason::fixed : Reason::fallthrough;
            return make_constant(compiled, compiled.fallthrough.value, no_rule, reason);
        }
        if (compiled.rules.count == 0) return;
        const CompiledRule& first = out_->rules[compiled.rules.first];
        if (is_for_all(first) && !first.serve.is_split) {
            make_constant(compiled, first.serve.value, first.number, Reason::targeting_match);
        }
    }

    static bool is_for_all(const CompiledRule& rule) {
        return rule.clauses.count == 0 && rule.rollout == whole;
    }

    static void make_constant(
        CompiledFlag& compiled, std::uint16_t value, std::uint16_t rule, Reason reason
    ) {
        compiled.state = State::constant;
        compiled.value = value;
        compiled.rule = rule;
        compiled.reason = static_cast<std::uint8_t>(reason);
    }

    Units units_of(const std::vector<std::string>& names) {
        Units units;
        for (const std::string& name : names) units.slots.at(units.count++) = slot_of(name);
        return units;
    }

    void add_prerequisite(const Prerequisite& one) {
        const std::uint32_t index = by_key_.at(one.flag);
        std::uint64_t variants = 0;
        for (const std::string& key : one.variants) {
            variants |= std::uint64_t{1} << index_of(out_->ruleset.flags[index], key);
        }
        out_->prerequisites.push_back({.flag = index, .variants = variants, .or_none = one.or_none}
        );
    }

    Range add_overrides(const Flag& flag, SubjectKind kind) {
        const Range range{.first = size_of(out_->overrides)};
        for (const Override& one : flag.overrides) {
            if (one.kind != kind) continue;
            out_->overrides.push_back({
                .hash = hash_text(one.id),
                .id = one.id,
                .value = index_of(flag, one.variant),
                .expires_at = one.expires_at.value_or(WallTime::max()),
            });
        }
        std::ranges::sort(
            out_->overrides.begin() + range.first,
            out_->overrides.end(),
            {},
            &CompiledOverride::hash
        );
        return {.first = range.first, .count = size_of(out_->overrides) - range.first};
    }

    /// Whether there are any that are enabled. Those that reach nobody, and those after one that
    /// reaches everybody, are left out.
    bool add_rules(const Flag& flag, CompiledFlag& compiled) {
        bool has_rules = false;
        bool is_reached = true;
        std::vector<CompiledRule> rules;
        for (std::size_t i = 0; i < flag.rules.size(); ++i) {
            if (!flag.rules[i].is_enabled) continue;
            has_rules = true;
            if (!is_reached || flag.rules[i].rollout == 0U) continue;
            rules.push_back(rule_of(flag, flag.rules[i], static_cast<std::uint16_t>(i)));
            is_reached = !is_for_all(rules.back()) || rules.back().is_import;
        }
        compiled.rules = {.first = size_of(out_->rules), .count = size_of(rules)};
        std::ranges::move(rules, std::back_inserter(out_->rules));
        return has_rules;
    }

    CompiledRule rule_of(const Flag& flag, const Rule& rule, std::uint16_t number) {
        CompiledRule compiled;
        compiled.number = number;
        compiled.clauses = add_clauses(rule.clauses);
        compiled.rollout = rule.rollout.value_or(whole);
        compiled.units = units_of(rule.bucket_by.empty() ? flag.bucket_by : rule.bucket_by);
        const bool is_import = rule.hash && rule.hash->scheme != Scheme::acme;
        compiled.serve = serve_of(flag, rule.serve, is_import ? &*rule.hash : nullptr);
        if (is_import && (compiled.rollout < whole || compiled.serve.is_split)) {
            compiled.is_import = true;
            compiled.import_ = size_of(out_->imports);
            out_->imports.push_back(import_of(rule, compiled));
        }
        // Of GrowthBook's experiments the coverage shortens each share; deal() does it.
        compiled.has_gate = compiled.rollout < whole && !(compiled.serve.is_split && is_import &&
                                                          is_growthbook(rule.hash->scheme));
        return compiled;
    }

    Import import_of(const Rule& rule, const CompiledRule& compiled) {
        const Hash& hash = *rule.hash;
        Import import_{
            .scheme = hash.scheme,
            .group = hash.group,
            .split_group = hash.split_group.empty() ? hash.group : hash.split_group,
            .split_units = hash.split_by.empty() ? compiled.units : units_of(hash.split_by),
            .rollout = compiled.rollout,
        };
        for (const Share& share : rule.serve.split) import_.weights += share.weight;
        return salted(std::move(import_));
    }

    CompiledServe serve_of(const Flag& flag, const Serve& serve, const Hash* hash) {
        CompiledServe compiled;
        if (serve.split.empty()) {
            compiled.value = index_of(flag, serve.variant);
            return compiled;
        }
        compiled.shares.first = size_of(out_->shares);
        std::uint32_t below = 0;
        for (const Share& share : serve.split) {
            if (share.weight == 0) continue;
            below += share.weight;
            out_->shares.push_back({.below = below, .value = index_of(flag, share.variant)});
        }
        compiled.shares.count = size_of(out_->shares) - compiled.shares.first;
        if (compiled.shares.count == 1) {
            compiled.value = out_->shares.back().value;
            return compiled;
        }
        compiled.is_split = true;
        if (hash == nullptr) compiled.salted = Murmur(flag.salt, split_seed);
        return compiled;
    }

    void add_segment(Segment& segment) {
        CompiledSegment compiled;
        compiled.members = members_of(segment);
        compiled.clauses = add_clauses(segment.clauses);
        segments_.emplace(segment.key, size_of(out_->segments));
        out_->segments.push_back(std::move(compiled));
    }

    std::shared_ptr<const MemberList> members_of(Segment& segment) {
        const auto found = lists_.find(segment.list);
        if (found != lists_.end()) return found->second;
        auto members = std::make_shared<const MemberList>(
            Members(std::move(segment.users)), Members(std::move(segment.orgs))
        );
        segment.users.clear();
        segment.orgs.clear();
        return members;
    }

    Range add_clauses(const std::vector<Clause>& clauses) {
        // Made before they are put together: those of a rule stand side by side.
        std::vector<CompiledClause> made;
        made.reserve(clauses.size());
        for (const Clause& clause : clauses) made.push_back(clause_of(clause));
        const Range range{.first = size_of(out_->clauses), .count = size_of(made)};
        std::ranges::move(made, std::back_inserter(out_->clauses));
        return range;
    }

    template <class T, class Make>
    void fill(CompiledClause& compiled, std::vector<T>& list, const Clause& clause, Make make) {
        compiled.data = size_of(list);
        compiled.count = size_of(clause.values);
        for (const std::string& text : clause.values) list.push_back(make(text));
    }

    CompiledClause clause_of(const Clause& clause) {
        CompiledClause compiled{
            .op = clause.op, .negate = clause.negate, .ignores_case = clause.ignores_case
        };
        if (clause.op != Op::segment) compiled.slot = slot_of(clause.attribute);
        if (clause.ignores_case) {
            fill(compiled, out_->folded, clause, lower);
            return compiled;
        }
        switch (clause.op) {
            case Op::in: fill_in(compiled, clause); break;
            case Op::starts_with:
            case Op::ends_with:
            case Op::contains:
                fill(compiled, out_->patterns, clause, [](const std::string& text) {
                    return std::string_view(text);
                });
                break;
            case Op::matches:
                fill(compiled, out_->regexes, clause, [](const std::string& text) {
                    return Regex(text);
                });
                break;
            case Op::lt:
            case Op::le:
            case Op::gt:
            case Op::ge:
            case Op::eq: fill(compiled, out_->numbers, clause, number_in); break;
            case Op::semver_lt:
            case Op::semver_le:
            case Op::semver_eq:
            case Op::semver_ge:
            case Op::semver_gt:
                fill(compiled, out_->semvers, clause, [](const std::string& text) {
                    return *Semver::parse(text);
                });
                break;
            case Op::before:
            case Op::after:
                fill(compiled, out_->times, clause, [](const std::string& text) {
                    return *parse_time(text);
                });
                break;
            case Op::cidr:
                fill(compiled, out_->networks, clause, [](const std::string& text) {
                    return *Networks::parse(text);
                });
                break;
            case Op::segment:
                fill(compiled, out_->segment_uses, clause, [this](const std::string& text) {
                    return segments_.at(text);
                });
                break;
            case Op::present: break;
        }
        return compiled;
    }

    static double number_in(std::string_view text) {
        double number = 0;
        std::from_chars(text.data(), text.data() + text.size(), number);
        return number;
    }

    void fill_in(CompiledClause& compiled, const Clause& clause) {
        if (clause.values.size() <= few_max) {
            Few few;
            for (const std::string& text : clause.values) {
                compiled.bits |= bit_of(few.hashes.at(few.count) = hash_text(text));
                few.texts.at(few.count++) = text;
            }
            compiled.is_few = true;
            const auto [found, is_new] = few_.try_emplace(few.texts, size_of(out_->few));
            if (is_new) out_->few.push_back(few);
            compiled.data = found->second;
            return;
        }
        compiled.is_many = true;
        compiled.data = size_of(out_->sets);
        out_->sets.emplace_back(clause.values);
        for (const std::string& text : clause.values) compiled.bits |= bit_of(hash_text(text));
    }

    const MemberLists& lists_;
    std::unique_ptr<Compiled> out_;
    std::unordered_map<std::string_view, std::uint32_t> by_key_;
    std::unordered_map<std::string_view, std::uint32_t> segments_;
    std::map<decltype(Few::texts), std::uint32_t> few_;  // which many flags ask for lie there once
};

}  // namespace

std::unique_ptr<const Compiled> compiled_of(Ruleset ruleset, const MemberLists& lists) {
    return Compiler(std::move(ruleset), lists).compile();
}

}  // namespace acme::flags
