#include "platform/flags/evaluate.hpp"

#include "platform/flags/explain.hpp"
#include "platform/flags/interpreter_test.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace acme::flags {
namespace {

constexpr WallTime now{std::chrono::sys_days(std::chrono::year(2026) / 11 / 29)};

Flag on_for(std::uint32_t rollout, std::string salt = "k3x9f2ab:") {
    Flag flag{.key = "checkout", .variants = bool_variants(), .is_enabled = true};
    flag.salt = std::move(salt);
    flag.rules.push_back({.id = "r_1", .rollout = rollout, .serve = {.variant = "on", .split = {}}}
    );
    flag.fallthrough = Serve{.variant = "off", .split = {}};
    return flag;
}

std::shared_ptr<const Snapshot> snapshot_of(std::vector<Flag> flags) {
    Ruleset ruleset{.environment = "production", .version = 1};
    ruleset.flags = std::move(flags);
    auto snapshot = Snapshot::compile(std::move(ruleset));
    EXPECT_TRUE(snapshot) << snapshot.error().fields.front().pointer;
    return std::move(snapshot).value();
}

plain::Outcome outcome_of(
    const std::shared_ptr<const Snapshot>& snapshot, const plain::Attributes& attributes
) {
    Subject subject(snapshot, now);
    for (const auto& [name, text] : attributes) subject.set(name, text);
    return plain::compiled(*snapshot, "checkout", subject);
}

std::string variant_of(const std::shared_ptr<const Snapshot>& snapshot, std::string_view user) {
    return outcome_of(snapshot, {{"user_id", std::string(user)}}).variant;
}

TEST(FlagsEvaluate, TheBucketIsOfSaltAndUnit) {
    // h = 1054877603: the bucket is 24560.
    EXPECT_EQ(variant_of(snapshot_of({on_for(24'560)}), "usr_1"), "off");
    EXPECT_EQ(variant_of(snapshot_of({on_for(24'561)}), "usr_1"), "on");
}

TEST(FlagsEvaluate, RaisingAWeightOnlyAddsUnits) {
    std::vector<std::shared_ptr<const Snapshot>> steps;
    for (const std::uint32_t rollout :
         {0U, 1U, 1'000U, 25'000U, 25'001U, 50'000U, 99'999U, 100'000U}) {
        steps.push_back(snapshot_of({on_for(rollout)}));
    }
    for (int i = 0; i < 3'000; ++i) {
        const std::string user = "usr_" + std::to_string(i);
        bool was_on = false;
        for (const auto& step : steps) {
            const bool is_on = variant_of(step, user) == "on";
            ASSERT_TRUE(is_on || !was_on) << user;
            was_on = is_on;
        }
        ASSERT_TRUE(was_on);
    }
}

TEST(FlagsEvaluate, AMillionIdsFallWithinAFewHundredths) {
    const auto snapshot = snapshot_of({on_for(25'000)});
    Flag split = on_for(whole, "other:");
    split.rules[0].rollout.reset();
    split.rules[0].serve = {.variant = {}, .split = {{"on", 70'000}, {"off", 30'000}}};
    const auto splitting = snapshot_of({split});
    Subject subject(snapshot, now);
    Subject split_subject(splitting, now);
    int in_rollout = 0;
    int in_split = 0;
    constexpr int count = 1'000'000;
    for (int i = 0; i < count; ++i) {
        const std::string user = "usr_" + std::to_string(i);
        subject.set("user_id", user);
        split_subject.set("user_id", user);
        in_rollout += evaluate(*snapshot, 0, subject).value == 0;
        in_split += evaluate(*splitting, 0, split_subject).value == 0;
    }
    EXPECT_NEAR(100.0 * in_rollout / count, 25, 0.15);
    EXPECT_NEAR(100.0 * in_split / count, 70, 0.15);
}

TEST(FlagsEvaluate, WhoIsInTheRolloutIsNoHintOfTheSplit) {
    Flag flag = on_for(50'000);
    flag.rules[0].serve = {.variant = {}, .split = {{"on", 50'000}, {"off", 50'000}}};
    flag.fallthrough.reset();
    const auto snapshot = snapshot_of({flag});
    int in = 0;
    int on = 0;
    for (int i = 0; i < 20'000; ++i) {
        const auto variant = variant_of(snapshot, "usr_" + std::to_string(i));
        in += !variant.empty();
        on += variant == "on";
    }
    EXPECT_NEAR(static_cast<double>(on) / in, 0.5, 0.02);
}

TEST(FlagsEvaluate, IdsOfAnyScriptAreBucketedByTheirBytes) {
    for (const char* user : {"é", "ユーザー", "🦊", "Ωmega-7"}) {
        const auto bucket = static_cast<std::uint32_t>(
            std::uint64_t{plain::murmur3("k3x9f2ab:" + std::string(user), 0)} * whole >> 32
        );
        EXPECT_EQ(variant_of(snapshot_of({on_for(bucket + 1)}), user), "on") << user;
        if (bucket > 0) EXPECT_EQ(variant_of(snapshot_of({on_for(bucket)}), user), "off") << user;
    }
}

TEST(FlagsEvaluate, WithoutAUnitTheFallthroughIsServedAndSaidWhy) {
    const auto outcome = outcome_of(snapshot_of({on_for(99'999)}), {{"region", "eu"}});
    EXPECT_EQ(outcome.variant, "off");
    EXPECT_EQ(outcome.reason, Reason::fallthrough);
    EXPECT_EQ(outcome.fault, Fault::targeting_key_missing);
    EXPECT_EQ(word_of(outcome.fault), "TARGETING_KEY_MISSING");
    const auto by_device = outcome_of(snapshot_of({on_for(99'999)}), {{"device_id", "dev_1"}});
    EXPECT_EQ(by_device.fault, Fault::none);
}

TEST(FlagsEvaluate, OffIsNoErrorAndServesWhatWasStoredOrNothing) {
    Flag flag = on_for(whole);
    flag.is_enabled = false;
    auto outcome = outcome_of(snapshot_of({flag}), {{"user_id", "u"}});
    EXPECT_EQ(outcome.value, "");
    EXPECT_EQ(outcome.reason, Reason::disabled);
    EXPECT_EQ(outcome.fault, Fault::none);
    flag.off_value = true;
    outcome = outcome_of(snapshot_of({flag}), {{"user_id", "u"}});
    EXPECT_EQ(outcome.value, "true");
    EXPECT_EQ(outcome.variant, "");
    EXPECT_EQ(outcome.reason, Reason::disabled);
}

TEST(FlagsEvaluate, AFlagThatIsOffFulfilsNoPrerequisite) {
    Flag parent{.key = "cart", .variants = bool_variants(), .salt = "s:"};
    parent.off_value = true;
    parent.fallthrough = Serve{.variant = "on", .split = {}};
    Flag flag = on_for(whole);
    flag.prerequisites = {{.flag = "cart", .variants = {"on", "off"}}};
    auto outcome = outcome_of(snapshot_of({flag, parent}), {{"user_id", "u"}});
    EXPECT_EQ(outcome.prerequisite, "cart");
    EXPECT_EQ(outcome.reason, Reason::fallthrough);
    parent.is_enabled = true;
    outcome = outcome_of(snapshot_of({flag, parent}), {{"user_id", "u"}});
    EXPECT_EQ(outcome.variant, "on");
}

TEST(FlagsEvaluate, TypedValuesComeWithTheirMembersForAnAnswer) {
    Flag flag{.key = "limits", .type = ValueType::integer, .is_enabled = true, .salt = "s:"};
    flag.variants = {{"high \"x\"", 9'007'199'254'740'993}, {"low", 1.0}};
    flag.fallthrough = Serve{.variant = "high \"x\"", .split = {}};
    const auto snapshot = snapshot_of({flag});
    const Value& value = snapshot->value_of(0, 0);
    EXPECT_EQ(value.integer, 9'007'199'254'740'993);
    EXPECT_EQ(
        snapshot->members_of(0, 0),
        R"("key":"limits","value":9007199254740993,"variant":"high \"x\"")"
    );
    EXPECT_EQ(snapshot->members_of(0, no_value), R"("key":"limits")");
    EXPECT_FALSE(snapshot->find("limit"));
    EXPECT_FALSE(snapshot->find(""));
}

Flag imported(Scheme scheme, std::uint32_t rollout, std::vector<Share> split = {}) {
    Flag flag = on_for(rollout);
    flag.variants.clear();
    flag.type = ValueType::string;
    for (const char* key : {"on", "off", "a", "b", "c"}) flag.variants.push_back({key, key});
    flag.rules[0].hash = Hash{.scheme = scheme, .group = "gr1"};
    if (!split.empty()) flag.rules[0].serve = {.variant = {}, .split = std::move(split)};
    return flag;
}

TEST(FlagsImport, UnleashTakesARemainderOfAHundred) {
    // murmur3("gr1:é") = 3351269065, and the client of Node, which does not hash UTF-8, says 34.
    EXPECT_EQ(variant_of(snapshot_of({imported(Scheme::unleash, 65'000)}), "é"), "off");
    EXPECT_EQ(variant_of(snapshot_of({imported(Scheme::unleash, 66'000)}), "é"), "on");
    const auto split =
        snapshot_of({imported(Scheme::unleash, whole, {{"a", 333}, {"b", 333}, {"c", 334}})});
    for (int i = 0; i < 500; ++i) {
        const std::string user = "user-" + std::to_string(i);
        const std::uint32_t target = plain::murmur3("gr1:" + user, 86028157) % 1000 + 1;
        EXPECT_EQ(variant_of(split, user), target <= 333 ? "a" : target <= 666 ? "b" : "c") << user;
    }
}

TEST(FlagsImport, FlagdMultipliesByTheSumOfWeights) {
    const auto split =
        snapshot_of({imported(Scheme::flagd2, whole, {{"a", 1}, {"b", 2}, {"c", 4}})});
    for (int i = 0; i < 500; ++i) {
        const std::string user = "user-" + std::to_string(i);
        const std::uint64_t part = std::uint64_t{plain::murmur3("gr1" + user, 0)} * 7 >> 32;
        EXPECT_EQ(variant_of(split, user), part < 1 ? "a" : part < 3 ? "b" : "c") << user;
    }
}

/// The variants of user-0, user-1 and so on, of which each is one letter; "o" for off.
std::string dealt(const Flag& flag, int users) {
    const auto snapshot = snapshot_of({flag});
    std::string all;
    for (int i = 0; i < users; ++i) {
        all += variant_of(snapshot, "user-" + std::to_string(i)).front();
    }
    return all;
}

// By @openfeature/flagd-core 4.0.1, whose fractional operator got the flag's key, "f", and the
// targeting key.
TEST(FlagsImport, FlagdDealsAsItsOwnCodeDoes) {
    Flag flag = imported(Scheme::flagd2, whole, {{"a", 1}, {"b", 2}, {"c", 4}});
    flag.rules[0].hash->group = "f";
    EXPECT_EQ(dealt(flag, 60), "cbacbcaccbcccccccaaccacccccccaccccbcccccbacbcaccaabccacbccca");
}

// By @growthbook/growthbook 1.8.0: an experiment of weights 0.3 and 0.7 with half of the users, and
// a forced value for 0.4 of them.
TEST(FlagsImport, GrowthBookDealsAsItsOwnCodeDoes) {
    const auto experiment = [](Scheme scheme) {
        Flag flag = imported(scheme, 50'000, {{"a", 30}, {"b", 70}});
        flag.rules[0].hash->group = "seed-1";
        return dealt(flag, 40);
    };
    const auto forced = [](Scheme scheme) {
        Flag flag = imported(scheme, 40'000);
        flag.rules[0].serve.variant = "a";
        flag.rules[0].hash->group = "seed-1";
        return dealt(flag, 40);
    };
    EXPECT_EQ(experiment(Scheme::growthbook1), "oabooaabooaaboaababaaaobboaoooaobooooaao");
    EXPECT_EQ(forced(Scheme::growthbook1), "oaoaoaaoooaaaoaaoaoaaaaoaoaoooaoaooooaao");
    EXPECT_EQ(experiment(Scheme::growthbook2), "oobooabobababobbbooaooooboaoaooooboabaob");
    EXPECT_EQ(forced(Scheme::growthbook2), "aaoooaoooaoaooaoaooaoaooaoaoaooooaoaaaao");
}

// By zlib.crc32 and FNV-1a in Python, put together as Flipt and GO Feature Flag do it.
TEST(FlagsImport, FliptAndGoFeatureFlagDealAsTheirCodeDoes) {
    Flag gate = imported(Scheme::flipt, 37'000);
    gate.rules[0].serve.variant = "a";
    EXPECT_EQ(dealt(gate, 40), "aaoooaooooaooooooaaaoooooaoooaoaoaoaooaa");
    const Flag split = imported(Scheme::flipt, whole, {{"a", 300}, {"b", 700}});
    EXPECT_EQ(dealt(split, 40), "baabbaabababbabaabababbbbbabbabbabbbabba");
    Flag goff = imported(Scheme::goff, 37'123);
    goff.rules[0].serve.variant = "a";
    EXPECT_EQ(dealt(goff, 40), "oaaooaaooooaoooaooaaoooaoooaaoaaooaaooao");
}

TEST(FlagsImport, ARuleOfAnotherSystemWithoutAUnitIsPassedOver) {
    Flag flag = imported(Scheme::unleash, 50'000);
    flag.rules.push_back({.id = "r_2", .serve = {.variant = "a", .split = {}}});
    const auto outcome = outcome_of(snapshot_of({flag}), {});
    EXPECT_EQ(outcome.variant, "a");
    EXPECT_EQ(outcome.fault, Fault::none);
}

TEST(FlagsExplain, EachClauseAndBucketIsTold) {
    Flag flag = on_for(50'000);
    flag.rules[0].name = "Europe";
    flag.rules[0].clauses = {{.attribute = "region", .op = Op::in, .values = {"eu-west"}}};
    Rule first{.id = "r_0", .serve = {.variant = "on", .split = {}}};
    first.clauses = {{.attribute = "org_id", .op = Op::in, .values = {"a", "b", "c", "d"}}};
    flag.rules.insert(flag.rules.begin(), first);
    Rule last{.id = "r_9", .is_enabled = false, .serve = {.variant = "off", .split = {}}};
    flag.rules.push_back(last);
    const auto snapshot = snapshot_of({flag});
    Subject subject(snapshot, now);
    subject.set("user_id", "usr_1");
    subject.set("org_id", "contoso");
    subject.set("region", "eu-west");
    const auto explanation = explain(*snapshot, 0, subject);
    std::vector<std::string> told;
    for (const Step& step : explanation.steps) {
        told.push_back((step.is_met ? *step.is_met ? "+ " : "- " : "  ") + step.text);
    }
    EXPECT_EQ(
        told,
        (std::vector<std::string>{
            "+ Flag is on in production",
            "- Rule 1: organization contoso is not one of 4",
            "+ Rule 2: region is eu-west",
            "+ Rule 2: bucket 24,560 is under 50,000",
            "  Rule 3: is switched off",
            "  Otherwise: was not needed",
        })
    );
    const auto object = to_json(*snapshot, 0, explanation);
    EXPECT_EQ(object.at("variant"), "on");
    EXPECT_EQ(object.at("rule"), "r_1");
    EXPECT_EQ(object.at("reason"), "TARGETING_MATCH");
    EXPECT_EQ(object.at("steps").at(3).at("bucket"), 24'560);
}

}  // namespace
}  // namespace acme::flags
