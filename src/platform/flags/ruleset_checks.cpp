// What values must be; their shape is read in ruleset_parse.cpp, and what only the whole rule set
// shows is in ruleset_whole.cpp.
#include "base/moment.hpp"
#include "base/networks.hpp"
#include "platform/flags/regex.hpp"
#include "platform/flags/ruleset.hpp"
#include "platform/flags/semver.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

namespace acme::flags {
namespace {

bool is_number(std::string_view text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() && std::isfinite(number);
}

bool is_of_type(const boost::json::value& value, ValueType type) {
    boost::system::error_code error;
    switch (type) {
        case ValueType::boolean: return value.is_bool();
        case ValueType::string: return value.is_string();
        case ValueType::integer: {
            const auto number = value.is_number() ? value.to_number<std::int64_t>(error) : 0;
            static_cast<void>(number);
            return value.is_number() && !error;
        }
        case ValueType::number: return value.is_number();
        case ValueType::json: return true;
    }
    return false;
}

std::string_view name_of(ValueType type) {
    switch (type) {
        case ValueType::boolean: return "true or false";
        case ValueType::string: return "a text";
        case ValueType::integer: return "a whole number of 64 bits";
        case ValueType::number: return "a number";
        case ValueType::json: return "JSON";
    }
    return "";
}

class Checks {
public:
    explicit Checks(std::string root) : root_(std::move(root)) {}

    void add(const std::string& pointer, std::string code, std::string detail) {
        problems_.push_back({root_ + pointer, std::move(code), std::move(detail)});
    }

    void key(const std::string& pointer, std::string_view text) {
        if (is_key(text)) return;
        add(pointer,
            "flags.key",
            "A key has 1 to 100 characters: a-z, 0-9, and after the first also . _ and -.");
    }

    void flag_key(const std::string& pointer, std::string_view text) {
        if (is_flag_key(text)) return;
        add(pointer,
            "flags.key",
            "A key has 1 to 100 characters, without blanks and none of / ? # % quotes and \\.");
    }

    /// A text that must not be empty, unless it may.
    void text(const std::string& pointer, std::string_view text, bool may_be_empty = false) {
        if (text.empty() && !may_be_empty)
            add(pointer, "flags.required", "This must not be empty.");
        if (text.size() > text_bytes_max) {
            add(pointer, "flags.too_long", "This has at most 1000 bytes.");
        }
    }

    template <class List>
    void count(const std::string& pointer, const List& list, std::size_t most) {
        if (list.size() <= most) return;
        add(pointer, "flags.too_many", "There are at most " + std::to_string(most) + " of these.");
    }

    void names(const std::string& pointer, const std::vector<std::string>& list) {
        count(pointer, list, bucket_by_max);
        for (std::size_t i = 0; i < list.size(); ++i) {
            text(pointer + "/" + std::to_string(i), list[i]);
        }
    }

    void clauses(const std::string& pointer, const std::vector<Clause>& list, bool in_segment) {
        count(pointer, list, clauses_max);
        for (std::size_t i = 0; i < list.size(); ++i) {
            clause(pointer + "/" + std::to_string(i), list[i], in_segment);
        }
    }

    std::vector<FieldError> finish() && { return std::move(problems_); }

private:
    void clause(const std::string& pointer, const Clause& clause, bool in_segment) {
        if (clause.op != Op::segment) {
            text(pointer + "/attribute", clause.attribute);
        } else if (!clause.attribute.empty()) {
            add(pointer + "/attribute", "flags.value", "A segment is of users and organizations.");
        }
        if (clause.op == Op::segment && in_segment) {
            add(pointer + "/op", "flags.value", "A segment does not name others.");
        }
        const bool takes_case = clause.op == Op::in || clause.op == Op::starts_with ||
                                clause.op == Op::ends_with || clause.op == Op::contains;
        if (clause.ignores_case && !takes_case) {
            add(pointer + "/ignore_case",
                "flags.value",
                "This is for in, starts_with, ends_with and contains.");
        }
        const std::string values = pointer + "/values";
        count(values, clause.values, values_max);
        if (clause.op == Op::present && !clause.values.empty()) {
            add(values, "flags.value", "There are no values of present.");
        }
        // An empty list is nobody, which `in` may say; of the others it is a mistake.
        if (clause.values.empty() && clause.op != Op::present && clause.op != Op::in) {
            add(values, "flags.required", "There is at least one value.");
        }
        for (std::size_t i = 0; i < clause.values.size(); ++i) {
            value(values + "/" + std::to_string(i), clause.op, clause.values[i]);
        }
    }

    void value(const std::string& pointer, Op op, const std::string& text) {
        if (text.size() > text_bytes_max) {
            return add(pointer, "flags.too_long", "This has at most 1000 bytes.");
        }
        switch (op) {
            case Op::in:
                if (text.size() > in_bytes_max) {
                    add(pointer, "flags.too_long", "A value of in has at most 255 bytes.");
                }
                break;
            case Op::present: break;
            case Op::starts_with:
            case Op::ends_with:
            case Op::contains: this->text(pointer, text); break;
            case Op::matches:
                if (const auto problem = Regex::problem_of(text))
                    add(pointer, "flags.regex", *problem);
                break;
            case Op::lt:
            case Op::le:
            case Op::gt:
            case Op::ge:
            case Op::eq:
                if (!is_number(text)) add(pointer, "flags.number", "This must be a number.");
                break;
            case Op::semver_lt:
            case Op::semver_le:
            case Op::semver_eq:
            case Op::semver_ge:
            case Op::semver_gt:
                if (!Semver::parse(text))
                    add(pointer, "flags.semver", "This must be a version: 1.2.3.");
                break;
            case Op::before:
            case Op::after:
                if (!parse_time(text)) {
                    add(pointer, "flags.time", "This must be a time as RFC 3339 writes it.");
                }
                break;
            case Op::cidr:
                if (text.empty() || text.contains(',') || !Networks::parse(text)) {
                    add(pointer, "flags.cidr", "This must be an address or a network: 10.0.0.0/8.");
                }
                break;
            case Op::segment: key(pointer, text); break;
        }
    }

    std::string root_;
    std::vector<FieldError> problems_;
};

class FlagChecks {
public:
    FlagChecks(const Flag& flag, const std::string& pointer) : flag_(flag), checks_(pointer) {
        for (const Variant& variant : flag.variants) variants_.insert(variant.key);
    }

    std::vector<FieldError> finish() && {
        checks_.flag_key("/key", flag_.key);
        checks_.text("/salt", flag_.salt);
        variants();
        if (flag_.off_value && !is_of_type(*flag_.off_value, flag_.type)) wrong_value("/off_value");
        if (flag_.bucket_by.empty()) checks_.text("/bucket_by", "");
        checks_.names("/bucket_by", flag_.bucket_by);
        prerequisites();
        overrides();
        checks_.count("/rules", flag_.rules, rules_max);
        std::set<std::string_view> ids;
        for (std::size_t i = 0; i < flag_.rules.size(); ++i) {
            rule("/rules/" + std::to_string(i), flag_.rules[i], ids);
        }
        if (flag_.fallthrough) serve("/fallthrough", *flag_.fallthrough, false);
        if (flag_.rules.empty() && !flag_.fallthrough) {
            checks_.add(
                "/fallthrough", "flags.fallthrough", "A flag without rules says what it serves."
            );
        }
        return std::move(checks_).finish();
    }

private:
    void wrong_value(const std::string& pointer) {
        checks_.add(
            pointer, "flags.type", "This must be " + std::string(name_of(flag_.type)) + "."
        );
    }

    void variants() {
        checks_.count("/variants", flag_.variants, variants_max);
        if (flag_.variants.empty()) {
            checks_.add("/variants", "flags.required", "There is at least one variant.");
        }
        std::set<std::string_view> seen;
        for (std::size_t i = 0; i < flag_.variants.size(); ++i) {
            const Variant& variant = flag_.variants[i];
            const std::string pointer = "/variants/" + std::to_string(i);
            checks_.text(pointer + "/key", variant.key);
            if (!seen.insert(variant.key).second) {
                checks_.add(pointer + "/key", "flags.duplicate", "Another variant has this key.");
            }
            if (!is_of_type(variant.value, flag_.type)) wrong_value(pointer + "/value");
        }
    }

    void variant(const std::string& pointer, std::string_view key) {
        if (variants_.contains(key)) return;
        checks_.add(pointer, "flags.unknown_variant", "The flag has no such variant.");
    }

    void serve(const std::string& pointer, const Serve& serve, bool has_any_sum) {
        if (serve.split.empty() == serve.variant.empty()) {
            checks_.add(pointer, "flags.serve", "This is either a variant or a split.");
            return;
        }
        if (serve.split.empty()) return variant(pointer + "/variant", serve.variant);
        checks_.count(pointer + "/split", serve.split, variants_max);
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < serve.split.size(); ++i) {
            variant(pointer + "/split/" + std::to_string(i) + "/variant", serve.split[i].variant);
            sum += serve.split[i].weight;
        }
        if (has_any_sum ? sum == 0 || sum > 0x7fffffff : sum != whole) {
            checks_.add(
                pointer + "/split",
                "flags.weights",
                has_any_sum ? "The weights are not all zero, and below 2^31 together."
                            : "The weights are 100000 together."
            );
        }
    }

    void rule(const std::string& at, const Rule& rule, std::set<std::string_view>& ids) {
        checks_.text(at + "/id", rule.id);
        checks_.text(at + "/name", rule.name, true);
        if (!ids.insert(rule.id).second) {
            checks_.add(at + "/id", "flags.duplicate", "Another rule has this id.");
        }
        checks_.clauses(at + "/if", rule.clauses, false);
        const Scheme scheme = rule.hash ? rule.hash->scheme : Scheme::acme;
        if (rule.rollout && *rule.rollout > whole) {
            checks_.add(at + "/rollout", "flags.rollout", "This is between 0 and 100000.");
        }
        const bool is_coarse = scheme == Scheme::unleash || scheme == Scheme::flipt;
        if (rule.rollout && is_coarse && *rule.rollout % 1000 != 0) {
            checks_.add(at + "/rollout", "flags.rollout", "This scheme has steps of 1000 (1 %).");
        }
        checks_.names(at + "/bucket_by", rule.bucket_by);
        if (rule.hash) hash(at + "/hash", *rule.hash);
        serve(at + "/serve", rule.serve, scheme != Scheme::acme);
    }

    void hash(const std::string& at, const Hash& hash) {
        checks_.text(at + "/group", hash.group, true);
        checks_.text(at + "/split_group", hash.split_group, true);
        checks_.names(at + "/split_by", hash.split_by);
        const bool has_any =
            !hash.group.empty() || !hash.split_group.empty() || !hash.split_by.empty();
        if (hash.scheme == Scheme::acme && has_any) {
            checks_.add(at, "flags.hash", "Groups are for the schemes of other systems.");
        }
    }

    void prerequisites() {
        checks_.count("/prerequisites", flag_.prerequisites, prerequisites_max);
        for (std::size_t i = 0; i < flag_.prerequisites.size(); ++i) {
            const Prerequisite& one = flag_.prerequisites[i];
            const std::string pointer = "/prerequisites/" + std::to_string(i);
            checks_.flag_key(pointer + "/flag", one.flag);
            if (one.flag == flag_.key && !flag_.key.empty()) {
                checks_.add(pointer + "/flag", "flags.cycle", "A flag does not wait for itself.");
            }
            if (one.variants.empty() && !one.or_none) {
                checks_.add(
                    pointer + "/variants", "flags.required", "There is at least one variant."
                );
            }
            checks_.count(pointer + "/variants", one.variants, variants_max);
        }
    }

    void overrides() {
        checks_.count("/overrides", flag_.overrides, overrides_max);
        std::set<std::pair<SubjectKind, std::string_view>> seen;
        for (std::size_t i = 0; i < flag_.overrides.size(); ++i) {
            const Override& one = flag_.overrides[i];
            const std::string pointer = "/overrides/" + std::to_string(i);
            checks_.text(pointer + "/id", one.id);
            variant(pointer + "/variant", one.variant);
            if (!seen.insert({one.kind, one.id}).second) {
                checks_.add(pointer + "/id", "flags.duplicate", "There is one for it already.");
            }
        }
    }

    const Flag& flag_;
    Checks checks_;
    std::set<std::string_view> variants_;
};

void check_members(Checks& checks, const std::string& at, const std::vector<std::string>& list) {
    checks.count(at, list, segment_members_max);
    constexpr std::size_t told_max = 20;  // of a million lines, all wrong in the same way
    std::size_t told = 0;
    for (std::size_t i = 0; i < list.size() && told < told_max; ++i) {
        if (!list[i].empty() && list[i].size() <= member_bytes_max) continue;
        ++told;
        checks.add(at + "/" + std::to_string(i), "flags.value", "An id has 1 to 200 bytes.");
    }
}

void check_list(Checks& checks, const Segment& segment) {
    if (segment.list.empty()) return;
    const bool is_id = segment.list.size() == list_id_digits &&
                       segment.list.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!is_id) checks.add("/list", "flags.list", "The id of a list has 32 hex digits.");
    if (!segment.users.empty() || !segment.orgs.empty()) {
        checks.add("/list", "flags.list", "The members are either in a list or here.");
    }
}

}  // namespace

std::vector<FieldError> problems_of(const Flag& flag, const std::string& pointer) {
    return FlagChecks(flag, pointer).finish();
}

std::vector<FieldError> problems_of(const Segment& segment, const std::string& pointer) {
    Checks checks(pointer);
    checks.key("/key", segment.key);
    check_list(checks, segment);
    check_members(checks, "/users", segment.users);
    check_members(checks, "/orgs", segment.orgs);
    checks.clauses("/if", segment.clauses, true);
    return std::move(checks).finish();
}

}  // namespace acme::flags
