#include "base/gzip.hpp"

#include <gtest/gtest.h>

namespace acme {
namespace {

TEST(Gzip, WhatIsPackedComesBackWholeOrNotAtAll) {
    std::string text;
    while (text.size() < 200'000) text += "usr_01h" + std::to_string(text.size()) + "\n";
    for (const Pains pains : {Pains::few, Pains::many}) {
        const std::string packed = gzipped(text, pains);
        EXPECT_LT(packed.size(), text.size() / 2);
        EXPECT_EQ(inflated(packed, text.size()), text);
        EXPECT_EQ(inflated(packed, text.size() - 1), std::nullopt) << "longer than allowed";
        EXPECT_EQ(inflated(packed.substr(0, packed.size() / 2), text.size()), std::nullopt);
    }
    EXPECT_EQ(inflated(gzipped("", Pains::few), 0), "");
}

TEST(Gzip, WhatIsNotPackedIsNothing) {
    EXPECT_EQ(inflated("", 10), std::nullopt);
    EXPECT_EQ(inflated("{}", 10), std::nullopt);
}

}  // namespace
}  // namespace acme
