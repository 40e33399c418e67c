#include "platform/unleash/translation.hpp"

#include "platform/unleash/reading.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include <algorithm>
#include <cmath>

namespace acme::unleash {

namespace json = boost::json;

namespace {

constexpr std::int64_t percent = 1'000;  // of a rollout, which is of 100,000

std::int64_t weight_of(const json::value& variant) {
    const auto weight = decimal_in(text_in(variant.get_object(), "weight")).value_or(0);
    return static_cast<std::int64_t>(std::llround(weight));
}

std::int64_t total_of(const json::array& variants) {
    std::int64_t total = 0;
    for (const json::value& variant : variants) total += weight_of(variant);
    return total;
}

bool is_anybody(std::string_view stickiness) {
    return stickiness.empty() || stickiness == "default" || stickiness == "random";
}

/// The attributes that keep somebody where they are. What is random in Unleash is sticky here.
json::array bucket_by(std::string_view stickiness, bool is_variant) {
    if (is_anybody(stickiness)) {
        json::array list{"user_id", "device_id"};
        if (is_variant) list.emplace_back("remoteAddress");
        return list;
    }
    return {attribute_of(stickiness)};
}

std::string stickiness_of(const json::array& variants, const std::string& otherwise) {
    const std::string own = text_in(variants.front().get_object(), "stickiness");
    return own.empty() ? otherwise : own;
}

json::object serve(std::string_view key) { return {{"variant", key}}; }

json::object& hash_in(json::object& rule) {
    json::value& hash = rule["hash"];
    if (!hash.is_object()) hash = json::object{{"scheme", "unleash"}};
    return hash.get_object();
}

}  // namespace

Translation::Translation(const Feature& feature, const Variants& variants, const Segments& segments)
    : feature_(feature),
      variants_(variants),
      segments_(segments),
      is_enabled_(feature.is_enabled),
      warnings_(variants.warnings()) {
    std::size_t number = 0;
    for (const json::value& strategy : feature.strategies) {
        add_strategy(strategy.get_object(), ++number);
    }
    if (feature.left_out > 0) {
        warnings_.emplace_back("strategies that are switched off were left out");
    }
    if (feature.strategies.empty()) {
        add_rules({}, {}, {feature.variants, feature.name}, "Everybody");
    }
    if (feature.has_impressions && feature.type != "experiment") {
        warnings_.emplace_back("impressions are counted for experiments only");
    }
}

void Translation::add_strategy(const json::object& strategy, std::size_t number) {
    const std::string title = text_in(strategy, "title");
    const std::string name = title.empty() ? text_in(strategy, "name") : title;
    Demand all;
    for (const json::value& constraint : array_in(strategy, "constraints")) {
        if (constraint.is_object()) demand(all, constraint.get_object());
    }
    add_segments(strategy, all);
    const auto gate = gate_of(strategy, all);
    const std::string place = "strategy " + std::to_string(number) + ": ";
    for (const std::string& warning : all.warnings) warnings_.push_back(place + warning);
    if (!gate || all.is_never) {
        warnings_.push_back(place + "it applies to nobody and was left out");
        return;
    }
    add_rules(all, *gate, deal_of(strategy), name);
}

/// Its own variants; where it has none that weigh anything, those of the feature.
Translation::Deal Translation::deal_of(const json::object& strategy) const {
    const json::object& parameters = object_in(strategy, "parameters");
    const json::array& own = array_in(strategy, "variants");
    if (own.empty() || total_of(own) <= 0) return {feature_.variants, feature_.name};
    const std::string group = text_in(parameters, "groupId");
    return {own, group.empty() ? feature_.name : group, text_in(parameters, "stickiness")};
}

void Translation::add_segments(const json::object& strategy, Demand& all) {
    for (const json::value& id : array_in(strategy, "segments")) {
        const auto found = segments_.find(json::serialize(id));
        if (found == segments_.end() || found->second.is_never) {
            all.is_never = true;
            all.warnings.emplace_back("its segment is not told here, or matches nobody");
        } else if (!found->second.is_always) {
            all.clauses.push_back(
                json::object{{"op", "segment"}, {"values", json::array{found->second.key}}}
            );
        }
    }
}

/// nullopt: nobody's. Source: the SDKs' built-in strategies.
std::optional<Translation::Gate> Translation::gate_of(const json::object& strategy, Demand& all) {
    const std::string name = text_in(strategy, "name");
    const json::object& parameters = object_in(strategy, "parameters");
    const std::string group = text_in(parameters, "groupId");
    const std::string percentage = text_in(parameters, "percentage");
    if (name == "default") return Gate{};
    if (name == "userWithId") {
        demand_one_of(all, "user_id", listed(text_in(parameters, "userIds")));
        return Gate{};
    }
    if (name == "remoteAddress") {
        demand_address(all, "remoteAddress", listed(text_in(parameters, "IPs")));
        return Gate{};
    }
    if (name == "applicationHostname") {
        demand_one_of(all, "hostname", listed(text_in(parameters, "hostNames")));
        return Gate{};
    }
    if (name == "flexibleRollout") {
        const std::string stickiness = text_in(parameters, "stickiness");
        return share(
            text_in(parameters, "rollout"), group.empty() ? feature_.name : group, stickiness, all
        );
    }
    if (name == "gradualRolloutUserId") return share(percentage, group, "userId", all);
    if (name == "gradualRolloutSessionId") return share(percentage, group, "sessionId", all);
    if (name == "gradualRolloutRandom") return share(percentage, feature_.name, "random", all);
    all.warnings.emplace_back("it is a strategy of your own, which only your programs know");
    return std::nullopt;
}

Translation::Gate Translation::share(
    std::string_view percentage, std::string group, std::string_view stickiness, Demand& all
) {
    const double asked = decimal_in(percentage).value_or(0);
    // A bucket is a whole number, so what lies between two of them makes no difference.
    const auto whole = static_cast<std::int64_t>(std::floor(std::clamp(asked, 0.0, 100.0)));
    if (whole == 100) {
        if (!is_anybody(stickiness)) demand_present(all, attribute_of(stickiness));
        return {};
    }
    if (stickiness == "random" && whole > 0) {
        all.warnings.emplace_back(
            "who gets it was random at each call and is the same each time here"
        );
    } else if (is_anybody(stickiness) && whole > 0) {
        all.warnings.emplace_back(
            "who has neither user nor session was in at random and is out here"
        );
    }
    return {whole * percent, std::move(group), bucket_by(stickiness, false)};
}

/// What somebody gets who fulfils `all` and passes the gate.
void Translation::add_rules(
    const Demand& all, const Gate& gate, const Deal& deal, std::string_view name
) {
    if (deal.variants.empty() || total_of(deal.variants) <= 0) {
        uses_plain_ = true;
        add_rule(all.clauses, gate, name)["serve"] = serve(variants_.plain());
        return;
    }
    add_laid_down(all, gate, deal, name);
    add_split(add_rule(all.clauses, gate, name), deal);
    add_undealt(all, gate, deal, name);
}

/// Those for whom a variant is laid down come before the rest.
void Translation::add_laid_down(
    const Demand& all, const Gate& gate, const Deal& deal, std::string_view name
) {
    for (const json::value& variant : deal.variants) {
        for (const json::value& value : array_in(variant.get_object(), "overrides")) {
            if (!value.is_object()) continue;
            Demand more{.clauses = all.clauses};
            std::vector<std::string> values;
            for (const json::value& one : array_in(value.get_object(), "values")) {
                if (one.is_string()) values.emplace_back(std::string_view(one.get_string()));
            }
            const std::string context_name = text_in(value.get_object(), "contextName");
            demand_one_of(more, attribute_of(context_name), std::move(values));
            if (more.is_never) continue;
            add_rule(more.clauses, gate, name)["serve"] =
                serve(variants_.key_of(variant.get_object()));
        }
    }
}

json::object& Translation::add_rule(
    const json::array& clauses, const Gate& gate, std::string_view name
) {
    json::object rule{
        {"id", "r_" + std::to_string(rules_.size() + 1)}, {"name", name}, {"if", clauses}
    };
    if (gate.rollout) {
        rule["rollout"] = *gate.rollout;
        rule["bucket_by"] = gate.bucket_by;
        hash_in(rule)["group"] = gate.group;
    }
    rules_.push_back(std::move(rule));
    return rules_.back().get_object();
}

void Translation::add_split(json::object& rule, const Deal& deal) {
    json::array split;
    for (const json::value& variant : deal.variants) {
        const std::int64_t weight = weight_of(variant);
        if (weight <= 0) continue;
        const std::string& key = variants_.key_of(variant.get_object());
        split.push_back(json::object{{"variant", key}, {"weight", weight}});
    }
    if (split.size() == 1) {
        // Whoever comes, whether or not there is anything to tell them apart by.
        rule["serve"] = serve(text_in(split.front().get_object(), "variant"));
        return;
    }
    const std::string stickiness = stickiness_of(deal.variants, deal.stickiness);
    if (stickiness == "random") {
        warnings_.emplace_back("its variants were random at each call and are kept here");
    }
    rule["serve"] = json::object{{"split", std::move(split)}};
    hash_in(rule)["split_group"] = deal.group;
    hash_in(rule)["split_by"] = bucket_by(stickiness, true);
}

/// Whoever got in and has nothing by which variants are dealt: Unleash leaves theirs to chance.
void Translation::add_undealt(
    const Demand& all, const Gate& gate, const Deal& deal, std::string_view name
) {
    const json::array by = bucket_by(stickiness_of(deal.variants, deal.stickiness), true);
    const auto is_dealt_by = [&](const json::value& one) {
        return std::ranges::count(by, one) > 0;
    };
    if (gate.rollout && std::ranges::all_of(gate.bucket_by, is_dealt_by)) return;
    const json::value& heaviest = *std::ranges::max_element(deal.variants, {}, weight_of);
    if (weight_of(heaviest) == total_of(deal.variants)) return;
    const std::string& key = variants_.key_of(heaviest.get_object());
    warnings_.push_back(
        "who has nothing to deal variants by got any and gets \"" + key + "\" here"
    );
    add_rule(all.clauses, gate, name)["serve"] = serve(key);
}

void Translation::depend(const Parents& parents) {
    for (const json::value& dependency : feature_.dependencies) {
        add_prerequisite(dependency.get_object(), parents);
    }
}

void Translation::add_prerequisite(const json::object& dependency, const Parents& parents) {
    const std::string name = text_in(dependency, "feature");
    const auto found = parents.find(name);
    if (found == parents.end()) return never("what it depends on, " + name + ", is not there");
    const Parent& parent = found->second;
    if (!parent.feature->dependencies.empty()) {
        return never(
            "what it depends on, " + name +
            ", depends on others itself, which Unleash takes for off"
        );
    }
    json::object prerequisite{{"flag", name}};
    std::vector<std::string> keys;
    const json::array& names = array_in(dependency, "variants");
    if (is_false(dependency, "enabled")) {
        if (parent.variants->is_boolean()) keys.emplace_back("off");
        prerequisite["or_none"] = true;
    } else if (names.empty()) {
        keys = parent.variants->on_keys();
    } else {
        for (const json::value& one : names) {
            if (!one.is_string()) continue;
            const auto named = parent.variants->keys_named(std::string_view(one.get_string()));
            keys.insert(keys.end(), named.begin(), named.end());
        }
    }
    if (!parent.uses_plain && !parent.variants->is_boolean()) std::erase(keys, plain_variant);
    if (keys.empty() && !prerequisite.contains("or_none"))
        return never(name + " has none of the variants that it depends on");
    prerequisite["variants"] = json::value_from(keys);
    prerequisites_.push_back(std::move(prerequisite));
}

void Translation::never(std::string why) {
    is_enabled_ = false;
    warnings_.push_back(std::move(why) + ", so it is off");
}

json::object Translation::document() const {
    json::object flag{{"key", feature_.name}};
    variants_.write(flag, uses_plain_);
    flag["enabled"] = is_enabled_;
    flag["salt"] = feature_.name + ":";
    flag["bucket_by"] = json::array{"user_id", "device_id"};
    flag["prerequisites"] = prerequisites_;
    flag["overrides"] = json::array{};
    flag["rules"] = rules_;
    if (variants_.is_boolean()) flag["fallthrough"] = serve("off");
    return flag;
}

}  // namespace acme::unleash
