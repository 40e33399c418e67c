#include "platform/unleash/phrases.hpp"

#include "io/http/time.hpp"
#include "platform/unleash/constraints.hpp"

#include <boost/json/value_from.hpp>

#include <algorithm>

namespace acme::unleash {

namespace json = boost::json;

namespace {

using flags::Clause;
using flags::Op;

constexpr std::size_t members_max = 10'000;  // of a segment that an SDK searches one by one

json::object constraint(std::string_view attribute, std::string_view op) {
    return {
        {"contextName", context_name_of(attribute)},
        {"operator", op},
        {"values", json::array{}},
        {"inverted", false},
        {"caseInsensitive", false},
    };
}

json::object constraint(const Clause& clause, std::string_view op) {
    json::object made = constraint(clause.attribute, op);
    made["inverted"] = clause.negate;
    made["caseInsensitive"] = clause.ignores_case;
    return made;
}

/// With the one value that the operator takes.
std::optional<json::object> single(const Clause& clause, std::string_view op) {
    if (clause.values.size() != 1) return std::nullopt;
    json::object made = constraint(clause, op);
    made["value"] = clause.values.front();
    return made;
}

json::object listed(const Clause& clause, std::string_view op) {
    json::object made = constraint(clause, op);
    made["values"] = json::value_from(clause.values);
    return made;
}

std::optional<json::object> date(const Clause& clause, std::string_view op) {
    // SDKs compare the time of the context, whatever the constraint names.
    if (clause.attribute != "now") return std::nullopt;
    return single(clause, op);
}

json::object pattern(const Clause& clause) {
    std::string all;
    for (const std::string& value : clause.values) {
        all.append(all.empty() ? "" : "|").append("(?:").append(value).append(")");
    }
    json::object made = constraint(clause, "REGEX");
    made["value"] = clause.values.size() == 1 ? clause.values.front() : all;
    return made;
}

json::object present(const Clause& clause) {
    json::object made = constraint(clause, "REGEX");
    made["value"] = "^";
    return made;
}

std::optional<json::object> to_constraint(const Clause& clause) {
    switch (clause.op) {
        case Op::in:
            if (clause.ignores_case) return std::nullopt;
            return listed(clause, "IN");
        case Op::starts_with: return listed(clause, "STR_STARTS_WITH");
        case Op::ends_with: return listed(clause, "STR_ENDS_WITH");
        case Op::contains: return listed(clause, "STR_CONTAINS");
        case Op::matches: return pattern(clause);
        case Op::lt: return single(clause, "NUM_LT");
        case Op::le: return single(clause, "NUM_LTE");
        case Op::gt: return single(clause, "NUM_GT");
        case Op::ge: return single(clause, "NUM_GTE");
        case Op::eq: return single(clause, "NUM_EQ");
        case Op::semver_lt: return single(clause, "SEMVER_LT");
        case Op::semver_le: return single(clause, "SEMVER_LTE");
        case Op::semver_eq: return single(clause, "SEMVER_EQ");
        case Op::semver_ge: return single(clause, "SEMVER_GTE");
        case Op::semver_gt: return single(clause, "SEMVER_GT");
        case Op::before: return date(clause, "DATE_BEFORE");
        case Op::after: return date(clause, "DATE_AFTER");
        case Op::cidr: return listed(clause, "IN_CIDR");
        case Op::present: return present(clause);
        case Op::segment: break;
    }
    return std::nullopt;
}

}  // namespace

std::optional<Phrases> to_phrases(
    const std::vector<Clause>& clauses, const SegmentNumbers& segments
) {
    Phrases phrases;
    for (const Clause& clause : clauses) {
        if (clause.op == Op::segment) {
            if (clause.negate || clause.values.size() != 1) return std::nullopt;
            const auto found = segments.find(clause.values.front());
            if (found == segments.end()) return std::nullopt;
            phrases.segments.emplace_back(found->second);
            continue;
        }
        auto made = to_constraint(clause);
        if (!made) return std::nullopt;
        phrases.constraints.push_back(*std::move(made));
    }
    return phrases;
}

json::object one_of(std::string_view attribute, const std::vector<std::string>& values) {
    json::object made = constraint(attribute, "IN");
    made["values"] = json::value_from(values);
    return made;
}

json::object before(WallTime time) {
    json::object made = constraint("now", "DATE_BEFORE");
    made["value"] = http::to_json(time);
    return made;
}

std::optional<json::array> to_constraints(const flags::Segment& segment) {
    // Its constraints must all hold, so a segment of members or conditions has no words.
    const int kinds = (segment.users.empty() ? 0 : 1) + (segment.orgs.empty() ? 0 : 1) +
                      (segment.clauses.empty() ? 0 : 1);
    if (kinds != 1 || !segment.list.empty() ||
        segment.users.size() + segment.orgs.size() > members_max)
        return std::nullopt;
    if (!segment.users.empty()) return json::array{one_of("user_id", segment.users)};
    if (!segment.orgs.empty()) return json::array{one_of("org_id", segment.orgs)};
    auto phrases = to_phrases(segment.clauses, {});
    if (!phrases) return std::nullopt;
    return std::move(phrases->constraints);
}

}  // namespace acme::unleash
