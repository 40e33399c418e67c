// What an evaluation is made of: hashes, sets, versions.
#include "platform/flags/interpreter_test.hpp"
#include "platform/flags/members.hpp"
#include "platform/flags/murmur.hpp"
#include "platform/flags/semver.hpp"
#include "platform/flags/text_hash.hpp"

#include <gtest/gtest.h>

#include <array>

namespace acme::flags {
namespace {

// By mmh3 5.2.0 of PyPI.
TEST(FlagsHash, MurmurIsThatOfOthers) {
    const struct {
        std::uint32_t seed;
        const char* text;
        std::uint32_t hash;
    } vectors[] = {
        {0, "", 0},
        {1, "", 1364076727},
        {0, "a", 1009084850},
        {0, "ab", 2613040991},
        {0, "abc", 3017643002},
        {0, "abcd", 1139631978},
        {0, "abcde", 3902511862},
        {0, "k3x9f2ab:usr_1", 1054877603},
        {0x9747b28c, "k3x9f2ab:usr_1", 2040016907},
        {0, "é", 269551495},
        {0, "ユーザー", 1660782388},
        {0, "gr1:é", 3351269065},
        {86028157, "group:user-7", 1432722363},
        {0, "The quick brown fox jumps over the lazy dog", 776992547},
        {0x9747b28c, "The quick brown fox jumps over the lazy dog", 799549133},
    };
    for (const auto& vector : vectors) {
        const std::string_view text = vector.text;
        for (std::size_t split = 0; split <= text.size(); ++split) {
            const Murmur salted(text.substr(0, split), vector.seed);
            EXPECT_EQ(salted.hash(text.substr(split)), vector.hash) << text << " at " << split;
        }
        EXPECT_EQ(plain::murmur3(text, vector.seed), vector.hash) << text;
    }
    static_assert(Murmur("abc", 0).hash("de") == 3902511862);
}

TEST(FlagsHash, TextsHashAtRunTimeAsTheyDoWhenCompiled) {
    static constexpr std::array texts{
        "", "a", "1234567", "12345678", "123456789", "file-preview-of-everybody"
    };
    constexpr auto hashes = [] {
        std::array<std::uint64_t, 6> all{};
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = hash_text(texts[i]);
        return all;
    }();
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const std::string text = texts.at(i);
        EXPECT_EQ(hash_text(text), hashes.at(i)) << text;
    }
}

TEST(FlagsMembers, ThoseThatAreThereAreFoundAndNoOthers) {
    std::vector<std::string> ids;
    for (int i = 0; i < 100'000; ++i) ids.push_back("usr_" + std::to_string(i));
    ids.push_back("usr_7");  // twice
    const Members members(ids);
    EXPECT_EQ(members.size(), 100'000U);
    for (int i = 0; i < 100'000; ++i) {
        const std::string id = "usr_" + std::to_string(i);
        ASSERT_TRUE(members.contains(id, hash_text(id)));
        const std::string other = "usr_" + std::to_string(i + 100'000);
        ASSERT_FALSE(members.contains(other, hash_text(other)));
    }
    // The bytes decide, whatever the hash says.
    EXPECT_FALSE(members.contains("usr_8", hash_text("usr_7")));
    EXPECT_FALSE(Members().contains("", hash_text("")));
}

TEST(FlagsSemver, OrderIsThatOfTheSpecification) {
    const char* const rising[] = {
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
        "1.0.1",
        "1.2.0",
        "1.10.0",
        "2.0.0"
    };
    for (std::size_t i = 0; i < std::size(rising); ++i) {
        for (std::size_t k = 0; k < std::size(rising); ++k) {
            EXPECT_EQ(
                *Semver::parse(rising[i]) <=> *Semver::parse(rising[k]), std::weak_ordering(i <=> k)
            ) << rising[i]
              << " " << rising[k];
        }
    }
    EXPECT_EQ(Semver::parse("1.0.0+a"), Semver::parse("1.0.0+b"));
    for (const char* bad :
         {"",
          "1",
          "1.2",
          "1.2.3.4",
          "01.2.3",
          "1.2.3-",
          "1.2.3-01",
          "1.2.3-a..b",
          "1.2.3+",
          "v1.2.3",
          "1.2.x",
          "1.2.3.",
          "99999999999999999999.0.0"}) {
        EXPECT_FALSE(Semver::parse(bad)) << bad;
    }
}

}  // namespace
}  // namespace acme::flags
