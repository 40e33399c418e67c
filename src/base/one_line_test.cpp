#include "base/one_line.hpp"

#include <gtest/gtest.h>

namespace acme {
namespace {

TEST(OneLine, HasNoControlCharacterAndItsCharactersAreThoseOfPeople) {
    EXPECT_TRUE(is_one_line(""));
    EXPECT_TRUE(is_one_line("J\u00fcrgen \u4f60"));
    for (const char* text : {"a\nb", "a\tb", "\x1b[0m", "\x7f"}) EXPECT_FALSE(is_one_line(text));
    EXPECT_EQ(chars_in("J\u00fcrgen \u4f60"), 8);
    EXPECT_EQ(chars_in(""), 0);
}

}  // namespace
}  // namespace acme
