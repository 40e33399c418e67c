#include "base/seal.hpp"

#include <gtest/gtest.h>

namespace acme {
namespace {

const char* const old_key = "0123456789abcdef0123456789abcdef-old";
const char* const new_key = "0123456789abcdef0123456789abcdef-new";

Seal seal_with(const std::string& list) { return Seal(keys_for(Secret(list), "test v1")); }

TEST(Seal, OpensWhatItHasClosedForTheSameOwnerOnly) {
    SeededRandom random(1);
    const Seal seal = seal_with(new_key);
    const std::string sealed = seal.close(random, "text", "alice");
    EXPECT_EQ(sealed.find("text"), std::string::npos);
    ASSERT_TRUE(seal.open(sealed, "alice"));
    EXPECT_EQ(seal.open(sealed, "alice")->reveal(), "text");
    EXPECT_FALSE(seal.open(sealed, "bob"));
    EXPECT_TRUE(seal.open(seal.close(random, "", "alice"), "alice"));
    EXPECT_NE(seal.close(random, "text", "alice"), sealed);
}

TEST(Seal, AnOldKeyStillOpensAndANewOneSeals) {
    SeededRandom random(1);
    const std::string old = seal_with(old_key).close(random, "text", "alice");
    const Seal both = seal_with(std::string(new_key) + "," + old_key);
    ASSERT_TRUE(both.open(old, "alice"));
    EXPECT_TRUE(both.is_outdated(old));
    const std::string fresh = both.close(random, "text", "alice");
    EXPECT_FALSE(both.is_outdated(fresh));
    EXPECT_FALSE(seal_with(old_key).open(fresh, "alice"));
}

TEST(Seal, WhatWasTouchedDoesNotOpen) {
    SeededRandom random(1);
    const Seal seal = seal_with(new_key);
    const std::string sealed = seal.close(random, "text", "alice");
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        std::string touched = sealed;
        touched[i] = touched[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(seal.open(touched, "alice")) << i;
        EXPECT_FALSE(seal.open(sealed.substr(0, i), "alice")) << i;
    }
}

TEST(Seal, EachPurposeHasAKeyOfItsOwn) {
    SeededRandom random(1);
    const std::string sealed = seal_with(new_key).close(random, "text", "alice");
    EXPECT_FALSE(Seal(keys_for(Secret(new_key), "other v1")).open(sealed, "alice"));
    EXPECT_THROW(keys_for(Secret(), "test v1"), std::invalid_argument);
    EXPECT_THROW(Seal({}), std::invalid_argument);
}

}  // namespace
}  // namespace acme
