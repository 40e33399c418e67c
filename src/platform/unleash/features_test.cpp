// Flags that were never Unleash's, as its SDKs are told of them.
#include "platform/unleash/features.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace acme::unleash {
namespace {

namespace json = boost::json;

/// A bool flag that is on, with these members.
json::object told(const std::string& members, const std::string& segments = "") {
    const std::string text =
        R"({"environment": "production", "version": 1, "segments": [)" + segments +
        R"(], "flags": [{"key": "a", "type": "bool", "enabled": true, "salt": "s:", )" + members +
        "}]}";
    const auto ruleset = flags::parse_ruleset(text);
    if (!ruleset) throw std::runtime_error(ruleset.error().fields.at(0).detail);
    return to_features(*ruleset);
}

json::array strategies_of(const json::object& features) {
    return features.at("features").at(0).at("strategies").as_array();
}

bool is_unknown(const json::array& strategies) {
    return strategies.size() == 1 &&
           std::string(strategies[0].at("name").as_string()) == unknown_strategy;
}

TEST(UnleashFeatures, OverridesAndRulesAreStrategies) {
    const auto strategies = strategies_of(told(
        R"("overrides": [{"kind": "org", "id": "org_1", "variant": "on", "expires_at": "2026-12-01T00:00:00Z"}],
           "rules": [{"id": "r", "if": [{"attribute": "app", "op": "semver_ge", "values": ["1.2.0"]},
                                        {"op": "segment", "values": ["staff"]}], "serve": {"variant": "on"}}],
           "fallthrough": {"variant": "off"})",
        R"({"key": "staff", "users": ["usr_1", "usr_2"]})"
    ));
    ASSERT_EQ(strategies.size(), 2U);
    const json::value& override_ = strategies[0].at("constraints");
    EXPECT_EQ(override_.at(0).at("contextName"), "org_id");
    EXPECT_EQ(override_.at(1).at("operator"), "DATE_BEFORE");
    EXPECT_EQ(strategies[1].at("constraints").at(0).at("operator"), "SEMVER_GTE");
    EXPECT_EQ(strategies[1].at("segments"), json::array{1});
}

TEST(UnleashFeatures, AFlagThatNobodyGetsHasAStrategyForNobody) {
    const auto strategies = strategies_of(told(R"("fallthrough": {"variant": "off"})"));
    ASSERT_EQ(strategies.size(), 1U) << "none at all would be everybody";
    EXPECT_EQ(strategies[0].at("parameters").at("userIds"), "");
}

TEST(UnleashFeatures, WhatAnSdkCannotDoAsWeDoItIsToldNot) {
    const std::string rest = R"(, "fallthrough": {"variant": "off"})";
    const std::string of_region =
        R"("if": [{"attribute": "region", "op": "in", "values": ["eu"]}])";
    // Buckets of our own.
    EXPECT_TRUE(is_unknown(strategies_of(told(
        R"("rules": [{"id": "r", "if": [], "rollout": 25000, "serve": {"variant": "on"}}])" + rest
    ))));
    // A "no" before a "yes".
    EXPECT_TRUE(is_unknown(strategies_of(
        told(R"("rules": [{"id": "r", )" + of_region + R"(, "serve": {"variant": "off"}}],
           "fallthrough": {"variant": "on"})")
    )));
    EXPECT_FALSE(is_unknown(strategies_of(
        told(R"("rules": [{"id": "r", )" + of_region + R"(, "serve": {"variant": "on"}}])" + rest)
    )));
}

}  // namespace
}  // namespace acme::unleash
