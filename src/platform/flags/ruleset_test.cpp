#include "platform/flags/ruleset.hpp"

#include "platform/flags/snapshot.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <algorithm>

namespace acme::flags {
namespace {

namespace json = boost::json;

json::object flag_json(std::string_view members = "") {
    std::string text = R"({"key": "checkout", "type": "bool", "enabled": true, "salt": "k3x9:",)"
                       R"("fallthrough": {"variant": "off"})";
    text.append(members).append("}");
    return json::parse(text).get_object();
}

/// "pointer code" of each problem.
std::vector<std::string> problems(const Error& error) {
    std::vector<std::string> list;
    for (const FieldError& field : error.fields) list.push_back(field.pointer + " " + field.code);
    return list;
}

std::vector<std::string> problems_in(std::string_view members) {
    const auto flag = parse_flag(flag_json(members));
    return flag ? std::vector<std::string>{} : problems(flag.error());
}

using Problems = std::vector<std::string>;

TEST(FlagsRuleset, ABoolFlagHasOnAndOffUnlessItSaysOtherwise) {
    const Flag flag = parse_flag(flag_json()).value();
    ASSERT_EQ(flag.variants.size(), 2U);
    EXPECT_EQ(flag.variants[0].key, "on");
    EXPECT_EQ(flag.variants[0].value, json::value(true));
    EXPECT_EQ(flag.variants[1].key, "off");
    EXPECT_EQ(flag.bucket_by, (std::vector<std::string>{"user_id", "device_id"}));
}

TEST(FlagsRuleset, FlagsMayBeCalledAsTheyAreElsewhere) {
    for (const char* key : {"Feature.A5", "newCheckout", "Feature.UTF-8.😊_你好", "a"}) {
        EXPECT_TRUE(is_flag_key(key)) << key;
    }
    for (const char* key : {"", "a b", "a/b", "a?", "a#", "a%", "a\"", "a\\", "a\n", "\xff"}) {
        EXPECT_FALSE(is_flag_key(key)) << key;
    }
    EXPECT_TRUE(is_flag_key(std::string(100, 'x')));
    EXPECT_FALSE(is_flag_key(std::string(101, 'x')));
    EXPECT_FALSE(is_key("Feature"));
}

TEST(FlagsRuleset, EverythingThatIsWrongIsToldAtOnce) {
    const auto flag = parse_flag(json::parse(R"({
        "key": "a b", "type": "string", "enabled": 1, "salt": "", "colour": "red",
        "variants": [{"key": "a", "value": "x"}, {"key": "a", "value": 1}, {"key": "c"}],
        "off_value": 5,
        "rules": [{"id": "r", "if": [{"attribute": "", "op": "in", "values": [[1]]},
                                     {"attribute": "a", "op": "like", "values": ["x"]}],
                   "rollout": 100001, "serve": {"variant": "z"}},
                  {"id": "r", "serve": {"split": [{"variant": "a", "weight": 1}]}, "if": {}}]
    })")
                                     .get_object());
    ASSERT_FALSE(flag);
    EXPECT_EQ(flag.error().kind, ErrorKind::invalid);
    EXPECT_EQ(flag.error().code, ErrorCode("flags.invalid"));
    auto found = problems(flag.error());
    std::ranges::sort(found);
    EXPECT_EQ(
        found,
        (Problems{
            "/colour flags.member",
            "/enabled flags.type",
            "/key flags.key",
            "/off_value flags.type",
            "/rules/0/if/0/attribute flags.required",
            "/rules/0/if/0/values/0 flags.type",
            "/rules/0/if/1/op flags.value",
            "/rules/0/rollout flags.rollout",
            "/rules/0/serve/variant flags.unknown_variant",
            "/rules/1/id flags.duplicate",
            "/rules/1/if flags.type",
            "/rules/1/serve/split flags.weights",
            "/salt flags.required",
            "/variants/1/key flags.duplicate",
            "/variants/1/value flags.type",
            "/variants/2/value flags.required",
        })
    );
}

TEST(FlagsRuleset, ValuesHaveTheFormThatTheirOperatorNeeds) {
    const auto one = [](std::string_view op, std::string_view value) {
        std::string rule = R"(,"rules": [{"id": "r", "serve": {"variant": "on"}, "if": [)";
        rule.append(R"({"attribute": "a", "op": ")").append(op).append(R"(", "values": [)");
        return problems_in(rule.append(value).append("]}]}]"));
    };
    const std::string at = "/rules/0/if/0/values/0 ";
    EXPECT_EQ(one("matches", R"("(a")"), Problems{at + "flags.regex"});
    EXPECT_EQ(one("matches", R"("(a)\\1")"), Problems{at + "flags.regex"});
    EXPECT_EQ(one("matches", "\"((((a{100}){100}){100}){100})\""), Problems{at + "flags.regex"});
    EXPECT_EQ(one("lt", R"("12a")"), Problems{at + "flags.number"});
    EXPECT_EQ(one("semver_ge", R"("1.2")"), Problems{at + "flags.semver"});
    EXPECT_EQ(one("before", R"("tomorrow")"), Problems{at + "flags.time"});
    EXPECT_EQ(one("cidr", R"("10.0.0.0/33")"), Problems{at + "flags.cidr"});
    EXPECT_EQ(one("cidr", R"("10.0.0.0/8, ::1")"), Problems{at + "flags.cidr"});
    EXPECT_EQ(one("contains", R"("")"), Problems{at + "flags.required"});
    EXPECT_EQ(one("contains", ""), Problems{"/rules/0/if/0/values flags.required"});
    EXPECT_EQ(one("present", R"("x")"), Problems{"/rules/0/if/0/values flags.value"});
    for (const auto& [op, value] : std::vector<std::pair<const char*, const char*>>{
             {"matches", R"("^a+$")"},
             {"lt", "12.5"},
             {"eq", R"("-3")"},
             {"semver_lt", R"("1.2.3-rc.1+b")"},
             {"before", R"("2026-11-29T10:00:00Z")"},
             {"cidr", R"("2001:db8::/32")"},
             {"in", ""},
             {"in", "true"},
             {"present", ""}
         }) {
        EXPECT_EQ(one(op, value), Problems{}) << op;
    }
}

TEST(FlagsRuleset, WeightsAreAWholeUnlessAnotherSystemDealt) {
    const std::string rule =
        R"(,"rules": [{"id": "r", "if": [], "serve": {"split": [)"
        R"({"variant": "on", "weight": 500}, {"variant": "off", "weight": 500}]})";
    EXPECT_EQ(problems_in(rule + "}]"), Problems{"/rules/0/serve/split flags.weights"});
    EXPECT_EQ(problems_in(rule + R"(,"hash": {"scheme": "unleash", "group": "g"}}])"), Problems{});
    EXPECT_EQ(
        problems_in(rule + R"(,"hash": {"scheme": "unleash", "group": "g"}, "rollout": 12500}])"),
        Problems{"/rules/0/rollout flags.rollout"}
    );
}

TEST(FlagsRuleset, AFlagWithoutRulesSaysWhatItServes) {
    auto flag = flag_json();
    flag.erase("fallthrough");
    EXPECT_EQ(problems(parse_flag(flag).error()), Problems{"/fallthrough flags.fallthrough"});
}

TEST(FlagsRuleset, AMegabyteOfRulesIsRefused) {
    auto flag = flag_json();
    json::array rules;
    for (int i = 0; i < 150; ++i) {
        json::array values;
        for (int k = 0; k < 500; ++k)
            values.emplace_back("usr_01hzy3k8m5q7r9t1v3x5z7b9" + std::to_string(k));
        rules.push_back(json::object{
            {"id", "r" + std::to_string(i)},
            {"if", {json::object{{"attribute", "user_id"}, {"op", "in"}, {"values", values}}}},
            {"serve", {{"variant", "on"}}}
        });
    }
    flag["rules"] = std::move(rules);
    const auto parsed = parse_flag(flag);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().kind, ErrorKind::too_large);
    EXPECT_EQ(parsed.error().code, ErrorCode("flags.too_large"));
}

Flag plain_flag(std::string key) {
    Flag flag{.key = std::move(key), .variants = bool_variants(), .is_enabled = true, .salt = "s:"};
    flag.fallthrough = Serve{.variant = "on", .split = {}};
    return flag;
}

Problems whole_problems(const Ruleset& ruleset) {
    Problems list;
    for (const FieldError& one : problems_of(ruleset)) list.push_back(one.pointer + " " + one.code);
    return list;
}

TEST(FlagsRuleset, CyclesAndChainsThatAreTooLongAreRefused) {
    Ruleset ruleset{.environment = "production"};
    for (int i = 0; i < 3; ++i) {
        Flag flag = plain_flag("f" + std::to_string(i));
        flag.prerequisites = {{.flag = "f" + std::to_string((i + 1) % 3), .variants = {"on"}}};
        ruleset.flags.push_back(std::move(flag));
    }
    EXPECT_EQ(whole_problems(ruleset), Problems{"/flags/2/prerequisites/0/flag flags.cycle"});
    EXPECT_FALSE(Snapshot::compile(ruleset));

    ruleset.flags.clear();
    for (int i = 0; i < 5'000; ++i) {
        Flag flag = plain_flag("f" + std::to_string(i));
        if (i < 4'999)
            flag.prerequisites = {{.flag = "f" + std::to_string(i + 1), .variants = {"on"}}};
        ruleset.flags.push_back(std::move(flag));
    }
    EXPECT_TRUE(std::ranges::any_of(problems_of(ruleset), [](const FieldError& one) {
        return one.code == "flags.depth";
    }));
    ruleset.flags.erase(ruleset.flags.begin(), ruleset.flags.end() - 9);
    EXPECT_EQ(whole_problems(ruleset), Problems{});
}

TEST(FlagsRuleset, AWebOfPrerequisitesCostsABoundedTime) {
    Ruleset ruleset{.environment = "production"};
    for (int layer = 0; layer < 8; ++layer) {
        for (int i = 0; i < 10; ++i) {
            Flag flag = plain_flag("f" + std::to_string(layer) + "-" + std::to_string(i));
            for (int k = 0; layer > 0 && k < 10; ++k) {
                flag.prerequisites.push_back(
                    {.flag = "f" + std::to_string(layer - 1) + "-" + std::to_string(k),
                     .variants = {"on"}}
                );
            }
            ruleset.flags.push_back(std::move(flag));
        }
    }
    EXPECT_TRUE(std::ranges::any_of(problems_of(ruleset), [](const FieldError& one) {
        return one.code == "flags.depth";
    }));
}

TEST(FlagsRuleset, NamesThatNobodyHasAreRefused) {
    Ruleset ruleset{.environment = "production"};
    Flag flag = plain_flag("a");
    flag.prerequisites = {{.flag = "b", .variants = {"on"}}};
    Rule rule{.id = "r", .serve = {.variant = "on", .split = {}}};
    rule.clauses.push_back({.op = Op::segment, .values = {"staff"}});
    flag.rules.push_back(rule);
    ruleset.flags = {flag, plain_flag("c"), plain_flag("c")};
    ruleset.flags[1].prerequisites = {{.flag = "a", .variants = {"blue"}}};
    auto found = whole_problems(ruleset);
    std::ranges::sort(found);
    EXPECT_EQ(
        found,
        (Problems{
            "/flags/0/prerequisites/0/flag flags.unknown_flag",
            "/flags/0/rules/0/if/0/values/0 flags.unknown_segment",
            "/flags/1/prerequisites/0/variants/0 flags.unknown_variant",
            "/flags/2/key flags.duplicate",
        })
    );
}

TEST(FlagsRuleset, TheDocumentOfTheDesignIsReadAndPrinted) {
    const std::string text =
        R"({"environment":"production","version":12,"flags":[)"
        R"({"key":"checkout-redesign","type":"bool","variants":[{"key":"on","value":true},)"
        R"({"key":"off","value":false}],"enabled":true,"off_value":false,"salt":"k3x9f2ab:",)"
        R"("bucket_by":["user_id","device_id"],"prerequisites":[],"overrides":[{"kind":"user",)"
        R"("id":"usr_1","variant":"on","expires_at":"2026-12-01T00:00:00.000000Z"}],"rules":[)"
        R"({"id":"r_8f2k","name":"Europe, first quarter","enabled":true,"if":[{"attribute":"region",)"
        R"("op":"in","values":["eu-west"],"negate":true,"ignore_case":true},{"op":"segment",)"
        R"("values":["support-staff"]},{"attribute":"age","op":"ge","values":[18]}],"rollout":25000,)"
        R"("bucket_by":["org_id"],"hash":{"scheme":"unleash","group":"g","split_group":"h",)"
        R"("split_by":["org_id"]},"serve":{"split":[{"variant":"on","weight":1},)"
        R"({"variant":"off","weight":2}]}}],"fallthrough":{"variant":"off"}}],)"
        R"("segments":[{"key":"support-staff","users":["usr_2"],"orgs":[],"if":[{"attribute":"plan",)"
        R"("op":"in","values":["internal"]}]}]})";
    const auto ruleset = parse_ruleset(text);
    ASSERT_TRUE(ruleset) << problems(ruleset.error()).front();
    EXPECT_EQ(json::serialize(to_json(*ruleset)), text);
}

TEST(FlagsRuleset, TextThatIsNoDocumentIsRefused) {
    for (const char* text : {"", "[]", "{", "null", R"({"environment": "x", "flags": {}})"}) {
        EXPECT_FALSE(parse_ruleset(text)) << text;
    }
    std::string deep(100'000, '[');
    EXPECT_FALSE(parse_ruleset(deep));
}

TEST(FlagsRuleset, ASegmentNamesAListOrHasItsMembers) {
    const std::string id(list_id_digits, 'a');
    const std::string text = R"({"key":"big","list":")" + id + R"("})";
    const auto segment = parse_segment(json::parse(text).as_object());
    ASSERT_TRUE(segment);
    EXPECT_EQ(segment->list, id);
    EXPECT_EQ(json::serialize(to_json(*segment)), text);
    EXPECT_EQ(problems_of({.key = "big", .list = "A" + id.substr(1)}).size(), 1U);
    EXPECT_EQ(problems_of({.key = "big", .list = id, .users = {"usr_1"}}).size(), 1U);
}

TEST(FlagsRuleset, AMistakeInAMillionLinesIsToldOnce) {
    Segment segment{.key = "big"};
    segment.users.assign(10'000, "");
    EXPECT_EQ(problems_of(segment).size(), 20U);
}

}  // namespace
}  // namespace acme::flags
