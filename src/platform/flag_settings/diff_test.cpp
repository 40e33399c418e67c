// What differs, element by element; and what a flag serves, in words.
#include "platform/flag_settings/diff.hpp"

#include "platform/flag_settings/words.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace acme::flag_settings {
namespace {

boost::json::object object(std::string_view text) { return boost::json::parse(text).as_object(); }

/// "removed /rules/0 r_1 (1)": kind, place, and of which item.
std::vector<std::string> told(std::string_view from, std::string_view to) {
    std::vector<std::string> lines;
    for (const Difference& each : differences(object(from), object(to))) {
        const auto json = to_json(each);
        std::string line(json.at("change").as_string());
        line += " " + each.pointer;
        if (each.kind == Difference::Kind::moved) {
            const auto* const before = each.to.if_object();
            line += " behind " +
                    (before == nullptr ? "none" : std::string(before->at("key").as_string()));
        }
        if (each.item) {
            line += " of " + each.item->key + " (" + std::to_string(each.item->number) + ")";
        }
        lines.push_back(std::move(line));
    }
    return lines;
}

using Lines = std::vector<std::string>;

TEST(FlagDifferences, ARuleThatWasDeletedOrAddedLeavesTheOthersAsTheyWere) {
    constexpr auto three = R"({"rules":[{"id":"a","rollout":1},{"id":"b"},{"id":"c"}]})";
    EXPECT_EQ(
        told(three, R"({"rules":[{"id":"b"},{"id":"c"}]})"), Lines{"removed /rules/0 of a (1)"}
    );
    EXPECT_EQ(
        told(three, R"({"rules":[{"id":"d"},{"id":"a","rollout":2},{"id":"b"},{"id":"c"}]})"),
        (Lines{"added /rules/0 of d (1)", "changed /rules/1/rollout of a (2)"})
    );
    // A list that was not there was empty.
    EXPECT_EQ(told("{}", R"({"rules":[{"id":"a"}]})"), Lines{"added /rules/0 of a (1)"});
    EXPECT_EQ(told(R"({"rules":[{"id":"a"}]})", "{}"), Lines{"removed /rules/0 of a (1)"});
}

TEST(FlagDifferences, AnotherOrderIsToldOfAsFewAsMoved) {
    constexpr auto four = R"({"rules":[{"id":"a"},{"id":"b"},{"id":"c"},{"id":"d"}]})";
    EXPECT_EQ(
        told(four, R"({"rules":[{"id":"d"},{"id":"a"},{"id":"b"},{"id":"c","name":"C"}]})"),
        (Lines{"moved /rules/0 behind none of d (1)", "added /rules/3/name of c (4)"})
    );
    EXPECT_EQ(
        told(four, R"({"rules":[{"id":"b"},{"id":"c"},{"id":"a"}]})"),
        (Lines{"removed /rules/3 of d (4)", "moved /rules/2 behind c of a (3)"})
    );
    EXPECT_EQ(told(four, four), Lines{});
}

TEST(FlagDifferences, WhatIsWithinARuleIsOfTheRule) {
    EXPECT_EQ(
        told(
            R"({"rules":[{"id":"a","if":[{"op":"in","values":["x","y"]},{"op":"present"}],
                "serve":{"split":[{"variant":"on","weight":1},{"variant":"off","weight":9}]}}]})",
            R"({"rules":[{"id":"a","if":[{"op":"in","values":["y","z"]}],
                "serve":{"split":[{"variant":"off","weight":9},{"variant":"b","weight":1}]}}]})"
        ),
        (Lines{
            "removed /rules/0/if/0/values/0 of a (1)",
            "added /rules/0/if/0/values/1 of a (1)",
            "removed /rules/0/if/1 of a (1)",
            "removed /rules/0/serve/split/0 of a (1)",
            "added /rules/0/serve/split/1 of a (1)",
        })
    );
    EXPECT_EQ(
        told(
            R"({"overrides":[{"kind":"user","id":"1","variant":"on"}],"tags":["a","b"]})",
            R"({"overrides":[{"kind":"org","id":"1","variant":"on"}],"tags":["b"]})"
        ),
        (Lines{
            "removed /overrides/0 of user 1 (1)",
            "added /overrides/0 of org 1 (1)",
            "removed /tags/0",
        })
    );
}

TEST(FlagDifferences, WhatCannotBeToldApartIsToldByPlace) {
    EXPECT_EQ(
        told(R"({"rules":[{"id":"a"},{"id":"a"}]})", R"({"rules":[{"id":"a"}]})"),
        Lines{"removed /rules/1"}
    );
    EXPECT_EQ(told(R"({"a":[1,2,3]})", R"({"a":[2,3]})"), Lines{"removed /a/0"});
    EXPECT_EQ(told(R"({"a":[1,2,3]})", R"({"a":[1,4,3]})"), Lines{"changed /a/1"});
    EXPECT_EQ(told(R"({"a":[]})", R"({"a":[null]})"), Lines{"added /a/0"});
    std::string many = R"({"tags":[)";
    for (int i = 0; i < 300; ++i) many += (i > 0 ? R"(,"t)" : R"("t)") + std::to_string(i) + '"';
    EXPECT_EQ(told("{}", R"({"tags":[]})"), Lines{"added /tags"});
    EXPECT_EQ(told(R"({"tags":[]})", many + "]}").size(), differences_max);
}

TEST(FlagDifferences, AreToldByPlaceAndUndoneByMember) {
    const auto found = differences(
        object(R"({"a":1,"b":[1,2],"c/d":{"e":true}})"), object(R"({"a":1,"b":[1],"c/d":{"e":0}})")
    );
    ASSERT_EQ(found.size(), 2);
    EXPECT_EQ(found[0].pointer, "/b/1");
    EXPECT_TRUE(found[0].to.is_null());
    EXPECT_EQ(found[1].pointer, "/c~1d/e");
    std::vector<std::string> conflicts;
    EXPECT_EQ(
        undone(
            object(R"({"a":1})"),
            object(R"({"a":2,"b":1})"),
            object(R"({"a":2,"b":1,"c":3})"),
            conflicts
        ),
        object(R"({"a":1,"c":3})")
    );
    undone(object(R"({"a":1})"), object(R"({"a":2})"), object(R"({"a":3})"), conflicts);
    EXPECT_EQ(conflicts, std::vector<std::string>{"/a"});
}

TEST(FlagWords, AFlagThatIsOnAndOffForEverybodyIsKnown) {
    const auto off_of = [](const std::string& rules) {
        const auto text = R"({"key":"f","type":"bool","enabled":true,"salt":"a:")" + rules + "}";
        return still_off(flags::parse_flag(boost::json::parse(text).as_object()).value());
    };
    const std::string off = R"(,"fallthrough":{"variant":"off"})";
    const std::string rule = R"(,"rules":[{"id":"a","serve":{"variant":"on"},"enabled":)";
    EXPECT_EQ(off_of(off), "off");
    EXPECT_EQ(off_of(off + rule + "false}]"), "off");
    EXPECT_EQ(off_of(off + rule + "true}]"), std::nullopt);
    EXPECT_EQ(
        off_of(off + R"(,"overrides":[{"kind":"user","id":"u","variant":"on"}])"), std::nullopt
    );
    EXPECT_EQ(off_of(R"(,"fallthrough":{"variant":"on"})"), std::nullopt);
    EXPECT_EQ(off_of(rule + "true}]"), std::nullopt);
}

}  // namespace
}  // namespace acme::flag_settings
