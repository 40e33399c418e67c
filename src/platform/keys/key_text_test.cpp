#include "platform/keys/key_text.hpp"

#include <gtest/gtest.h>

namespace acme::keys {
namespace {

TEST(KeyText, HasItsShapeAndCheckDigitsThatATypoBreaks) {
    SeededRandom random(1);
    const KeyText made = make_key_text(random);
    EXPECT_EQ(made.text.size(), key_chars);
    EXPECT_TRUE(made.text.starts_with("ack_" + made.short_name + "_"));
    EXPECT_EQ(short_name_of(made.text), made.short_name);
    EXPECT_NE(make_key_text(random).text, made.text);
    for (std::size_t i = 0; i < made.text.size(); ++i) {
        std::string typo = made.text;
        typo[i] = typo[i] == 'x' ? 'y' : 'x';
        EXPECT_EQ(short_name_of(typo), std::nullopt) << i;
    }
    EXPECT_EQ(short_name_of(made.text + "0"), std::nullopt);
    EXPECT_EQ(short_name_of(""), std::nullopt);
    EXPECT_EQ(short_name_of(make_key_text(random, "acs_").text), std::nullopt);
}

}  // namespace
}  // namespace acme::keys
