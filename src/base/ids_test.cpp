#include "base/ids.hpp"

#include <gtest/gtest.h>

namespace acme {
namespace {

constexpr WallTime now{std::chrono::days(20'000)};

TEST(Ids, ComeBackFromTheirText) {
    SeededRandom random(1);
    for (int i = 0; i < 1000; ++i) {
        const auto id = UserId::make(now, random);
        const std::string text = id.str();
        EXPECT_EQ(text.size(), 30);
        EXPECT_TRUE(text.starts_with("usr_"));
        EXPECT_EQ(UserId::parse(text), id);
        EXPECT_FALSE(FileId::parse(text));
    }
}

TEST(Ids, WhatIsNotWrittenByUsIsRefused) {
    EXPECT_FALSE(parse_base32(""));
    EXPECT_FALSE(parse_base32("0000000000000000000000000"));
    EXPECT_FALSE(parse_base32("0000000000000000000000000l"));
    EXPECT_FALSE(parse_base32("0000000000000000000000000A"));
    EXPECT_FALSE(parse_base32("80000000000000000000000000"));
    EXPECT_EQ(parse_base32("7zzzzzzzzzzzzzzzzzzzzzzzzz"), (Uuid{~0ULL, ~0ULL}));
}

TEST(Ids, AreUuidsOfVersion7InTheOrderOfTheirTime) {
    SeededRandom random(1);
    const Uuid first = make_uuid7(now, random);
    const Uuid second = make_uuid7(now + std::chrono::milliseconds(1), random);
    EXPECT_LT(first, second);
    EXPECT_LT(to_base32(first), to_base32(second));
    const std::string text = to_text(first);
    EXPECT_EQ(text.size(), 36);
    EXPECT_EQ(text[14], '7');
    EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos);
}

}  // namespace
}  // namespace acme
