#include "platform/unleash/constraints.hpp"

#include "base/moment.hpp"
#include "base/networks.hpp"
#include "io/http/time.hpp"
#include "platform/unleash/reading.hpp"

#include <boost/json/value_from.hpp>

#include <algorithm>
#include <array>

namespace acme::unleash {

namespace json = boost::json;

namespace {

using Names = std::pair<std::string_view, std::string_view>;

constexpr std::array<Names, 3> names{
    Names{"userId", "user_id"}, Names{"sessionId", "device_id"}, Names{"currentTime", "now"}
};

constexpr std::array<Names, 13> operators{
    Names{"STR_STARTS_WITH", "starts_with"},
    Names{"STR_ENDS_WITH", "ends_with"},
    Names{"STR_CONTAINS", "contains"},
    Names{"NUM_EQ", "eq"},
    Names{"NUM_GT", "gt"},
    Names{"NUM_GTE", "ge"},
    Names{"NUM_LT", "lt"},
    Names{"NUM_LTE", "le"},
    Names{"SEMVER_EQ", "semver_eq"},
    Names{"SEMVER_GT", "semver_gt"},
    Names{"SEMVER_GTE", "semver_ge"},
    Names{"SEMVER_LT", "semver_lt"},
    Names{"SEMVER_LTE", "semver_le"},
};

void add_clause(
    Demand& all, std::string_view attribute, std::string_view op, json::array values, bool negate
) {
    json::object clause{{"attribute", attribute}, {"op", op}, {"values", std::move(values)}};
    if (negate) clause["negate"] = true;
    all.clauses.push_back(std::move(clause));
}

/// What is false of every context: its opposite asks nothing.
void add_false(Demand& all, bool negate) {
    if (!negate) all.is_never = true;
}

std::vector<std::string> values_of(const json::object& constraint) {
    std::vector<std::string> values;
    for (const json::value& value : array_in(constraint, "values")) {
        if (!value.is_string()) continue;
        const std::string_view text = trimmed(std::string_view(value.get_string()));
        if (!text.empty()) values.emplace_back(text);
    }
    return values;
}

json::array to_array(const std::vector<std::string>& values) {
    return json::value_from(values).as_array();
}

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// A pattern that finds `text` as it is.
std::string quoted(std::string_view text) {
    constexpr std::string_view special = R"(\.+*?()|[]{}^$)";
    std::string pattern;
    for (const char c : text) {
        if (special.contains(c)) pattern += '\\';
        pattern += c;
    }
    return pattern;
}

std::string pattern_of(std::string_view op, std::string_view value) {
    std::string pattern = "(?i)";
    if (op == "starts_with") pattern += '^';
    pattern += quoted(value);
    if (op == "ends_with") pattern += '$';
    return pattern;
}

void add_text(Demand& all, const json::object& constraint, std::string_view op, bool negate) {
    auto values = values_of(constraint);
    if (values.empty()) return add_false(all, negate);
    const std::string attribute = attribute_of(text_in(constraint, "contextName"));
    if (!is_true(constraint, "caseInsensitive")) {
        return add_clause(all, attribute, op, to_array(values), negate);
    }
    if (std::ranges::all_of(values, is_ascii)) {
        add_clause(all, attribute, op, to_array(values), negate);
        all.clauses.back().get_object()["ignore_case"] = true;
        return;
    }
    for (std::string& value : values) value = pattern_of(op, value);
    add_clause(all, attribute, "matches", to_array(values), negate);
}

void add_number(Demand& all, const json::object& constraint, std::string_view op, bool negate) {
    const auto number = decimal_in(text_in(constraint, "value"));
    if (!number) {
        all.warnings.emplace_back("it compares with something that is no number");
        return add_false(all, negate);
    }
    const std::string attribute = attribute_of(text_in(constraint, "contextName"));
    add_clause(all, attribute, op, {*number}, negate);
}

void add_version(Demand& all, const json::object& constraint, std::string_view op, bool negate) {
    std::string version = text_in(constraint, "value");
    if (version.starts_with('v')) version.erase(0, 1);
    const std::string attribute = attribute_of(text_in(constraint, "contextName"));
    add_clause(all, attribute, op, {version}, negate);
}

/// The SDKs compare with the time of the context, whatever the constraint names.
void add_date(Demand& all, const json::object& constraint, bool is_after, bool negate) {
    const std::string text = text_in(constraint, "value");
    const auto time = parse_time(text.size() == 10 ? text + "T00:00:00Z" : text);
    if (!time) {
        all.warnings.emplace_back("it compares with something that is no date");
        return add_false(all, negate);
    }
    add_clause(all, "now", is_after ? "after" : "before", {http::to_json(*time)}, negate);
}

void add_pattern(Demand& all, const json::object& constraint, bool negate) {
    const bool is_folded = is_true(constraint, "caseInsensitive");
    const std::string pattern = (is_folded ? "(?i)" : "") + text_in(constraint, "value");
    const std::string attribute = attribute_of(text_in(constraint, "contextName"));
    add_clause(all, attribute, "matches", {pattern}, negate);
}

void add_addresses(
    Demand& all, std::string_view attribute, const std::vector<std::string>& list, bool negate
) {
    json::array networks;
    for (const std::string& text : list) {
        if (Networks::parse(text)) {
            networks.emplace_back(text);
        } else {
            all.warnings.emplace_back("what is no address among its addresses was left out");
        }
    }
    if (networks.empty()) return add_false(all, negate);
    add_clause(all, attribute, "cidr", std::move(networks), negate);
}

}  // namespace

std::string attribute_of(std::string_view context_name) {
    for (const auto& [theirs, ours] : names) {
        if (theirs == context_name) return std::string(ours);
    }
    return std::string(context_name);
}

std::string context_name_of(std::string_view attribute) {
    for (const auto& [theirs, ours] : names) {
        if (ours == attribute) return std::string(theirs);
    }
    return std::string(attribute);
}

void demand(Demand& all, const json::object& constraint) {
    const std::string op = text_in(constraint, "operator");
    const bool negate = is_true(constraint, "inverted");
    const std::string attribute = attribute_of(text_in(constraint, "contextName"));
    if (op == "IN" || op == "NOT_IN") {
        const bool is_out = (op == "NOT_IN") != negate;
        const auto values = values_of(constraint);
        if (values.empty()) return add_false(all, is_out);
        return add_clause(all, attribute, "in", to_array(values), is_out);
    }
    if (op == "REGEX") return add_pattern(all, constraint, negate);
    if (op == "IN_CIDR") return add_addresses(all, attribute, values_of(constraint), negate);
    if (op == "DATE_AFTER" || op == "DATE_BEFORE") {
        return add_date(all, constraint, op == "DATE_AFTER", negate);
    }
    const auto found = std::ranges::find(operators, op, &Names::first);
    if (found == operators.end()) {
        all.is_never = true;
        all.warnings.emplace_back("an operator of it is not known");
        return;
    }
    if (op.starts_with("STR_")) return add_text(all, constraint, found->second, negate);
    if (op.starts_with("NUM_")) return add_number(all, constraint, found->second, negate);
    add_version(all, constraint, found->second, negate);
}

void demand_one_of(Demand& all, std::string_view attribute, std::vector<std::string> values) {
    if (values.empty()) return add_false(all, false);
    add_clause(all, attribute, "in", to_array(values), false);
}

void demand_address(Demand& all, std::string_view attribute, const std::vector<std::string>& list) {
    add_addresses(all, attribute, list, false);
}

void demand_present(Demand& all, std::string_view attribute) {
    add_clause(all, attribute, "present", {}, false);
}

}  // namespace acme::unleash
