#include "base/text.hpp"

#include <gtest/gtest.h>

namespace acme {
namespace {

constexpr std::string_view unknown = "\xef\xbf\xbd";

TEST(Text, WhatIsNoUtf8AndNulIsReplacedAndTheRestStaysAsItWas) {
    const std::string good = "a \"line\"\n\t\xc3\xa4\xe2\x82\xac\xf0\x9f\x8d\xba";
    EXPECT_EQ(to_storable(good), good);
    EXPECT_EQ(to_storable(""), "");
    EXPECT_EQ(to_storable(std::string_view("a\0b", 3)), "a" + std::string(unknown) + "b");
    EXPECT_EQ(to_storable("cut \xe2\x82"), "cut " + std::string(unknown) + std::string(unknown));
    EXPECT_EQ(to_storable("\xff!"), std::string(unknown) + "!");
}

}  // namespace
}  // namespace acme
