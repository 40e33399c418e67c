#include "platform/unleash/features.hpp"

#include "platform/unleash/constraints.hpp"
#include "platform/unleash/phrases.hpp"
#include "platform/unleash/reading.hpp"
#include "platform/unleash/variants.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include <algorithm>

namespace acme::unleash {

namespace json = boost::json;

namespace {

using flags::Flag;
using flags::Rule;
using flags::Scheme;

constexpr std::uint32_t percent = 1'000;

const flags::Variant* find_variant(const Flag& flag, std::string_view key) {
    const auto found = std::ranges::find(flag.variants, key, &flags::Variant::key);
    return found == flag.variants.end() ? nullptr : &*found;
}

/// Whether Unleash calls the feature off where this is served.
bool is_off(const Flag& flag, std::string_view key) {
    const flags::Variant* const variant = find_variant(flag, key);
    return variant != nullptr && variant->value.is_bool() && !variant->value.get_bool();
}

/// "default", a context's name, or nullopt for what Unleash has no word for.
std::optional<std::string> stickiness_of(const std::vector<std::string>& bucket_by) {
    const bool is_usual = bucket_by.size() >= 2 && bucket_by.size() <= 3 &&
                          bucket_by[0] == "user_id" && bucket_by[1] == "device_id";
    if (is_usual && (bucket_by.size() == 2 || bucket_by[2] == "remoteAddress")) return "default";
    if (bucket_by.size() == 1) return context_name_of(bucket_by.front());
    return std::nullopt;
}

json::object payload_of(const json::value& value) {
    if (value.is_string()) return {{"type", "string"}, {"value", value}};
    if (value.is_int64()) return {{"type", "number"}, {"value", json::serialize(value)}};
    if (value.is_double()) return {{"type", "number"}, {"value", decimal_text(value.get_double())}};
    return {{"type", "json"}, {"value", json::serialize(value)}};
}

json::object variant_of(
    const Flag& flag, std::string_view key, std::uint32_t weight, std::string_view stickiness
) {
    json::object made{
        {"name", base_of(key)},
        {"weight", weight},
        {"weightType", "variable"},
        {"stickiness", stickiness},
        {"overrides", json::array{}},
    };
    const flags::Variant* const variant = find_variant(flag, key);
    if (variant != nullptr) made["payload"] = payload_of(variant->value);
    return made;
}

/// One flag on its way.
class Wording {
public:
    Wording(const Flag& flag, const SegmentNumbers& segments) : flag_(flag), segments_(segments) {}

    /// Its strategies; nullopt when Unleash has no words for all of them.
    std::optional<json::array> strategies() {
        for (const flags::Override& one : flag_.overrides) {
            if (!add_override(one)) return std::nullopt;
        }
        for (const Rule& rule : flag_.rules) {
            if (!rule.is_enabled || rule.rollout == 0U) continue;
            const bool is_rest = rule.clauses.empty() && is_whole(rule);
            if (!add_rule(rule)) return std::nullopt;
            if (is_rest) return finish();
        }
        if (flag_.fallthrough) {
            Rule rest;
            rest.serve = *flag_.fallthrough;
            if (!add_rule(rest)) return std::nullopt;
        }
        return finish();
    }

    /// Those of the feature itself, after strategies().
    json::array variants() { return std::move(variants_); }

private:
    static bool is_whole(const Rule& rule) {
        return !rule.rollout || *rule.rollout == flags::whole;
    }

    /// A "no" stands only where nobody after it would say yes.
    std::optional<json::array> finish() {
        if (strategies_.empty()) {
            // No strategy at all means everybody: this one is for nobody.
            json::object nobody{{"name", "userWithId"}, {"constraints", json::array{}}};
            nobody["parameters"] = json::object{{"userIds", ""}};
            strategies_.push_back(std::move(nobody));
        }
        return std::move(strategies_);
    }

    bool add(json::object strategy) {
        if (has_said_no_) return false;
        strategies_.push_back(std::move(strategy));
        return true;
    }

    bool add_override(const flags::Override& one) {
        const bool is_user = one.kind == flags::SubjectKind::user;
        Phrases phrases;
        phrases.constraints.push_back(one_of(is_user ? "user_id" : "org_id", {one.id}));
        if (one.expires_at) phrases.constraints.push_back(before(*one.expires_at));
        Rule rule;
        rule.serve.variant = one.variant;
        return add_served(rule, std::move(phrases));
    }

    bool add_rule(const Rule& rule) {
        auto phrases = to_phrases(rule.clauses, segments_);
        return phrases && add_served(rule, *std::move(phrases));
    }

    bool add_served(const Rule& rule, Phrases phrases) {
        if (is_off(flag_, rule.serve.variant)) {
            has_said_no_ = true;
            return true;
        }
        json::object strategy{{"name", "default"}, {"parameters", json::object{}}};
        strategy["constraints"] = std::move(phrases.constraints);
        if (!phrases.segments.empty()) strategy["segments"] = std::move(phrases.segments);
        strategy["variants"] = json::array{};
        if (!is_whole(rule) && !add_rollout(rule, strategy)) return false;
        if (!rule.serve.split.empty()) return add_split(rule, strategy) && add(std::move(strategy));
        const bool is_plain =
            flag_.type == flags::ValueType::boolean || rule.serve.variant == plain_variant;
        if (!is_plain) {
            strategy["variants"] =
                json::array{variant_of(flag_, rule.serve.variant, 1000, "default")};
        }
        return add(std::move(strategy));
    }

    bool add_rollout(const Rule& rule, json::object& strategy) const {
        if (!rule.hash || rule.hash->scheme != Scheme::unleash) return false;
        if (*rule.rollout % percent != 0) return false;
        const auto stickiness =
            stickiness_of(rule.bucket_by.empty() ? flag_.bucket_by : rule.bucket_by);
        if (!stickiness) return false;
        const std::string share = std::to_string(*rule.rollout / percent);
        if (rule.hash->group.empty()) {
            // Only these two hash without the name of a group.
            const bool is_user = *stickiness == "userId";
            if (!is_user && *stickiness != "sessionId") return false;
            strategy["name"] = is_user ? "gradualRolloutUserId" : "gradualRolloutSessionId";
            strategy["parameters"] = json::object{{"percentage", share}, {"groupId", ""}};
            return true;
        }
        strategy["name"] = "flexibleRollout";
        strategy["parameters"] = json::object{
            {"rollout", share}, {"stickiness", *stickiness}, {"groupId", rule.hash->group}
        };
        return true;
    }

    /// Variants are dealt by the strategy's group, or by the feature's name if they are the
    /// feature's own.
    bool add_split(const Rule& rule, json::object& strategy) {
        if (!rule.hash || rule.hash->scheme != Scheme::unleash) return false;
        const flags::Hash& hash = *rule.hash;
        const auto& by = !hash.split_by.empty()    ? hash.split_by
                         : !rule.bucket_by.empty() ? rule.bucket_by
                                                   : flag_.bucket_by;
        const auto stickiness = stickiness_of(by);
        if (!stickiness) return false;
        json::array list;
        for (const flags::Share& share : rule.serve.split) {
            list.push_back(variant_of(flag_, share.variant, share.weight, *stickiness));
        }
        const std::string& group = hash.split_group.empty() ? hash.group : hash.split_group;
        if (is_whole(rule)) {
            strategy["name"] = "flexibleRollout";
            strategy["parameters"] =
                json::object{{"rollout", "100"}, {"stickiness", "default"}, {"groupId", group}};
        } else if (group != hash.group) {
            if (group != flag_.key || (!variants_.empty() && variants_ != list)) return false;
            variants_ = std::move(list);
            return true;
        }
        strategy["variants"] = std::move(list);
        return true;
    }

    const Flag& flag_;
    const SegmentNumbers& segments_;
    bool has_said_no_ = false;
    json::array strategies_;
    json::array variants_;
};

/// nullopt: Unleash has no words for one of them.
std::optional<json::array> dependencies_of(const Flag& flag, const flags::Ruleset& ruleset) {
    json::array list;
    for (const flags::Prerequisite& prerequisite : flag.prerequisites) {
        const auto parent = std::ranges::find(ruleset.flags, prerequisite.flag, &Flag::key);
        if (parent == ruleset.flags.end() || !parent->prerequisites.empty()) return std::nullopt;
        json::object dependency{{"feature", prerequisite.flag}, {"enabled", !prerequisite.or_none}};
        json::array names;
        std::size_t ons = 0;
        for (const flags::Variant& variant : parent->variants) {
            const bool is_on = !is_off(*parent, variant.key);
            const bool is_listed = std::ranges::count(prerequisite.variants, variant.key) > 0;
            if (prerequisite.or_none ? is_on && is_listed : !is_on && is_listed)
                return std::nullopt;
            if (is_on) ++ons;
            if (!is_listed) continue;
            const bool is_plain =
                parent->type == flags::ValueType::boolean || variant.key == plain_variant;
            names.emplace_back(is_plain ? no_variant : base_of(variant.key));
        }
        if (!prerequisite.or_none && names.size() < ons) dependency["variants"] = std::move(names);
        list.push_back(std::move(dependency));
    }
    return list;
}

json::object to_feature(
    const Flag& flag, const flags::Ruleset& ruleset, const SegmentNumbers& segments
) {
    Wording wording(flag, segments);
    auto strategies = wording.strategies();
    auto dependencies = dependencies_of(flag, ruleset);
    json::object feature{
        {"name", flag.key},
        {"type", "release"},
        {"enabled", flag.is_enabled},
        {"project", "default"},
        {"stale", false},
        {"impressionData", false},
        {"variants", json::array{}},
    };
    if (!strategies || !dependencies) {
        const json::object unknown{
            {"name", unknown_strategy},
            {"parameters", json::object{}},
            {"constraints", json::array{}}
        };
        feature["strategies"] = json::array{unknown};
        return feature;
    }
    feature["strategies"] = *std::move(strategies);
    feature["variants"] = wording.variants();
    if (!dependencies->empty()) feature["dependencies"] = *std::move(dependencies);
    return feature;
}

}  // namespace

json::object to_features(const flags::Ruleset& ruleset) {
    SegmentNumbers numbers;
    json::array segments;
    std::int64_t number = 0;
    for (const flags::Segment& segment : ruleset.segments) {
        auto constraints = to_constraints(segment);
        ++number;
        if (!constraints) continue;
        numbers[segment.key] = number;
        segments.push_back(json::object{
            {"id", number}, {"name", segment.key}, {"constraints", *std::move(constraints)}
        });
    }
    json::array features;
    for (const Flag& flag : ruleset.flags) features.push_back(to_feature(flag, ruleset, numbers));
    return {
        {"version", 2},
        {"features", std::move(features)},
        {"segments", std::move(segments)},
    };
}

}  // namespace acme::unleash
