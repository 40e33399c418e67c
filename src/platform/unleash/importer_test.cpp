// What becomes of features that the specification does not ask about.
#include "platform/unleash/importer.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <algorithm>

namespace acme::unleash {
namespace {

/// The features between the brackets of {"features": […]}.
Result<Imported> of_features(std::string_view features, std::string_view more = "") {
    return import(
        R"({"version": 2, "features": [)" + std::string(features) + "]" + std::string(more) + "}"
    );
}

bool warns(const Imported& imported, std::string_view words) {
    return std::ranges::any_of(imported.warnings, [&](const std::string& warning) {
        return warning.contains(words);
    });
}

TEST(UnleashImport, KeepsGroupShareAndStickiness) {
    const auto imported =
        of_features(R"({"name": "newCheckout", "type": "experiment", "enabled": true,
        "description": "A new\ncheckout", "strategies": [{"name": "flexibleRollout", "title": "A quarter",
            "parameters": {"rollout": "25", "stickiness": "sessionId", "groupId": "checkout"},
            "constraints": [{"contextName": "region", "operator": "IN", "values": ["eu-west", " us-east "]}],
            "variants": [{"name": "a", "weight": 600, "payload": {"type": "json", "value": "{\"n\": 1}"}},
                         {"name": "b", "weight": 400, "payload": {"type": "json", "value": "[2]"}}]}]})"
        );
    ASSERT_TRUE(imported);
    EXPECT_EQ(imported->facts.at(0).kind, "experiment");
    EXPECT_EQ(imported->facts.at(0).description, "A new checkout");
    const flags::Flag& flag = imported->flags.at(0);
    EXPECT_EQ(flag.type, flags::ValueType::json);
    EXPECT_FALSE(flag.fallthrough) << "the caller's default stands, as it did";
    const flags::Rule& rule = flag.rules.at(0);
    EXPECT_EQ(rule.name, "A quarter");
    EXPECT_EQ(rule.rollout, 25'000U);
    EXPECT_EQ(rule.bucket_by, std::vector<std::string>{"device_id"});
    EXPECT_EQ(rule.hash->group, "checkout");
    EXPECT_EQ(rule.hash->split_group, "checkout");
    EXPECT_EQ(rule.hash->split_by, std::vector<std::string>{"device_id"});
    EXPECT_EQ(rule.serve.split.at(0).weight, 600U);
    EXPECT_EQ(rule.clauses.at(0).values, (std::vector<std::string>{"eu-west", "us-east"}));
    EXPECT_TRUE(imported->warnings.empty());
}

TEST(UnleashImport, SaysWhatIsNotAsItWas) {
    const auto imported = of_features(R"json(
        {"name": "a", "enabled": true, "impressionData": true, "strategies": [
            {"name": "ours", "parameters": {}},
            {"name": "default", "segments": [7]},
            {"name": "default", "constraints": [{"contextName": "x", "operator": "LIKE", "values": ["y"]}]},
            {"name": "default", "constraints": [{"contextName": "x", "operator": "REGEX", "value": "(?=y)"}]},
            {"name": "gradualRolloutRandom", "parameters": {"percentage": "5"}},
            {"name": "remoteAddress", "parameters": {"IPs": "10.0.0.1, nowhere"}}]},
        {"name": "b", "enabled": true, "strategies": [], "dependencies": [{"feature": "gone"}]})json"
    );
    ASSERT_TRUE(imported);
    for (const char* words :
         {"strategy 1: it is a strategy of your own",
          "strategy 2: its segment is not told here",
          "strategy 3: an operator of it is not known",
          "was left out",
          "was random at each call",
          "what is no address among its addresses",
          "impressions are counted for experiments only",
          "what it depends on, gone, is not there, so it is off",
          "Rules ask for \"remoteAddress\""}) {
        EXPECT_TRUE(warns(*imported, words)) << words;
    }
    EXPECT_EQ(imported->flags.at(0).rules.size(), 2U) << "what applied to nobody is left out";
    EXPECT_FALSE(imported->flags.at(1).is_enabled);
}

TEST(UnleashImport, NobodyGetsAFlagWhoseStrategiesAreAllLeftOut) {
    const auto imported =
        of_features(R"({"name": "a", "enabled": true, "strategies": [{"name": "ours"}]})");
    ASSERT_TRUE(imported);
    EXPECT_TRUE(imported->flags.at(0).rules.empty());
    EXPECT_EQ(imported->flags.at(0).fallthrough->variant, "off");
}

TEST(UnleashImport, VariantsOfOneNameAndOtherPayloadsStayApart) {
    const auto imported = of_features(R"({"name": "a", "enabled": true, "strategies": [
        {"name": "default", "parameters": {}, "constraints": [{"contextName": "userId", "operator": "IN", "values": ["1"]}],
         "variants": [{"name": "limit", "weight": 1, "payload": {"type": "number", "value": "10"}}]},
        {"name": "default", "parameters": {},
         "variants": [{"name": "limit", "weight": 1, "payload": {"type": "number", "value": "20"}}]}]})"
    );
    ASSERT_TRUE(imported);
    const flags::Flag& flag = imported->flags.at(0);
    EXPECT_EQ(flag.type, flags::ValueType::number);
    EXPECT_EQ(flag.rules.at(0).serve.variant, "limit");
    EXPECT_EQ(flag.rules.at(1).serve.variant, "limit~2");
    EXPECT_TRUE(warns(*imported, R"(a second variant "limit" is called "limit~2")"));
}

TEST(UnleashImport, TakesAnExportOfAnAdministrator) {
    const auto imported = import(R"({
        "features": [{"name": "a", "type": "kill-switch", "description": "", "project": "default"}],
        "featureStrategies": [
            {"name": "userWithId", "featureName": "a", "sortOrder": 2, "parameters": {"userIds": "1, 2,3"}, "segments": [1]},
            {"name": "userWithId", "featureName": "a", "sortOrder": 1, "parameters": {"userIds": "4"}},
            {"name": "default", "featureName": "a", "sortOrder": 0, "disabled": true}],
        "featureEnvironments": [{"featureName": "a", "environment": "production", "enabled": true, "variants": []}],
        "featureTags": [{"featureName": "a", "tagType": "simple", "tagValue": "shop"}],
        "segments": [{"id": 1, "name": "Beta Testers!"}], "tagTypes": [], "contextFields": [], "dependencies": []})"
    );
    ASSERT_TRUE(imported);
    EXPECT_EQ(imported->facts.at(0).kind, "kill");
    EXPECT_EQ(imported->facts.at(0).tags, std::vector<std::string>{"shop"});
    const flags::Flag& flag = imported->flags.at(0);
    EXPECT_TRUE(flag.is_enabled);
    ASSERT_EQ(flag.rules.size(), 1U);
    EXPECT_EQ(flag.rules.at(0).clauses.at(0).values, std::vector<std::string>{"4"});
    EXPECT_TRUE(warns(*imported, "Segment beta-testers: an export does not tell its conditions"));
    EXPECT_TRUE(warns(*imported, "strategies that are switched off were left out"));
}

TEST(UnleashImport, TellsAllThatIsWrongAtOnce) {
    const auto refused = of_features(R"({"enabled": true}, {"name": "a", "strategies": 7}, 5)");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code.text(), "unleash.invalid");
    std::vector<std::string> pointers;
    for (const FieldError& field : refused.error().fields) pointers.push_back(field.pointer);
    EXPECT_EQ(
        pointers,
        (std::vector<std::string>{"/features/0/name", "/features/1/strategies", "/features/2/name"})
    );
    EXPECT_EQ(import("{}").error().fields.at(0).pointer, "/features");
    EXPECT_FALSE(import("[]"));
    EXPECT_FALSE(import("{"));
}

}  // namespace
}  // namespace acme::unleash
