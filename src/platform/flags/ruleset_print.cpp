#include "base/text.hpp"
#include "platform/flags/ruleset.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <cmath>

namespace acme::flags {
namespace {

namespace json = boost::json;

json::array texts(const std::vector<std::string>& list) {
    json::array array;
    for (const std::string& text : list) array.emplace_back(text);
    return array;
}

template <class T>
json::array objects(const std::vector<T>& list) {
    json::array array;
    for (const T& one : list) array.emplace_back(to_json(one));
    return array;
}

bool is_of_numbers(Op op) {
    return op == Op::lt || op == Op::le || op == Op::gt || op == Op::ge || op == Op::eq;
}

/// As JSON writes it, where it can; a whole number has no exponent.
json::value number_in(const std::string& text) {
    boost::system::error_code error;
    const json::value number = json::parse(text, error);
    if (error || !number.is_number()) return json::value(text);
    if (!number.is_double()) return number;
    const double exact = number.get_double();
    const bool is_whole = exact == std::floor(exact) && std::abs(exact) < 1e15;
    return is_whole ? json::value(static_cast<std::int64_t>(exact)) : number;
}

json::object serve_json(const Serve& serve) {
    if (serve.split.empty()) return {{"variant", serve.variant}};
    json::array split;
    for (const Share& share : serve.split) {
        split.push_back(json::object{{"variant", share.variant}, {"weight", share.weight}});
    }
    return {{"split", std::move(split)}};
}

json::object hash_json(const Hash& hash) {
    json::object object{{"scheme", word_of(hash.scheme)}};
    if (!hash.group.empty()) object["group"] = hash.group;
    if (!hash.split_group.empty()) object["split_group"] = hash.split_group;
    if (!hash.split_by.empty()) object["split_by"] = texts(hash.split_by);
    return object;
}

json::object rule_json(const Rule& rule) {
    json::object object{{"id", rule.id}};
    if (!rule.name.empty()) object["name"] = rule.name;
    object["enabled"] = rule.is_enabled;
    object["if"] = objects(rule.clauses);
    if (rule.rollout) object["rollout"] = *rule.rollout;
    if (!rule.bucket_by.empty()) object["bucket_by"] = texts(rule.bucket_by);
    if (rule.hash) object["hash"] = hash_json(*rule.hash);
    object["serve"] = serve_json(rule.serve);
    return object;
}

json::object override_json(const Override& override_) {
    json::object object{
        {"kind", override_.kind == SubjectKind::user ? "user" : "org"},
        {"id", override_.id},
        {"variant", override_.variant}
    };
    if (override_.expires_at) object["expires_at"] = to_rfc3339(*override_.expires_at);
    return object;
}

}  // namespace

json::object to_json(const Clause& clause) {
    json::object object;
    if (!clause.attribute.empty()) object["attribute"] = clause.attribute;
    object["op"] = word_of(clause.op);
    json::array values;
    for (const std::string& text : clause.values) {
        json::value value = is_of_numbers(clause.op) ? number_in(text) : json::value(text);
        values.push_back(std::move(value));
    }
    object["values"] = std::move(values);
    if (clause.negate) object["negate"] = true;
    if (clause.ignores_case) object["ignore_case"] = true;
    return object;
}

json::object to_json(const Flag& flag) {
    json::array variants;
    for (const Variant& variant : flag.variants) {
        variants.push_back(json::object{{"key", variant.key}, {"value", variant.value}});
    }
    json::object object{
        {"key", flag.key},
        {"type", word_of(flag.type)},
        {"variants", std::move(variants)},
        {"enabled", flag.is_enabled}
    };
    if (flag.off_value) object["off_value"] = *flag.off_value;
    object["salt"] = flag.salt;
    object["bucket_by"] = texts(flag.bucket_by);
    json::array prerequisites;
    for (const Prerequisite& one : flag.prerequisites) {
        json::object made{{"flag", one.flag}, {"variants", texts(one.variants)}};
        if (one.or_none) made["or_none"] = true;
        prerequisites.push_back(std::move(made));
    }
    object["prerequisites"] = std::move(prerequisites);
    json::array overrides;
    for (const Override& one : flag.overrides) overrides.push_back(override_json(one));
    object["overrides"] = std::move(overrides);
    json::array rules;
    for (const Rule& rule : flag.rules) rules.push_back(rule_json(rule));
    object["rules"] = std::move(rules);
    if (flag.fallthrough) object["fallthrough"] = serve_json(*flag.fallthrough);
    return object;
}

json::object to_json(const Segment& segment) {
    json::object object{{"key", segment.key}};
    if (segment.list.empty()) {
        object["users"] = texts(segment.users);
        object["orgs"] = texts(segment.orgs);
    } else {
        object["list"] = segment.list;
    }
    if (!segment.clauses.empty()) object["if"] = objects(segment.clauses);
    return object;
}

json::object to_json(const Ruleset& ruleset) {
    return {
        {"environment", ruleset.environment},
        {"version", ruleset.version},
        {"flags", objects(ruleset.flags)},
        {"segments", objects(ruleset.segments)}
    };
}

}  // namespace acme::flags
