#include "platform/factors/totp.hpp"

#include "platform/factors/recovery.hpp"
#include "platform/factors/steps.hpp"

#include <gtest/gtest.h>

#include <set>

namespace acme::factors {
namespace {

using std::chrono::seconds;

const Secret& rfc_secret() {
    static const Secret secret("12345678901234567890");
    return secret;
}

WallTime at(std::int64_t unix_seconds) { return WallTime(seconds(unix_seconds)); }

UserId some_user(std::uint64_t number) { return {{.high = 1, .low = number}}; }

// RFC 6238, appendix B, whose eight digits end in our six.
TEST(Totp, CodesAreThoseOfTheStandard) {
    const std::pair<std::int64_t, std::string_view> vectors[] = {
        {59, "287082"},
        {1'111'111'109, "081804"},
        {1'111'111'111, "050471"},
        {1'234'567'890, "005924"},
        {2'000'000'000, "279037"},
        {20'000'000'000, "353130"},
    };
    for (const auto& [time, code] : vectors) {
        EXPECT_EQ(totp_code(rfc_secret(), totp_step_at(at(time))), code) << time;
    }
}

TEST(Totp, AClockMayBeWrongByOneStepAndACodeIsGoodOnce) {
    const WallTime now = at(1'234'567'890);
    const std::int64_t step = totp_step_at(now);
    for (std::int64_t off = -2; off <= 2; ++off) {
        const auto found = totp_step_of(rfc_secret(), totp_code(rfc_secret(), step + off), now, 0);
        EXPECT_EQ(found.has_value(), off >= -1 && off <= 1) << off;
    }
    EXPECT_FALSE(totp_step_of(rfc_secret(), "005924", now, step));
    EXPECT_TRUE(totp_step_of(rfc_secret(), "005924", now, step - 1));
    EXPECT_FALSE(totp_step_of(rfc_secret(), "05924", now, 0));
    EXPECT_FALSE(totp_step_of(rfc_secret(), "", now, 0));
}

// RFC 4648, 10, without the padding.
TEST(Totp, SecretsAreWrittenAsAppsReadThem) {
    EXPECT_EQ(to_base32_rfc4648(""), "");
    EXPECT_EQ(to_base32_rfc4648("f"), "MY");
    EXPECT_EQ(to_base32_rfc4648("fooba"), "MZXW6YTB");
    EXPECT_EQ(to_base32_rfc4648("foobar"), "MZXW6YTBOI");
    EXPECT_EQ(
        totp_uri(rfc_secret(), "Acme app.example.com", "ada+b@example.com"),
        "otpauth://totp/Acme%20app.example.com:ada%2bb%40example.com"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme%20app.example.com"
        "&algorithm=SHA1&digits=6&period=30"
    );
}

TEST(RecoveryCodes, AreTakenAsPeopleTypeThemAndAreTheirOwnersAlone) {
    const Secret keys("a-secret-key-for-tests-with-32-bytes-and-more");
    const RecoveryCodes codes(keys);
    SeededRandom random(1);
    std::set<std::string> made;
    for (int i = 0; i < 100; ++i) made.insert(RecoveryCodes::make(random));
    EXPECT_EQ(made.size(), 100);
    for (const std::string& code : made) EXPECT_EQ(code.size(), 11) << code;
    const std::string kept = codes.digest_of("usr_1", "k0m1q-x9d4p");
    for (const char* typed : {"k0m1q-x9d4p", "K0M1Q X9D4P", "komlqx9d4p"}) {
        EXPECT_EQ(codes.digests_of("usr_1", typed), std::vector{kept}) << typed;
    }
    EXPECT_NE(codes.digests_of("usr_2", "k0m1q-x9d4p"), std::vector{kept});

    const RecoveryCodes rotated(
        Secret("another-key-for-tests-with-32-bytes-and-more," + std::string(keys.reveal()))
    );
    EXPECT_EQ(rotated.digests_of("usr_1", "k0m1q-x9d4p").back(), kept);
    EXPECT_NE(rotated.digest_of("usr_1", "k0m1q-x9d4p"), kept);
}

TEST(Steps, ATokenIsItsUsersForAWhileAndForOneUse) {
    ManualClock clock(at(1'234'567'890));
    const Steps steps(Secret("a-secret-key-for-tests-with-32-bytes-and-more"), clock);
    const std::string token =
        steps.token_of({.user = some_user(7), .token_epoch = 3, .method = "password"});
    const auto passed = steps.read(token, Use::sign_in);
    ASSERT_TRUE(passed);
    EXPECT_EQ(passed->user, some_user(7));
    EXPECT_EQ(passed->token_epoch, 3);
    EXPECT_EQ(passed->method, "password");
    EXPECT_FALSE(steps.read(token, Use::reset));
    clock.advance(step_life);
    EXPECT_FALSE(steps.read(token, Use::sign_in));
}

TEST(Steps, NoForgedTokenIsTaken) {
    const ManualClock clock(at(1'234'567'890));
    const Steps steps(Secret("a-secret-key-for-tests-with-32-bytes-and-more"), clock);
    const Steps others(Secret("another-key-for-tests-with-32-bytes-and-more"), clock);
    const Passed mine{.user = some_user(7), .method = "password"};
    const Passed theirs{.user = some_user(8), .method = "password"};
    const std::string token = steps.token_of(mine);
    const std::string other = steps.token_of(theirs);
    const std::string spliced = other.substr(0, other.find('.')) + token.substr(token.find('.'));
    EXPECT_FALSE(steps.read(spliced, Use::sign_in));
    EXPECT_FALSE(steps.read(others.token_of(mine), Use::sign_in));
    for (std::size_t i = 0; i < token.size(); ++i) {
        std::string forged = token;
        forged[i] = forged[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(steps.read(forged, Use::sign_in)) << i;
    }
    for (const char* junk : {"", ".", "a.b", "....", "AAAA.AAAA"}) {
        EXPECT_FALSE(steps.read(junk, Use::sign_in)) << junk;
    }
}

}  // namespace
}  // namespace acme::factors
