#include "base/secret.hpp"

#include "io/telemetry/log.hpp"

#include <gtest/gtest.h>

#include <concepts>
#include <ostream>
#include <type_traits>

namespace acme {
namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };

template <class T>
concept Loggable = std::constructible_from<LogField, std::string_view, const T&>;

template <class T>
concept Textual = requires(std::string& text, const T& value) { text += value; };

static_assert(Printable<std::string> && Loggable<std::string> && Textual<std::string>);
static_assert(!Printable<Secret>);
static_assert(!Loggable<Secret>);
static_assert(!Textual<Secret>);
static_assert(!std::convertible_to<const Secret&, std::string>);
static_assert(!std::convertible_to<const Secret&, std::string_view>);
static_assert(!std::convertible_to<const Secret&, bool>);
static_assert(!std::convertible_to<std::string, Secret>);
static_assert(!std::copy_constructible<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(std::movable<Secret>);

TEST(Secret, ShowsItsTextOnlyWhenAsked) {
    const Secret secret("correct horse");
    EXPECT_EQ(secret.reveal(), "correct horse");
    EXPECT_STREQ(secret.c_str(), "correct horse");
    EXPECT_EQ(secret.size(), 13);
    EXPECT_FALSE(secret.empty());
}

TEST(Secret, AnEmptyOneIsLikeNone) {
    EXPECT_TRUE(Secret().empty());
    EXPECT_TRUE(Secret("").empty());
    EXPECT_EQ(Secret("").reveal(), "");
    EXPECT_STREQ(Secret().c_str(), "");
    EXPECT_TRUE(Secret().clone().empty());
}

TEST(Secret, IsCopiedByNameOnly) {
    const Secret secret("correct horse");
    const Secret copy = secret.clone();
    EXPECT_EQ(copy.reveal(), "correct horse");
    EXPECT_NE(copy.reveal().data(), secret.reveal().data());
    EXPECT_TRUE(copy == secret);
}

TEST(Secret, AMovedOneHasNothingLeft) {
    Secret secret("correct horse");
    const Secret moved = std::move(secret);
    EXPECT_EQ(moved.reveal(), "correct horse");
    EXPECT_EQ(secret.reveal(), "");  // NOLINT(bugprone-use-after-move): that is what is tested
    EXPECT_TRUE(secret.empty());     // NOLINT(bugprone-use-after-move)
}

TEST(Secret, TwoAreTheSameByTheirBytes) {
    EXPECT_TRUE(Secret("a") == Secret("a"));
    EXPECT_FALSE(Secret("a") == Secret("b"));
    EXPECT_FALSE(Secret("a") == Secret("aa"));
    EXPECT_TRUE(Secret() == Secret(""));
}

TEST(SecretDeathTest, LiesInMemoryThatNobodyWrites) {
    const Secret secret("correct horse");
    EXPECT_DEATH(*const_cast<char*>(secret.c_str()) = 'x', "");
}

TEST(SecretDeathTest, HasAWallBehindIt) {
    const Secret secret("correct horse");
    EXPECT_DEATH(EXPECT_EQ(secret.c_str()[secret.size() + 1], 0), "");
}

}  // namespace
}  // namespace acme
