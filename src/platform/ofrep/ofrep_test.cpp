#include "platform/ofrep/digest.hpp"
#include "platform/ofrep/tokens.hpp"

#include <gtest/gtest.h>

#include <set>

namespace acme::ofrep {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

std::vector<Secret> keys(std::initializer_list<std::string_view> texts) {
    std::vector<Secret> made;
    for (const std::string_view text : texts) made.emplace_back(std::string(text));
    return made;
}

TEST(OfrepTokens, OpensAnHourAtLeastAndTwoAtMost) {
    const StreamTokens tokens(keys({"one"}));
    const WallTime hour = std::chrono::floor<hours>(WallTime(hours(490'000)));
    const WallTime made = hour + minutes(59);
    const std::string token = tokens.make("production", made);
    EXPECT_EQ(token, tokens.make("production", hour)) << "the same for everybody in an hour";
    EXPECT_EQ(tokens.check(token, "production", made), hour + hours(2));
    EXPECT_TRUE(tokens.check(token, "production", made + hours(1)));
    EXPECT_FALSE(tokens.check(token, "production", made + hours(2)));
    EXPECT_FALSE(tokens.check(token, "production", made - hours(1))) << "of an hour to come";
}

TEST(OfrepTokens, OpensNothingElse) {
    const WallTime now(hours(490'000));
    const StreamTokens old(keys({"old"}));
    const std::string token = old.make("production", now);
    EXPECT_FALSE(old.check(token, "staging", now));
    for (const std::string_view text : {"", ".", "490000", "490000.", "490000.AAAA", "x.AAAA"}) {
        EXPECT_FALSE(old.check(text, "production", now)) << text;
    }
    EXPECT_FALSE(StreamTokens(keys({"new"})).check(token, "production", now));
    EXPECT_TRUE(StreamTokens(keys({"new", "old"})).check(token, "production", now));
}

TEST(OfrepDigest, DiffersWithEachByteAndLength) {
    std::set<std::string> seen;
    std::string text(40, 'a');
    for (std::size_t length = 0; length <= text.size(); ++length) {
        EXPECT_TRUE(seen.insert(etag_of(text.substr(0, length))).second) << length;
    }
    for (char& c : text) {
        c = 'b';
        EXPECT_TRUE(seen.insert(etag_of(text)).second);
        c = 'a';
    }
    EXPECT_TRUE(seen.insert(etag_of(std::string_view("\0", 1))).second);
    EXPECT_EQ(etag_of("x").size(), 34);
}

}  // namespace
}  // namespace acme::ofrep
