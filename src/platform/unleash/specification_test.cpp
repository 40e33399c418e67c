// Unleash's own client specification: each case goes through the importer, our compiler and our
// evaluator, and comes out as Unleash's SDKs have it.
#include "base/clock.hpp"
#include "base/moment.hpp"
#include "platform/flags/evaluate.hpp"
#include "platform/unleash/answer.hpp"
#include "platform/unleash/features.hpp"
#include "platform/unleash/importer.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace acme::unleash {
namespace {

namespace json = boost::json;

const std::filesystem::path folder = ACME_SOURCE_DIR
    "/.acme/tools/client-specification@6.1.0/node_modules/@unleash/client-specification/"
    "specifications";

json::value read(const std::string& name) {
    std::ifstream file(folder / name);
    std::ostringstream text;
    text << file.rdbuf();
    return json::parse(text.str());
}

flags::Ruleset imported(const json::value& state) {
    auto found = import(json::serialize(state));
    if (!found) {
        ADD_FAILURE() << found.error().message << " " << found.error().fields.at(0).detail;
        return {};
    }
    return {
        .environment = "production",
        .version = 1,
        .flags = std::move(found->flags),
        .segments = std::move(found->segments)
    };
}

std::shared_ptr<const flags::Snapshot> compiled(flags::Ruleset ruleset) {
    auto snapshot = flags::Snapshot::compile(std::move(ruleset));
    if (!snapshot) {
        for (const FieldError& field : snapshot.error().fields) {
            ADD_FAILURE() << field.pointer << " " << field.detail;
        }
        return nullptr;
    }
    return *snapshot;
}

/// As the specification expects it; of a feature that is not there, too.
json::value answer(
    const std::shared_ptr<const flags::Snapshot>& snapshot,
    const std::string& feature,
    const json::object& context
) {
    const WallTime now = *parse_time("2026-11-29T12:00:00Z");
    flags::Subject subject(snapshot, now);
    set_context(subject, context);
    const auto flag = snapshot->find(feature);
    if (!flag)
        return json::object{{"name", "disabled"}, {"enabled", false}, {"feature_enabled", false}};
    return to_variant(*snapshot, *flag, flags::evaluate(*snapshot, *flag, subject));
}

/// Each case of a file, judged by what `snapshot` says; how many there were.
std::size_t judge(const json::value& file, const std::shared_ptr<const flags::Snapshot>& snapshot) {
    std::size_t cases = 0;
    for (const char* list : {"tests", "variantTests"}) {
        if (!file.as_object().contains(list)) continue;
        for (const json::value& one : file.at(list).as_array()) {
            SCOPED_TRACE(json::serialize(one.at("description")));
            const std::string feature(one.at("toggleName").as_string());
            const json::value got = answer(snapshot, feature, one.at("context").as_object());
            const json::value& expected = one.at("expectedResult");
            EXPECT_EQ(expected.is_bool() ? got.at("feature_enabled") : got, expected);
            ++cases;
        }
    }
    return cases;
}

TEST(UnleashSpecification, EveryCaseIsAnsweredAsUnleashDoes) {
    ASSERT_TRUE(std::filesystem::exists(folder)) << "./dev setup --test brings it";
    std::size_t cases = 0;
    const json::value files = read("index.json");
    for (const json::value& name : files.as_array()) {
        SCOPED_TRACE(json::serialize(name));
        const json::value file = read(std::string(name.as_string()));
        const auto snapshot = compiled(imported(file.at("state")));
        ASSERT_TRUE(snapshot);
        cases += judge(file, snapshot);
    }
    EXPECT_EQ(cases, 279U);
}

// What an SDK is told of an imported flag is what it was imported from: told on, it says the same.
TEST(UnleashSpecification, WhatSdksAreToldSaysTheSame) {
    ASSERT_TRUE(std::filesystem::exists(folder)) << "./dev setup --test brings it";
    std::size_t cases = 0;
    const json::value files = read("index.json");
    for (const json::value& name : files.as_array()) {
        SCOPED_TRACE(json::serialize(name));
        const json::value file = read(std::string(name.as_string()));
        const json::object told = to_features(imported(file.at("state")));
        EXPECT_EQ(json::serialize(told).find(unknown_strategy), std::string::npos);
        const auto snapshot = compiled(imported(told));
        ASSERT_TRUE(snapshot);
        cases += judge(file, snapshot);
    }
    EXPECT_EQ(cases, 279U);
}

}  // namespace
}  // namespace acme::unleash
