// Vectors of the standards.
#include "base/hash.hpp"

#include "base/bytes.hpp"

#include <gtest/gtest.h>

namespace acme {
namespace {

TEST(Bytes, HexGoesBothWaysAndTakesNothingElse) {
    EXPECT_EQ(to_hex(std::string("\x00\xff\x1a", 3)), "00ff1a");
    EXPECT_EQ(parse_hex("00FF1a"), std::string("\x00\xff\x1a", 3));
    EXPECT_EQ(parse_hex(""), "");
    EXPECT_FALSE(parse_hex("0"));
    EXPECT_FALSE(parse_hex("0g"));
}

TEST(Bytes, Base64UrlIsThatOfTheStandardWithoutPadding) {
    for (const auto& [bytes, text] : std::map<std::string, std::string>{
             {"", ""},
             {"f", "Zg"},
             {"fo", "Zm8"},
             {"foo", "Zm9v"},
             {"foobar", "Zm9vYmFy"},
             {"\xfb\xff", "-_8"},
         }) {
        EXPECT_EQ(to_base64url(bytes), text);
        EXPECT_EQ(parse_base64url(text), bytes);
    }
    for (const auto* text : {"Z", "Zh", "Zg==", "Zm9+", "Zm9/", "Zm 9v"}) {
        EXPECT_FALSE(parse_base64url(text)) << text;
    }
}

TEST(Bytes, SecretsAreEqualOnlyIfEveryByteIs) {
    EXPECT_TRUE(equals_in_constant_time("same", "same"));
    EXPECT_FALSE(equals_in_constant_time("same", "samf"));
    EXPECT_FALSE(equals_in_constant_time("same", "sam"));
    EXPECT_TRUE(equals_in_constant_time("", ""));
}

// FIPS 180-4, examples of NIST.
TEST(Hash, Sha256IsThatOfTheStandardWholeOrInPieces) {
    constexpr auto abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    EXPECT_EQ(to_hex(sha256("abc")), abc);
    Sha256 hash;
    hash.add("a");
    hash.add("");
    hash.add("bc");
    EXPECT_EQ(to_hex(hash.finish()), abc);
    EXPECT_EQ(
        to_hex(hash.finish()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
}

// RFC 4231, 4.2 and 4.3.
TEST(Hash, HmacIsThatOfTheStandard) {
    EXPECT_EQ(
        to_hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    );
    EXPECT_EQ(
        to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
}

// RFC 5869, A.3: no salt, no info.
TEST(Hash, HkdfIsThatOfTheStandardAndEachPurposeHasAKeyOfItsOwn) {
    const Secret secret(std::string(22, '\x0b'));
    EXPECT_EQ(
        to_hex(hkdf_sha256(secret, "", 42).reveal()),
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
        "9d201395faa4b61a96c8"
    );
    EXPECT_NE(hkdf_sha256(secret, "a").reveal(), hkdf_sha256(secret, "b").reveal());
}

}  // namespace
}  // namespace acme
