#include "platform/flags/interpreter_test.hpp"

#include "base/moment.hpp"
#include "base/networks.hpp"
#include "platform/flags/semver.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstring>
#include <re2/re2.h>

namespace acme::flags::plain {
namespace {

using std::optional;
using std::string;

string lower(string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

optional<double> number(const string& text) {
    if (text.empty() || std::isspace(static_cast<unsigned char>(text[0])) || text[0] == '+')
        return {};
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    return *end == '\0' ? optional(value) : std::nullopt;
}

template <class T>
bool compare(Op op, const T& a, const T& b) {
    switch (op) {
        case Op::lt:
        case Op::semver_lt:
        case Op::before: return a < b;
        case Op::le:
        case Op::semver_le: return a <= b;
        case Op::gt:
        case Op::semver_gt:
        case Op::after: return a > b;
        case Op::ge:
        case Op::semver_ge: return a >= b;
        default: return a == b;
    }
}

bool value_holds(const Clause& clause, string text, string value) {
    if (clause.ignores_case) {
        text = lower(text);
        value = lower(value);
    }
    const string op(word_of(clause.op));
    if (op == "in") return text == value;
    if (op == "starts_with") return text.starts_with(value);
    if (op == "ends_with") return text.ends_with(value);
    if (op == "contains") return text.find(value) != string::npos;
    if (op == "matches") return re2::RE2::PartialMatch(text, re2::RE2(value));
    if (op == "cidr") return Networks::parse(value)->contains(text);
    if (op.starts_with("semver")) {
        const auto a = Semver::parse(text);
        return a && compare(clause.op, *a, *Semver::parse(value));
    }
    if (op == "before" || op == "after") {
        const auto a = parse_time(text);
        return a && compare(clause.op, *a, *parse_time(value));
    }
    const auto a = number(text);
    return a && compare(clause.op, *a, *number(value));
}

class Interpreter {
public:
    Interpreter(const Ruleset& ruleset, const Attributes& attributes, WallTime now)
        : ruleset_(ruleset), attributes_(attributes), now_(now) {}

    Outcome evaluate(const Flag& flag) const {
        if (!flag.is_enabled) return off(flag, Reason::disabled);
        for (const Prerequisite& one : flag.prerequisites) {
            const auto other = std::ranges::find(ruleset_.flags, one.flag, &Flag::key);
            const string variant = evaluate(*other).variant;
            const bool is_one = std::ranges::find(one.variants, variant) != one.variants.end();
            if (variant.empty() ? !one.or_none : !is_one) {
                Outcome outcome = off(flag, Reason::fallthrough);
                outcome.prerequisite = one.flag;
                return outcome;
            }
        }
        for (const SubjectKind kind : {SubjectKind::user, SubjectKind::org}) {
            for (const Override& one : flag.overrides) {
                const auto id = attribute(kind == SubjectKind::user ? "user_id" : "org_id");
                const bool is_over = one.expires_at && now_ >= *one.expires_at;
                if (one.kind == kind && id == one.id && !is_over) {
                    return served(flag, one.variant, Reason::targeting_match);
                }
            }
        }
        bool has_rules = !flag.prerequisites.empty() || !flag.overrides.empty();
        for (const Rule& rule : flag.rules) {
            if (!rule.is_enabled) continue;
            has_rules = true;
            bool lacks_unit = false;
            if (auto outcome = match(flag, rule, lacks_unit)) return *outcome;
            if (!lacks_unit) continue;
            Outcome outcome = fallthrough(flag, true);
            outcome.fault = Fault::targeting_key_missing;
            return outcome;
        }
        return fallthrough(flag, has_rules);
    }

private:
    optional<string> attribute(const string& name) const {
        const auto found = attributes_.find(name);
        return found == attributes_.end() ? std::nullopt : optional(found->second);
    }

    static Outcome served(const Flag& flag, const string& variant, Reason reason) {
        const auto found = std::ranges::find(flag.variants, variant, &Variant::key);
        Outcome outcome;
        outcome.variant = variant;
        outcome.value = boost::json::serialize(found->value);
        outcome.reason = reason;
        return outcome;
    }

    static Outcome off(const Flag& flag, Reason reason) {
        Outcome outcome;
        if (flag.off_value) outcome.value = boost::json::serialize(*flag.off_value);
        outcome.reason = reason;
        return outcome;
    }

    bool in_segment(const string& key) const {
        const auto segment = std::ranges::find(ruleset_.segments, key, &Segment::key);
        const auto has = [](const auto& list, const optional<string>& id) {
            return id && std::ranges::find(list, *id) != list.end();
        };
        if (has(segment->users, attribute("user_id"))) return true;
        if (has(segment->orgs, attribute("org_id"))) return true;
        return !segment->clauses.empty() && all_hold(segment->clauses);
    }

    bool holds(const Clause& clause) const {
        const auto any = [&](auto test) { return std::ranges::any_of(clause.values, test); };
        if (clause.op == Op::segment)
            return any([&](const string& key) { return in_segment(key); });
        auto text = attribute(clause.attribute);
        const bool is_time = clause.op == Op::before || clause.op == Op::after;
        if (!text && is_time && clause.attribute == "now") text = to_rfc3339(now_);
        if (!text) return false;
        if (clause.op == Op::present) return true;
        return any([&](const string& value) { return value_holds(clause, *text, value); });
    }

    bool all_hold(const std::vector<Clause>& clauses) const {
        return std::ranges::all_of(clauses, [&](const Clause& one) {
            return holds(one) != one.negate;
        });
    }

    optional<string> unit(const Flag& flag, const std::vector<string>& names) const {
        for (const string& name : names.empty() ? flag.bucket_by : names) {
            if (auto text = attribute(name)) return text;
        }
        return std::nullopt;
    }

    static std::uint32_t bucket(const string& text, std::uint32_t seed) {
        return static_cast<std::uint32_t>(std::uint64_t{murmur3(text, seed)} * 100000 >> 32);
    }

    /// The only share that gets something; "" when there are several.
    static string only_variant(const Serve& serve) {
        if (serve.split.empty()) return serve.variant;
        string only;
        for (const Share& share : serve.split) {
            if (share.weight == 0) continue;
            if (!only.empty()) return "";
            only = share.variant;
        }
        return only;
    }

    static string dealt(const Flag& flag, const Serve& serve, const string& unit) {
        const std::uint32_t number = bucket(flag.salt + unit, 0x9747b28c);
        std::uint32_t below = 0;
        for (const Share& share : serve.split) {
            below += share.weight;
            if (number < below) return share.variant;
        }
        return "";
    }

    optional<Outcome> match(const Flag& flag, const Rule& rule, bool& lacks_unit) const {
        if (rule.rollout == 0U || !all_hold(rule.clauses)) return std::nullopt;
        const string only = only_variant(rule.serve);
        const bool has_gate = rule.rollout && *rule.rollout < 100000;
        const auto text = unit(flag, rule.bucket_by);
        lacks_unit = !text && (has_gate || only.empty());
        if (lacks_unit) return std::nullopt;
        if (has_gate && bucket(flag.salt + *text, 0) >= *rule.rollout) return std::nullopt;
        Outcome outcome = only.empty() ? served(flag, dealt(flag, rule.serve, *text), Reason::split)
                                       : served(flag, only, Reason::targeting_match);
        outcome.rule = rule.id;
        return outcome;
    }

    Outcome fallthrough(const Flag& flag, bool has_rules) const {
        if (!flag.fallthrough) return {};
        const string only = only_variant(*flag.fallthrough);
        if (!only.empty()) {
            return served(flag, only, has_rules ? Reason::fallthrough : Reason::fixed);
        }
        Outcome outcome;
        const auto text = unit(flag, {});
        if (!text) {
            outcome.fault = Fault::targeting_key_missing;
            return outcome;
        }
        return served(flag, dealt(flag, *flag.fallthrough, *text), Reason::split);
    }

    const Ruleset& ruleset_;
    const Attributes& attributes_;
    WallTime now_;
};

}  // namespace

Outcome interpret(
    const Ruleset& ruleset, const Flag& flag, const Attributes& attributes, WallTime now
) {
    return Interpreter(ruleset, attributes, now).evaluate(flag);
}

Outcome compiled(const Snapshot& snapshot, std::string_view key, const Subject& subject) {
    const std::uint32_t flag = snapshot.find(key).value();
    const Evaluation result = evaluate(snapshot, flag, subject);
    Outcome outcome;
    if (result.has_value()) {
        outcome.variant = snapshot.value_of(flag, result.value).key;
        outcome.value = boost::json::serialize(snapshot.json_of(flag, result.value));
    }
    outcome.rule = snapshot.rule_id(flag, result.rule);
    outcome.prerequisite = snapshot.prerequisite_of(flag, result.prerequisite);
    outcome.reason = result.reason;
    outcome.fault = result.fault;
    return outcome;
}

std::uint32_t murmur3(std::string_view text, std::uint32_t seed) {
    const auto rotl = [](std::uint32_t x, int r) { return x << r | x >> (32 - r); };
    std::uint32_t h = seed;
    const std::size_t blocks = text.size() / 4;
    for (std::size_t i = 0; i < blocks; ++i) {
        std::uint32_t k = 0;
        std::memcpy(&k, text.data() + 4 * i, 4);
        h = rotl(h ^ rotl(k * 0xcc9e2d51, 15) * 0x1b873593, 13) * 5 + 0xe6546b64;
    }
    std::uint32_t k = 0;
    for (std::size_t i = text.size() % 4; i > 0; --i) {
        k = k << 8 | static_cast<unsigned char>(text[4 * blocks + i - 1]);
    }
    h ^= rotl(k * 0xcc9e2d51, 15) * 0x1b873593;
    h ^= static_cast<std::uint32_t>(text.size());
    h = (h ^ h >> 16) * 0x85ebca6b;
    h = (h ^ h >> 13) * 0xc2b2ae35;
    return h ^ h >> 16;
}

}  // namespace acme::flags::plain
