// What becomes of parameters before they are sent.
#include "io/pg/query.hpp"

#include <gtest/gtest.h>

namespace acme::pg {
namespace {

TEST(Params, AnOptionalIsWhatItHoldsOrNull) {
    EXPECT_EQ(to_param(std::optional<std::int64_t>(600)), "600");
    EXPECT_EQ(to_param(std::optional<int>(0)), "0");
    EXPECT_EQ(to_param(std::optional<bool>(false)), "f");
    EXPECT_EQ(to_param(std::optional<std::string>("text")), "text");
    EXPECT_EQ(to_param(std::optional<std::int64_t>()), std::nullopt);
    EXPECT_EQ(to_param(std::optional<bool>()), std::nullopt);
}

TEST(Params, TextByItsAddressIsTextAndNoBoolean) {
    const char* const text = "text";
    EXPECT_EQ(to_param(text), "text");
    EXPECT_EQ(to_param("literal"), "literal");
    EXPECT_EQ(to_param(std::optional<const char*>(text)), "text");
}

TEST(Params, NumbersAndBooleansAreThemselves) {
    EXPECT_EQ(to_param(true), "t");
    EXPECT_EQ(to_param(1), "1");
    EXPECT_EQ(to_param(std::size_t{7}), "7");
    EXPECT_EQ(to_param(-1L), "-1");
}

}  // namespace
}  // namespace acme::pg
