#include "base/base64.hpp"

#include <gtest/gtest.h>

namespace acme {
namespace {

TEST(Base64, IsThatOfTheStandardInBothDirections) {
    // Source: RFC 4648, 10; and the two digits that base64url writes otherwise.
    const std::pair<std::string, std::string> pairs[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"\xfb\xff", "+/8="},
    };
    for (const auto& [bytes, text] : pairs) {
        EXPECT_EQ(to_base64(bytes), text);
        EXPECT_EQ(parse_base64(text), bytes);
    }
    EXPECT_EQ(parse_base64("Zg"), "f");
    for (const char* wrong : {"-_8=", "Z", "Zg==x", "Z g="}) {
        EXPECT_EQ(parse_base64(wrong), std::nullopt) << wrong;
    }
}

}  // namespace
}  // namespace acme
